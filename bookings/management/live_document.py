"""The live feed as an AsyncAPI 3 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0).

Which change sends which frame is read from the effects table; what stands in the frames is named here, and held by a test
against that table, the contract's samples and the document in `docs/`.
"""

from typing import Any

from bookings.effects import EFFECTS
from notifications.realtime.handshake import PATH
from notifications.realtime.positions import MOST_REPLAYED
from notifications.realtime.wire import CloseCode, ReloadReason

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
ID: Schema = {"type": "string", "format": "uuid"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
SEQ: Schema = {"type": "integer", "minimum": 0}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _words(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def _object(closed: bool = True, /, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": not closed,
    }


_TIME = _object(id=ID, startTime=INSTANT, endTime=INSTANT)
_APPOINTMENT = {"appointmentDate": INSTANT, "appointmentTime": TEXT, "providerTimezone": TEXT, "providerName": TEXT}
_SAME_ID = {"_id": ID, "id": ID, "bookingId": ID}
_STATE = {"status": TEXT, "state": TEXT, "bookingNumber": TEXT}
# The provider's view of a booking (contract 7), which samples 222-245 show whole.
_VIEW = _object(False, **_SAME_ID, **_STATE, paymentStatus=TEXT, appointmentDate=INSTANT)

# `data` of each flat frame (contract 15.4) and of each dotted one (15.5), beside what all of them have.
PATIENT_DATA: dict[str, Schema] = {
    "booking_pending": _object(bookingType=_words("request", "auto-request", "instant"), expiresAt=_or_null(INSTANT)),
    "booking_confirmed": _object(**_APPOINTMENT, confirmationNote=_or_null(TEXT)),
    "booking_declined": _object(reason=TEXT),
    "times_suggested": _object(
        suggestedTimes={"type": "array", "items": _TIME}, message=_or_null(TEXT), expiresAt=_or_null(INSTANT)
    ),
    "booking_cancelled": _object(reason=_or_null(TEXT), cancelledBy=_or_null(TEXT), refundAmount=NUMBER),
    "booking_expired": _object(reason=_words("provider_no_answer", "patient_no_answer")),
    "booking_reminder": _object(**_APPOINTMENT, hoursBefore={"type": "integer", "enum": [24, 1]}),
    "payment_required": _object(
        reason=_words("authentication_required", "card_refused", "payment_failed"), expiresAt=_or_null(INSTANT)
    ),
}
PROVIDER_DATA: dict[str, Schema] = {
    "booking.new": _VIEW,
    "booking.confirmed": _VIEW,
    "booking.updated": _VIEW,
    "booking.cancelled": _object(**_SAME_ID, **_STATE, cancelledBy=_or_null(TEXT), reason=_or_null(TEXT)),
    "booking.expiring_soon": _object(**_SAME_ID, **_STATE, expiresAt=INSTANT),
    "calendar.needs_reauth": _object(vendor=_words("google", "microsoft"), email=TEXT),
}
# What one type has beside `data`.
EXTRA: dict[str, dict[str, Schema]] = {
    "booking.new": {"urgent": {"type": "boolean"}},
    "booking.expiring_soon": {"hoursRemaining": NUMBER},
}
# Not owed to a change of a booking: what sends them instead.
BESIDE_CHANGES = {
    "booking_reminder": "24 h and 1 h before a confirmed visit",
    "booking.expiring_soon": "4 h before a request's deadline",
    "calendar.needs_reauth": "the grant of a connected calendar has died",
}

CONTROL: dict[str, Schema] = {
    "connected": {"message": TEXT, "lastSeq": SEQ},
    "reload": {"lastSeq": SEQ, "reason": _words(*ReloadReason)},
    "pong": {"lastSeq": SEQ},
}
CLIENT: dict[str, Schema] = {"authenticate": {"token": TEXT}, "ping": {}}
CLOSE_CODES = {
    CloseCode.USER_ID_MISSING: "userId is missing or empty",
    CloseCode.UNAUTHORIZED: "no token in time; it is bad, expired or revoked, or became so",
    CloseCode.FORBIDDEN: "userId or type is not the token's own, or it is a staff token",
    CloseCode.TOO_SLOW: "the client reads too slowly: reconnect with since",
    CloseCode.RATE_LIMITED: "a limit of contract 2.8",
    CloseCode.TRY_AGAIN: "a failure of the server: reconnect with since",
    CloseCode.SWITCHED_OFF: "live updates are switched off: poll GET /api/notifications?since=",
}


def document() -> Schema:
    """The whole of it."""
    sent = {**_control_frames(), **_events()}
    received = {kind: _frame(kind, **more) for kind, more in CLIENT.items()}
    messages = {name: {"name": name, **message} for name, message in {**sent, **received}.items()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "findr: live booking updates",
            "version": "1.0.0",
            "description": "Contract 15. Events carry seq, +1 each for a recipient, without a gap; control frames do "
            f"not. At most {MOST_REPLAYED} missed events are replayed, else one reload is sent.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "realtime": {
                "address": PATH,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {"ws": {"query": _query(), "bindingVersion": "0.1.0"}},
                "x-close-codes": {str(int(code)): why for code, why in CLOSE_CODES.items()},
            }
        },
        "operations": {
            "tell": _operation("send", sent),
            "listen": _operation("receive", received),
        },
        "components": {"messages": messages},
    }


def _events() -> dict[str, Schema]:
    heading = {"bookingId": ID, "status": TEXT, "state": TEXT, "message": TEXT}
    flat = {kind: _event(kind, data, heading) for kind, data in PATIENT_DATA.items()}
    dotted = {kind: _event(kind, data, EXTRA.get(kind, {})) for kind, data in PROVIDER_DATA.items()}
    return flat | dotted


def _event(kind: str, data: Schema, more: dict[str, Schema]) -> Schema:
    owed_by = [change.value for change, owed in EFFECTS.items() if kind in (owed.patient_frame, owed.provider_frame)]
    when = {"x-sent-when": owed_by or [BESIDE_CHANGES[kind]]}
    return _frame(kind, eventId=ID, seq={**SEQ, "minimum": 1}, **more, data=data, timestamp=INSTANT) | when


def _control_frames() -> dict[str, Schema]:
    return {kind: _frame(kind, **more, timestamp=INSTANT) for kind, more in CONTROL.items()}


def _frame(kind: str, **properties: Schema) -> Schema:
    return {"payload": _object(type={"type": "string", "const": kind}, **properties)}


def _operation(action: str, messages: dict[str, Schema]) -> Schema:
    references = [{"$ref": f"#/channels/realtime/messages/{name}"} for name in messages]
    return {"action": action, "channel": {"$ref": "#/channels/realtime"}, "messages": references}


def _query() -> Schema:
    properties = {
        "userId": {**ID, "description": "the patient's id, or the practice's for type=provider"},
        "type": _words("patient", "provider"),
        "since": {**SEQ, "description": "the last seq that was seen"},
        "token": {**TEXT, "description": "if neither the Authorization header nor an authenticate frame brings it"},
        "access_token": {**TEXT, "description": "the same as token"},
    }
    return {"type": "object", "properties": properties, "required": ["userId"]}
