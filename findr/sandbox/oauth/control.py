"""What a vendor's control interface serves about its grants."""

from __future__ import annotations

from typing import Any

from findr.sandbox.exchange import Misused, Request, given_fields
from findr.sandbox.ledger import Object
from findr.sandbox.oauth.issuer import Issuer
from findr.sandbox.vendor import ControlRoutes

EXPIRING: dict[str, type] = {"account": str}
KILLING: dict[str, type] = {"account": str, "only_refresh": bool}


def oauth_routes(issuer: Issuer) -> ControlRoutes:
    """The routes below ``oauth``."""

    def granted(account: str | None) -> list[Object]:
        found = [grant for grant in issuer.store.grants() if grant["account"] == account]
        if not found:
            raise Misused("Nobody of this account has granted anything.")
        return found

    def kill(request: Request) -> Any:
        given = given_fields(request, KILLING, "kill")
        found = granted(given.get("account"))
        for grant in found:
            issuer.store.kill(grant, "killed", only_refresh=given.get("only_refresh", False))
        return {"grants": found}

    def expire(request: Request) -> Any:
        found = granted(given_fields(request, EXPIRING, "expire").get("account"))
        return {"expired": issuer.tokens.expire(found)}

    return {
        ("GET", "oauth/grants"): lambda _request: {"grants": issuer.store.grants()},
        ("POST", "oauth/kill"): kill,
        ("POST", "oauth/expire"): expire,
    }
