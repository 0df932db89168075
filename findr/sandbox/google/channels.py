"""Watch channels: events.watch and channels.stop (https://developers.google.com/workspace/calendar/api/guides/push)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256

from findr.sandbox.calendars.channels import CHANGED, Channels, is_address
from findr.sandbox.deliveries.notice import Parcel
from findr.sandbox.google.calls import Call
from findr.sandbox.google.errors import GoogleRefusal, invalid
from findr.sandbox.google.parameters import boolean, one_of, text, words
from findr.sandbox.ledger import Object
from findr.sandbox.routes import Check

IDENTITY = re.compile(r"[A-Za-z0-9\-_+/=]{1,64}")
WEEK = 604800
# The first message of a channel.
SYNC = "sync"
CHANNEL: dict[str, Check] = {
    "id": text,
    "type": one_of("web_hook", "webhook"),
    "address": text,
    "token": text,
    "params": words,
    "payload": boolean,
    "expiration": text,
    "resourceId": text,
    "resourceUri": text,
    "kind": text,
}


def watch(call: Call) -> Object:
    """A new channel, for a week if not for less; nobody renews it."""
    channels = _channels(call)
    calendar, given = call.calendar(), call.body
    for name in ("id", "type", "address"):
        if not given.get(name):
            raise GoogleRefusal(400, "required", f"Required parameter: {name}", ("parameter", name))
    if not IDENTITY.fullmatch(given["id"]):
        raise invalid("id", "Channel id is malformed.")
    if not is_address(given["address"]):
        raise GoogleRefusal(400, "pushWebhookUrlNotHttps", "WebHook callback must be HTTPS: " + given["address"])
    if channels.get(given["id"]):
        raise GoogleRefusal(400, "channelIdNotUnique", f"Channel id {given['id']} not unique")
    ttl = given.get("params", {}).get("ttl", str(WEEK))
    if not ttl.isdecimal():
        raise invalid("params.ttl")
    channel = channels.open(
        {
            "id": given["id"],
            "account": call.account,
            "calendar": calendar["id"],
            "url": given["address"],
            "token": given.get("token", ""),
            "expires": call.now + min(int(ttl), WEEK),
            "extra": {"resource": resource_id(calendar), "uri": f"calendars/{calendar['calendar']}/events"},
        }
    )
    channels.tell(channel, SYNC)
    return _shown(channel)


def stop(call: Call) -> None:
    """No more of it; 404 for a channel that there is not, or of another resource."""
    channels = _channels(call)
    channel = channels.get(str(call.body.get("id")))
    if (
        channel is None
        or channel["account"] != call.account
        or channel["extra"]["resource"] != call.body.get("resourceId")
    ):
        raise GoogleRefusal(404, "channelUnknown", f"Channel '{call.body.get('id')}' not found for project")
    channels.close(channel)


def letter(channel: Object, push: Object) -> Parcel:
    """A push: headers only."""
    ends = datetime.fromtimestamp(channel["expires"], UTC)
    headers = {
        "X-Goog-Channel-ID": channel["id"],
        "X-Goog-Channel-Expiration": f"{ends:%a, %d %b %Y %H:%M:%S} GMT",
        "X-Goog-Message-Number": str(push["number"]),
        "X-Goog-Resource-ID": channel["extra"]["resource"],
        "X-Goog-Resource-State": "exists" if push["type"] == CHANGED else push["type"],
        "X-Goog-Resource-URI": channel["extra"]["uri"],
        "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
    }
    if channel["token"]:
        headers["X-Goog-Channel-Token"] = channel["token"]
    return Parcel(channel["url"], headers, noted={"number": push["number"]})


def resource_id(calendar: Object) -> str:
    """The same for every channel of a calendar."""
    return sha256(calendar["id"].encode()).hexdigest()[:27]


def _channels(call: Call) -> Channels:
    assert call.channels  # noqa: S101  Google has them
    return call.channels


def _shown(channel: Object) -> Object:
    answer = {
        "kind": "api#channel",
        "id": channel["id"],
        "resourceId": channel["extra"]["resource"],
        "resourceUri": f"https://www.googleapis.com/calendar/v3/{channel['extra']['uri']}?alt=json",
        "expiration": str(channel["expires"] * 1000),
    }
    return answer | ({"token": channel["token"]} if channel["token"] else {})
