"""What a token endpoint answers (RFC 6749 section 5.1), as Google's and Microsoft's SDKs hand it on."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from calendars.vendors.base import Tokens
from calendars.vendors.calls import making_sense
from findr import clock


def tokens_of(vendor: str, raw: Mapping[str, Any]) -> Tokens:
    """Its tokens. Scopes are a list, or words in one text.

    Raises:
        Unavailable: the answer makes no sense.
    """
    with making_sense(vendor):
        scopes = raw.get("scope") or ()
        return Tokens(
            access_token=str(raw["access_token"]),
            refresh_token=str(raw.get("refresh_token") or ""),
            expires_at=clock.now() + timedelta(seconds=float(raw["expires_in"])),
            scopes=tuple(scopes.split() if isinstance(scopes, str) else scopes),
        )
