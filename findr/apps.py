"""The project itself as an app: the job queue's settings, the commands of the development stack; and the kill switches."""

import gc
import threading

from django.apps import AppConfig
from django.conf import LazySettings
from django.db import connections
from django.db.models import CharField
from waffle import apps as waffle_apps

from findr.postgresql.lookups import OneOf


class FindrConfig(AppConfig):
    name = "findr"
    default = True
    verbose_name = "findr"
    console = "findr.jobs_console.CONSOLE"

    def ready(self) -> None:
        """The lookup that constraints use, and what costs less than it does by itself.

        All that is loaded by now stays: looking for garbage in it, again and again, took a sixth of each start. What a request
        leaves is looked through after ten thousand new objects, not after 700 as CPython has it: that took 6 to 8 % of a create.

        Each thread has its connection. Django's store asks for an event loop at every lookup, of which a create has 36; where
        there is one, Django refuses to ask the database anything (https://docs.djangoproject.com/en/5.2/topics/async/).

        Settings are attributes. Django's lazy object looks first whether it should stand aside for what it wraps, which none of
        them asks for: 90 times in a create.
        """
        CharField.register_lookup(OneOf)
        connections._connections = threading.local()  # type: ignore[attr-defined]
        LazySettings.__getattribute__ = object.__getattribute__  # type: ignore[method-assign]
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)
        gc.enable()


class SwitchesConfig(waffle_apps.WaffleConfig):
    """django-waffle, of which findr uses the switches alone (findr/switches.py)."""

    default = False
    verbose_name = "Switches"
    console = "findr.switches_console.CONSOLE"
