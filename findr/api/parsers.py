"""A request body is a JSON object of at most 64 KiB; an empty one counts as `{}` (contract 2.1)."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from findr.errors import Invalid, TooLarge


class JSONObjectParser(BaseParser):
    """Reads the body whatever its declared type: the apps are old, and not all of them declare it right."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The object that the body holds.

        Raises:
            TooLarge: more than 64 KiB.
            Invalid: not JSON, not UTF-8, not an object, or text that PostgreSQL cannot store (U+0000, lone surrogates).
        """
        raw = stream.read(settings.MAX_BODY_BYTES + 1)
        if len(raw) > settings.MAX_BODY_BYTES:
            raise TooLarge
        if not raw.strip():
            return {}
        try:
            body = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
            json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise Invalid("body is invalid") from None
        if not isinstance(body, dict):
            raise Invalid("body is invalid")
        return body


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
