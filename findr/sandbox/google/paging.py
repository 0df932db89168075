"""Lists by pages: ``maxResults``, ``pageToken`` and ``nextPageToken``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from findr.sandbox.google.errors import invalid
from findr.sandbox.ledger import Object


def page(items: Sequence[Object], size: int, token: str | None, version: int = 0) -> Object:
    """``items`` of one page and, if there is more, the token of the next.

    ``version``: of what is listed, when its first page was asked for; each token carries it on.
    """
    start, version = read_numbers("pageToken", token, "from") if token else (0, version)
    answer: Object = {"items": list(items[start : start + size])}
    if start + size < len(items):
        answer["nextPageToken"] = written("from", start + size, version)
    return answer


def written(word: str, *numbers: int) -> str:
    """A token: as opaque as the real ones."""
    return base64.urlsafe_b64encode(" ".join([word, *map(str, numbers)]).encode()).decode()


def read_numbers(name: str, token: str, word: str) -> tuple[int, int]:
    """The two numbers of a token that begins with this word; 400 for the parameter of this name if it is none."""
    try:
        found, *numbers = base64.urlsafe_b64decode(token).decode().split(" ")
    except (binascii.Error, ValueError) as error:
        raise invalid(name, f"Invalid {name} value.") from error
    if found != word or len(numbers) != 2 or not all(number.isdecimal() for number in numbers):
        raise invalid(name, f"Invalid {name} value.")
    return int(numbers[0]), int(numbers[1])
