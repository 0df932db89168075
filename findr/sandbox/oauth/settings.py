"""How one vendor's issuer differs from another's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from findr.sandbox.addresses import is_local
from findr.sandbox.exchange import Answer
from findr.sandbox.ledger import Object
from findr.sandbox.oauth.errors import OAuthError, render


class Rotation(Enum):
    """What a refresh does to the refresh token."""

    # It stays what it was.
    NEVER = "never"
    # A new one comes along, and the old one works on.
    KEEPS_OLD = "keeps old"
    # A new one comes along, and the old one is dead.
    RETIRES_OLD = "retires old"


def _always(_asked: Mapping[str, str]) -> bool:
    return True


def _nothing_wrong(_asked: Mapping[str, str]) -> None:
    """No check beyond the RFCs'."""


def _as_it_is(_grant: Object, answer: Object) -> Object:
    return answer


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """Paths are below the vendor's mount; ``{}`` in one stands for anything, such as a tenant."""

    title: str
    authorize_path: str
    token_path: str
    # Without one nothing can be revoked by the client.
    revoke_path: str | None
    # The secrets of the clients, by their ids.
    clients: Mapping[str, str]
    # What can be asked for, in the words of the consent page.
    scopes: Mapping[str, str]
    # Granted whenever they are asked for: the page shows no box for them.
    silent_scopes: frozenset[str] = frozenset()
    # Whether people may untick single scopes, or can only take all or none.
    granular: bool = True
    rotation: Rotation = Rotation.NEVER
    requires_pkce: bool = True
    revoking_needs_secret: bool = True
    # Whether revoking a token that nobody knows is an error; else it is worth nothing already, and all is well.
    revokes_known_only: bool = False
    code_seconds: int = 600
    access_seconds: int = 3600
    # Whether these parameters of the authorize page ask for a refresh token.
    offline: Callable[[Mapping[str, str]], bool] = _always
    # Whether they ask for another one, if a refresh token of this client and account lives already.
    offline_again: Callable[[Mapping[str, str]], bool] = _always
    redirect_allowed: Callable[[str], bool] = is_local
    # OAuthError for what else a vendor finds wrong with an authorize link, such as a ``prompt`` it does not know.
    check: Callable[[Mapping[str, str]], None] = _nothing_wrong
    # Completes a token answer, with an ``id_token`` perhaps.
    complete: Callable[[Object, Object], Object] = _as_it_is
    render: Callable[[OAuthError], Answer] = render
