"""`limit` and `offset` (alias `skip`), contract 2.5."""

import re
from dataclasses import dataclass

from django.http import QueryDict

from findr.errors import Invalid

MAX_LIMIT = 100
MAX_OFFSET = 2**31 - 1


@dataclass(frozen=True)
class Page:
    limit: int
    offset: int

    def describe(self, total: int) -> dict[str, int]:
        """The `pagination` object of a list."""
        return {"total": total, "limit": self.limit, "skip": self.offset}


def read_page(query: QueryDict, *, default_limit: int = 20) -> Page:
    """The page asked for.

    Raises:
        Invalid: not an integer, a limit below 1, an offset below 0.
    """
    limit = read_integer(query, "limit", default_limit, minimum=1)
    offset_name = "offset" if "offset" in query else "skip"
    offset = read_integer(query, offset_name, 0, minimum=0)
    return Page(limit=min(limit, MAX_LIMIT), offset=min(offset, MAX_OFFSET))


def read_integer(query: QueryDict, name: str, default: int, *, minimum: int) -> int:
    """One number of the query; Invalid if it is none, or too small."""
    text = query.get(name, str(default))
    if not re.fullmatch(r"-?[0-9]{1,4000}", text) or int(text) < minimum:
        sentence = f"{name} is invalid"
        raise Invalid(sentence, **{name: sentence})
    return int(text)
