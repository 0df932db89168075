"""The identity platform (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow).

Addresses are the real ones, since msal takes nothing but https; whoever uses the sandbox turns them to it.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from findr.sandbox.clock import Clock
from findr.sandbox.exchange import Answer, Misused, json_answer
from findr.sandbox.ledger import Object
from findr.sandbox.oauth.errors import NOT_KEPT, OAuthError
from findr.sandbox.oauth.settings import IssuerSettings, Rotation

LOGIN = "https://login.microsoftonline.com"
CLIENT_ID, CLIENT_SECRET = "MICROSOFT_CLIENT_ID", "MICROSOFT_CLIENT_SECRET"
# Where personal accounts live, and the one organisation of the sandbox.
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
TENANT = "72f988bf-0000-4000-8000-73616e64626f"
NAMESPACE = uuid.UUID(TENANT)
SCOPES = {
    "User.Read": "sign you in and read your profile",
    "Calendars.Read": "read your calendars",
    "Calendars.ReadWrite": "have full access to your calendars",
}
SILENT = frozenset({"openid", "profile", "email", "offline_access"})
PROMPTS = ("", "login", "none", "consent", "select_account")
# AADSTS… numbers (https://learn.microsoft.com/entra/identity-platform/reference-error-codes).
NUMBERS = {
    "invalid_client": 7000215,
    "invalid_grant": 50173,
    "invalid_request": 900144,
    "invalid_scope": 70011,
    "unsupported_grant_type": 70003,
    "unsupported_response_type": 700054,
    "access_denied": 65004,
    "interaction_required": 50058,
    "temporarily_unavailable": 90033,
}
UNNUMBERED = 90014


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs in here, and what an application gets."""

    clock: Clock
    environ: Mapping[str, str]
    is_personal: Callable[[str], bool]

    def settings(self, rotation: Rotation) -> IssuerSettings:
        """The issuer of this platform. There is no endpoint at which a client could revoke.

        Its one client is that of the environment; Misused if half of it is missing.
        """
        client, secret = self.environ.get(CLIENT_ID, ""), self.environ.get(CLIENT_SECRET, "")
        if bool(client) != bool(secret):
            raise Misused(f"Set both {CLIENT_ID} and {CLIENT_SECRET}, or neither.")
        return IssuerSettings(
            title="Microsoft (sandbox)",
            authorize_path="{}/oauth2/v2.0/authorize",
            token_path="{}/oauth2/v2.0/token",  # noqa: S106  a path
            revoke_path=None,
            clients={client: secret} if client else {},
            scopes=SCOPES,
            silent_scopes=SILENT,
            granular=False,
            rotation=rotation,
            requires_pkce=False,
            offline=lambda asked: "offline_access" in asked.get("scope", "").split(),
            check=check_prompt,
            complete=self._complete,
            render=self._render,
        )

    def _complete(self, grant: Object, answer: Object) -> Object:
        """What OpenID Connect adds, and what msal reads beside it."""
        scopes = answer["scope"].split()
        person = self.person(grant["account"])
        whole = {
            **answer,
            "scope": " ".join(scope for scope in scopes if scope != "offline_access"),
            "ext_expires_in": answer["expires_in"],
            "client_info": _encoded({"uid": person["oid"], "utid": person["tid"]}),
        }
        return whole | ({"id_token": self._id_token(grant, person)} if "openid" in scopes else {})

    def person(self, account: str) -> Object:
        """The ids of an account's person and of the tenant it is in."""
        tenant = PERSONAL_TENANT if self.is_personal(account) else TENANT
        return {"oid": str(uuid.uuid5(NAMESPACE, account)), "tid": tenant}

    def _id_token(self, grant: Object, person: Object) -> str:
        """Unsigned: a client that got it from the token endpoint need not check a signature (OpenID Connect 3.1.3.7)."""
        now = self.clock.now()
        claims = {
            **person,
            "aud": grant["client_id"],
            "iss": f"{LOGIN}/{person['tid']}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "sub": str(uuid.uuid5(NAMESPACE, f"{grant['client_id']} {grant['account']}")),
            "name": grant["account"].partition("@")[0],
            "preferred_username": grant["account"],
            "ver": "2.0",
        }
        if grant["nonce"]:
            claims["nonce"] = grant["nonce"]
        return ".".join((_encoded({"alg": "none", "typ": "JWT"}), _encoded(claims), ""))

    def _render(self, error: OAuthError) -> Answer:
        return self.refused(error.status, error.code, error.description, NOT_KEPT)

    def refused(self, status: int, code: str, description: str, headers: Mapping[str, str]) -> Answer:
        """An error as this platform's token endpoint answers it."""
        number = NUMBERS.get(code, UNNUMBERED)
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        moment = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        lines = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}"
        content = {
            "error": code,
            "error_description": f"AADSTS{number}: {description} {lines}",
            "error_codes": [number],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{LOGIN}/error?code={number}",
        }
        return json_answer(status, content, dict(headers))


def configuration(tenant: str) -> Answer:
    """The discovery document of a tenant, or of ``common``, ``organizations`` and ``consumers``."""
    place = f"{LOGIN}/{tenant}"
    issuer = tenant if _is_guid(tenant) else "{tenantid}"
    content: dict[str, Any] = {
        "issuer": f"{LOGIN}/{issuer}/v2.0",
        "authorization_endpoint": f"{place}/oauth2/v2.0/authorize",
        "token_endpoint": f"{place}/oauth2/v2.0/token",
        "device_authorization_endpoint": f"{place}/oauth2/v2.0/devicecode",
        "end_session_endpoint": f"{place}/oauth2/v2.0/logout",
        "jwks_uri": f"{place}/discovery/v2.0/keys",
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "scopes_supported": sorted(SILENT),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "tenant_region_scope": None,
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    }
    return json_answer(200, content)


def check_prompt(asked: Mapping[str, str]) -> None:
    """Nobody is signed in at the sandbox: without a page there is no consent."""
    prompt = asked.get("prompt", "")
    if prompt not in PROMPTS:
        raise OAuthError("invalid_request", "Unsupported 'prompt' value.")
    if prompt == "none":
        raise OAuthError("interaction_required", "A silent sign-in request was sent but no user is signed in.")


def _is_guid(word: str) -> bool:
    try:
        return str(uuid.UUID(word)) == word.lower()
    except ValueError:
        return False


def _encoded(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
