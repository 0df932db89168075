"""What a socket says beside the events: control frames, and the codes with which it ends (contract 15.1-15.3)."""

import json
from enum import IntEnum, StrEnum

from findr import clock
from findr.api.times import instant


class CloseCode(IntEnum):
    """Why the server ends a socket."""

    USER_ID_MISSING = 4001
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    TOO_SLOW = 4408
    RATE_LIMITED = 4429
    # Something of ours failed: come back, with `since`.
    TRY_AGAIN = 4500
    SWITCHED_OFF = 4503


class ReloadReason(StrEnum):
    """Why there is no replay."""

    UNKNOWN_POSITION = "unknown_position"
    TOO_OLD = "too_old"
    TOO_MANY = "too_many"


def connected(last_seq: int) -> str:
    """The first frame; `last_seq` is the highest number that this recipient has been given."""
    return _control("connected", message="Real-time booking updates active", lastSeq=last_seq)


def pong(last_seq: int) -> str:
    """The answer to a ping: an app that slept sees whether it has missed anything."""
    return _control("pong", lastSeq=last_seq)


def reload(last_seq: int, reason: ReloadReason) -> str:
    """Instead of a replay: fetch everything anew; live events follow."""
    return _control("reload", lastSeq=last_seq, reason=reason.value)


def _control(kind: str, **more: str | int) -> str:
    return json.dumps({"type": kind, **more, "timestamp": instant(clock.now())})
