"""Answers that a rule gives in place of Microsoft's own, in its shapes."""

from __future__ import annotations

from typing import Any

from findr.sandbox.exchange import Answer, json_answer
from findr.sandbox.microsoft.calls import GraphCall
from findr.sandbox.microsoft.errors import CODES, MESSAGES, error_answer
from findr.sandbox.microsoft.identity import Identity
from findr.sandbox.misbehaviour import CallRule

# What the identity platform calls a status.
SIGN_IN_CODES = {
    400: "invalid_grant",
    401: "invalid_client",
    429: "temporarily_unavailable",
    503: "temporarily_unavailable",
}
UNSAID = CallRule.__dataclass_fields__["message"].default


def misbehaved(rule: CallRule, call: GraphCall, identity: Identity) -> Answer:
    """An error with the rule's status; with status 200, an answer that holds nothing or, with a code, knows nobody."""
    message = MESSAGES.get(rule.status, rule.message) if rule.message == UNSAID else rule.message
    if call.served is None:
        code = rule.code or SIGN_IN_CODES.get(rule.status, "server_error")
        return identity.refused(rule.status, code, message, rule.headers)
    if rule.status < 300:
        return json_answer(rule.status, {"value": _unknown(call, rule) if rule.code else []}, rule.headers)
    code = rule.code or CODES.get(rule.status, "UnknownError")
    headers = ({"Retry-After": "1"} if rule.status == 429 else {}) | rule.headers
    return error_answer(rule.status, code, message, headers)


def _unknown(call: GraphCall, rule: CallRule) -> list[dict[str, Any]]:
    """The item of each schedule that was asked for, with the rule's code as its error."""
    error = {"message": rule.message, "responseCode": rule.code}
    item = {"availabilityView": "", "scheduleItems": [], "error": error}
    return [{"scheduleId": one, **item} for one in (call.sent() or {}).get("schedules", [])]
