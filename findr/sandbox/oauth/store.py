"""What the issuer remembers: grants that people gave, and the codes and tokens made from them."""

from __future__ import annotations

import secrets
from typing import Any

from findr.sandbox.ledger import Object, VendorLedger

GRANT, CODE, ACCESS, REFRESH = "_oauth_grant", "_oauth_code", "_oauth_access", "_oauth_refresh"


class GrantStore:
    """A vendor's grants, in its part of the ledger."""

    def __init__(self, ledger: VendorLedger) -> None:
        self._ledger = ledger

    def make(self, kind: str, **fields: Any) -> Object:
        """A new one, under an id nobody can guess."""
        return self.save(kind, {"id": secrets.token_urlsafe(32), **fields})

    def save(self, kind: str, thing: Object) -> Object:
        """Keep it as it is now."""
        self._ledger.put(kind, thing)
        return thing

    def find(self, kind: str, identity: str | None) -> Object | None:
        """The one of this id."""
        return self._ledger.get(kind, identity) if identity else None

    def grant_of(self, thing: Object) -> Object:
        """The grant that a code or a token was made from."""
        return self._ledger.all(GRANT)[thing["grant"]]

    def grants(self) -> list[Object]:
        """Every grant, oldest first."""
        return list(self._ledger.all(GRANT).values())

    def access_of(self, grant: Object) -> list[Object]:
        """Every access token of a grant."""
        return [token for token in self._ledger.all(ACCESS).values() if token["grant"] == grant["id"]]

    def holds_refresh_token(self, client: str, account: str) -> bool:
        """Whether the client was given a refresh token of this account that works."""
        mine = (self.grant_of(token) for token in self._ledger.all(REFRESH).values() if not token["retired"])
        return any((one["client_id"], one["account"]) == (client, account) and not one["refresh_dead"] for one in mine)

    def kill(self, grant: Object, why: str, *, only_refresh: bool = False) -> None:
        """Nothing made from the grant works any more; or, access tokens that are out live on until they are too old."""
        grant["refresh_dead"] = why
        if not only_refresh:
            grant["dead"] = why
        self.save(GRANT, grant)
