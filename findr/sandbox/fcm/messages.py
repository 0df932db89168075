"""A message as FCM takes it: ``SendMessageRequest`` of the discovery document, as far as findr uses it."""

from __future__ import annotations

import json
import re
from typing import Any

from findr.sandbox.exchange import Request
from findr.sandbox.fcm.errors import FcmRefusal, invalid
from findr.sandbox.fcm.values import Group, boolean, camel_cased, data, duration, priority, text, whole_number, words
from findr.sandbox.ledger import Object
from findr.sandbox.routes import Check, check_parameters

# A registration token, or an installation's id.
ADDRESS = re.compile(r"[A-Za-z0-9_:%.~-]{8,4096}")
LARGEST = 4096
APNS_PRIORITIES = ("1", "5", "10")
LONGEST_COLLAPSE_ID = 64


def _aps(name: str, value: Any) -> Object:
    """Apple's own dictionary (https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification)."""
    if not isinstance(value, dict):
        raise invalid(name, f"Invalid value at '{name}'")
    checks: dict[str, Check] = {"badge": whole_number, "sound": text, "content-available": whole_number}
    return check_parameters(value, checks, lambda field: f"{name}.{field}")


def _apns_payload(name: str, value: Any) -> Object:
    if not isinstance(value, dict) or "aps" not in value:
        raise invalid(name, f"Invalid value at '{name}': it holds the aps dictionary.")
    return {**value, "aps": _aps(f"{name}.aps", value["aps"])}


def _apns_headers(name: str, value: Any) -> dict[str, str]:
    headers = words(name, value)
    if headers.get("apns-priority", "10") not in APNS_PRIORITIES:
        raise invalid(f"{name}[apns-priority]", "Invalid apns-priority: it is 1, 5 or 10.")
    if len(headers.get("apns-collapse-id", "").encode()) > LONGEST_COLLAPSE_ID:
        raise invalid(f"{name}[apns-collapse-id]", "Invalid apns-collapse-id: it has at most 64 bytes.")
    return headers


NOTIFICATION = Group(title=text, body=text, image=text)
ANDROID_NOTIFICATION = Group(title=text, body=text, channelId=text, sound=text, tag=text, icon=text, color=text)
ANDROID = Group(
    collapseKey=text,
    priority=priority,
    ttl=duration,
    data=data,
    notification=ANDROID_NOTIFICATION,
    restrictedPackageName=text,
)
MESSAGE = Group(
    token=text,
    fid=text,
    data=data,
    notification=NOTIFICATION,
    android=ANDROID,
    apns=Group(headers=_apns_headers, payload=_apns_payload),
    fcmOptions=Group(analyticsLabel=text),
)
BODY = Group(message=MESSAGE, validateOnly=boolean)


def read_message(request: Request) -> tuple[Object, bool]:
    """The message in a body, and whether it is only to be validated.

    Raises:
        Refusal: FCM takes no such message.
    """
    given = check_parameters(camel_cased(_json_object(request)), BODY.checks)
    message = given.get("message")
    if not message:
        raise invalid("message", "The message is missing.")
    address_of(message)
    if len(json.dumps([message.get("notification"), message.get("data")], separators=(",", ":"))) > LARGEST:
        raise invalid("message", "Message is too big: it has more than 4096 bytes.")
    return message, given.get("validateOnly", False)


def address_of(message: Object) -> str:
    """The one device that a message is for."""
    targets = [name for name in ("token", "fid") if message.get(name)]
    if len(targets) != 1:
        raise invalid("message", "Recipient of the message is not set: exactly one of token, fid is required.")
    address = str(message[targets[0]])
    if not ADDRESS.fullmatch(address):
        raise invalid("message.token", "The registration token is not a valid FCM registration token")
    return address


def _json_object(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise FcmRefusal(400, "Invalid JSON payload received. Its content type is not application/json.")
    try:
        given = json.loads(request.body)
    except ValueError as error:
        raise FcmRefusal(400, "Invalid JSON payload received. Unexpected end of string.") from error
    if not isinstance(given, dict):
        raise FcmRefusal(400, "Invalid JSON payload received. Root element must be a message.")
    return given


def asked_address(body: bytes) -> str:
    """For whom a body says that it is, if it can be read: for the log."""
    try:
        message = json.loads(body)["message"]
        return str(message.get("token") or message.get("fid") or "")
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
