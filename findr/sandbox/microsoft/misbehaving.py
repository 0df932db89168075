"""Answers that a rule gives in place of Microsoft's own, in its shapes."""

from __future__ import annotations

import json

from findr.sandbox.exchange import Answer, json_answer
from findr.sandbox.ledger import Object
from findr.sandbox.microsoft.calls import GraphCall
from findr.sandbox.microsoft.errors import CODES, MESSAGES, error_answer
from findr.sandbox.microsoft.identity import Identity
from findr.sandbox.misbehaviour import UNKNOWN_ERROR, CallRule

SCHEDULE = "getSchedule"
# What the identity platform calls a status.
SIGN_IN_CODES = {400: "invalid_grant", 401: "invalid_client"}
UNAVAILABLE = "temporarily_unavailable"


def refused(rule: CallRule, call: GraphCall, identity: Identity) -> Answer:
    """An error with the rule's status, and its code or what the status is usually called."""
    message = MESSAGES.get(rule.status, rule.message) if rule.message == UNKNOWN_ERROR else rule.message
    if not call.is_graph:
        code = rule.code or SIGN_IN_CODES.get(rule.status, UNAVAILABLE)
        return identity.refused(rule.status, code, message, rule.headers)
    code = rule.code or CODES.get(rule.status, "UnknownError")
    headers = ({"Retry-After": "1"} if rule.status == 429 else {}) | rule.headers
    return error_answer(rule.status, code, message, headers)


def emptied(answer: Answer, call: GraphCall, rule: CallRule) -> Answer:
    """A good answer with nothing in it or, if the rule has a code, one that says so of every schedule."""
    if answer.status >= 300:
        return answer
    content = json.loads(answer.body or b"{}")
    if call.operation == SCHEDULE and rule.code:
        content["value"] = [_unknown(one, rule) for one in content["value"]]
    else:
        content = {
            name: [] if name == "value" else told
            for name, told in content.items()
            if name[:7] == "@odata." or name == "value"
        }
    return json_answer(rule.status, content, rule.headers)


def _unknown(item: Object, rule: CallRule) -> Object:
    error = {"message": rule.message, "responseCode": rule.code}
    return {"scheduleId": item["scheduleId"], "availabilityView": "", "scheduleItems": [], "error": error}
