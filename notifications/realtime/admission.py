"""Who may listen: the checks of contract 15.1 in their order, cheapest first, and identity from nothing but the token."""

import asyncio

from findr.accounts.authentication import refuse_revoked
from findr.api.http import client_address
from findr.api.tokens import Claims, verify
from findr.errors import Unauthorized
from notifications.realtime.handshake import Handshake, token_in
from notifications.realtime.places import Places
from notifications.realtime.positions import Beginning, beginning_of
from notifications.realtime.socket import Socket
from notifications.realtime.wire import CloseCode


class Refused(Exception):
    """The socket ends with this code."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code


async def identify(socket: Socket, handshake: Handshake, places: Places, *, within: float) -> Claims:
    """The claims of a token with a good signature; the database is not asked.

    A token that is not good is counted against the address, as is a socket that sends its token later. `within` is how
    many seconds that may take.

    Raises:
        Refused: 4401 or 4429.
        ConnectionError: the client has gone.
    """
    if not handshake.token:
        await _count_address(handshake, places)
        token = await _first_token(socket, within)
    else:
        token = handshake.token
    try:
        claims = verify(token)
    except Unauthorized as error:
        if handshake.token and error.error != EXPIRED:
            await _count_address(handshake, places)
        raise Refused(CloseCode.UNAUTHORIZED) from None
    return claims


def is_own(claims: Claims, handshake: Handshake) -> bool:
    """Whether the token is of the one, and of the kind, that was asked for. Staff have no feed."""
    identity = claims.identity
    is_of_kind = identity.kind != "staff" and handshake.kind in (None, identity.kind)
    return is_of_kind and handshake.user_id.lower() == str(identity.id)


# Whoever holds such a token was here before: a portal that was left open comes back with it again and again.
EXPIRED = "Token expired"


def stand_and_begin(claims: Claims, since: str | None) -> Beginning:
    """Where the socket begins, if the account still stands behind the token.

    Raises:
        Unauthorized: it does not.
    """
    refuse_revoked(claims)
    return beginning_of(claims.identity.id, since)


async def _count_address(handshake: Handshake, places: Places) -> None:
    if not await places.count_connect(client_address(handshake.client, handshake.forwarded)):
        raise Refused(CloseCode.RATE_LIMITED)


async def _first_token(socket: Socket, within: float) -> str:
    try:
        async with asyncio.timeout(within):
            while (frame := await socket.next_frame()) is not None:
                if (token := token_in(frame)) is not None:
                    return token
    except TimeoutError:
        raise Refused(CloseCode.UNAUTHORIZED) from None
    raise ConnectionError
