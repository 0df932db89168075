"""What a vendor's control interface serves about its grants."""

from __future__ import annotations

from typing import Any

from findr.sandbox.exchange import Misused, Request, given_fields
from findr.sandbox.oauth.issuer import Issuer
from findr.sandbox.vendor import ControlRoutes

KILLING: dict[str, type] = {"account": str, "only_refresh": bool}


def oauth_routes(issuer: Issuer) -> ControlRoutes:
    """The routes below ``oauth``."""

    def kill(request: Request) -> Any:
        given = given_fields(request, KILLING, "kill")
        found = [grant for grant in issuer.store.grants() if grant["account"] == given.get("account")]
        if not found:
            raise Misused("Nobody of this account has granted anything.")
        for grant in found:
            issuer.store.kill(grant, "killed", only_refresh=given.get("only_refresh", False))
        return {"grants": found}

    return {
        ("GET", "oauth/grants"): lambda _request: {"grants": issuer.store.grants()},
        ("POST", "oauth/kill"): kill,
    }
