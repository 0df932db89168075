"""Ids in paths: anything but the words that the contract keeps for itself (contract 8).

A word that is built is a route of its own, in front of `:id`; one that is not built yet is no route.
"""

from django.urls import register_converter
from django.urls.converters import StringConverter

# What stands where an id of its kind would stand, in any release.
RESERVED = {
    "booking": ("user", "provider", "check-in", "reserve-slot", "realtime"),
    "provider": ("login", "forgot-password", "reset-password"),
    "notification": ("user", "provider", "unread-count", "read-all"),
}


def _register(name: str, words: tuple[str, ...]) -> None:
    regex = rf"(?!(?:{'|'.join(words)})(?:/|\Z))[^/]+"
    register_converter(type(f"{name.title()}Id", (StringConverter,), {"regex": regex}), name)


for _name, _words in RESERVED.items():
    _register(_name, _words)
