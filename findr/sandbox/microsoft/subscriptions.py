"""Graph's subscriptions (https://learn.microsoft.com/graph/change-notifications-delivery-webhooks).

An address has to answer the validation token before a subscription is made; a client state comes back with each notice.
"""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from findr.sandbox.calendars.channels import CHANGED, Channels, is_address
from findr.sandbox.deliveries.notice import Parcel
from findr.sandbox.deliveries.post import NoAnswer, post
from findr.sandbox.exchange import Answer
from findr.sandbox.ledger import Object
from findr.sandbox.microsoft.calls import Asker, GraphCall
from findr.sandbox.microsoft.errors import GraphRefusal, bad, not_found
from findr.sandbox.microsoft.event_bodies import text
from findr.sandbox.microsoft.moments import moment_of_query
from findr.sandbox.routes import Check

# For events: https://learn.microsoft.com/graph/api/resources/subscription#subscription-lifetime
LONGEST, SHORTEST = timedelta(minutes=10_080), timedelta(minutes=45)
HANDSHAKE_SECONDS = 10.0
LONGEST_STATE = 128
CREATE = "subscriptions.create"
RESOURCE = re.compile(r"/?me/(?:calendars/([^/]+)/)?events")
KINDS = ("created", "updated", "deleted")
LIFECYCLE = ("reauthorizationRequired", "subscriptionRemoved", "missed")
NEW: dict[str, Check] = {
    "changeType": text,
    "notificationUrl": text,
    "lifecycleNotificationUrl": text,
    "resource": text,
    "expirationDateTime": moment_of_query,
    "clientState": text,
    "latestSupportedTlsVersion": text,
}
CHANGES: dict[str, Check] = {"expirationDateTime": moment_of_query}


def check_new(body: Any) -> None:
    """What every subscription has to say."""
    for name in ("changeType", "notificationUrl", "resource", "expirationDateTime"):
        if not body.get(name):
            raise bad(f"The parameter '{name}' is required.", "InvalidRequest")
    if not set(body["changeType"].split(",")) <= set(KINDS):
        raise bad("changeType is unknown.", "InvalidRequest")
    for name in ("notificationUrl", "lifecycleNotificationUrl"):
        if name in body and not is_address(body[name]):
            raise bad(f"{name} is no HTTPS address.", "InvalidRequest")
    if len(body.get("clientState", "")) > LONGEST_STATE:
        raise bad(f"clientState is longer than {LONGEST_STATE}.", "InvalidRequest")


async def refusal_of_handshake(call: GraphCall) -> GraphRefusal | None:
    """Ask each address that the call names for a token back; what is wrong with its answer."""
    given = call.sent()
    named = given if isinstance(given, dict) else {}
    urls = {str(named[name]) for name in ("notificationUrl", "lifecycleNotificationUrl") if name in named}
    for url in sorted(url for url in urls if is_address(url)):
        token = f"Validation: Testing client application reachability for {uuid.uuid4()}+/=&?"
        try:
            status, said = await post(f"{url}?validationToken={quote(token, safe='')}", b"", PLAIN, HANDSHAKE_SECONDS)
        except NoAnswer as error:
            return bad(f"Subscription validation request failed: {error}.", "ValidationError")
        if status != 200 or said != token:
            return bad("Subscription validation request failed: the token did not come back.", "ValidationError")
    return None


PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


def create(asker: Asker, call: GraphCall) -> Object:
    """A new subscription of one calendar's events."""
    body = call.body
    found = RESOURCE.fullmatch(body["resource"])
    if found is None:
        raise bad("The sandbox has subscriptions of a calendar's events only.", "InvalidRequest")
    mailbox = asker.mailbox
    calendar = mailbox.calendar(found[1]) if found[1] else mailbox.default()
    channel = _channels(call).open(
        {
            "id": str(uuid.uuid4()),
            "account": mailbox.account,
            "calendar": calendar["id"],
            "url": body["notificationUrl"],
            "token": body.get("clientState", ""),
            "expires": _end(call, body["expirationDateTime"]),
            "extra": {
                "lifecycle": body.get("lifecycleNotificationUrl"),
                "resource": body["resource"],
                "kinds": body["changeType"],
            },
        }
    )
    return _shown(channel)


def listed(asker: Asker, call: GraphCall) -> Object:
    """The account's subscriptions."""
    own = [one for one in _channels(call).all() if one["account"] == asker.mailbox.account]
    return {"value": [_shown(one) for one in own]}


def get(asker: Asker, call: GraphCall, identity: str) -> Object:
    """One of them."""
    return _shown(_found(asker, call, identity))


def renew(asker: Asker, call: GraphCall, identity: str) -> Object:
    """It ends at another moment."""
    channel = _found(asker, call, identity)
    if "expirationDateTime" not in call.body:
        raise bad("The parameter 'expirationDateTime' is required.", "InvalidRequest")
    return _shown(_channels(call).change(channel, expires=_end(call, call.body["expirationDateTime"])))


def delete(asker: Asker, call: GraphCall, identity: str) -> Answer:
    """No more of it."""
    _channels(call).close(_found(asker, call, identity))
    return Answer(204, b"")


def letter(channel: Object, push: Object) -> Parcel:
    """A push: a collection of one notice, of a change or of the subscription's own life."""
    notice: Object = {
        "subscriptionId": channel["id"],
        "subscriptionExpirationDateTime": _moment(channel["expires"]),
        "clientState": channel["token"] or None,
        "tenantId": "00000000-0000-4000-8000-000000000001",
    }
    url = channel["url"]
    if push["type"] == CHANGED:
        resource = f"Users/{channel['account']}/Events/{push['about']}"
        data = {"@odata.type": "#Microsoft.Graph.Event", "@odata.id": resource, "id": push["about"]}
        notice |= {"changeType": "updated", "resource": resource, "resourceData": data}
    else:
        notice |= {"lifecycleEvent": push["type"], "resource": channel["extra"]["resource"]}
        url = channel["extra"]["lifecycle"] or url
    body = json.dumps({"value": [notice]}).encode()
    return Parcel(url, {"Content-Type": "application/json; charset=utf-8"}, body, {"number": push["number"]})


def _end(call: GraphCall, at: datetime) -> int:
    left = at - datetime.fromtimestamp(call.now, UTC)
    if left > LONGEST:
        raise bad("Subscription expiration can only be 10080 minutes in the future.", "InvalidRequest")
    return int((at if left >= SHORTEST else at - left + SHORTEST).timestamp())


def _found(asker: Asker, call: GraphCall, identity: str) -> Object:
    channel = _channels(call).get(identity)
    if channel is None or channel["account"] != asker.mailbox.account:
        raise not_found()
    return channel


def _channels(call: GraphCall) -> Channels:
    assert call.channels  # noqa: S101  Graph has them
    return call.channels


def _shown(channel: Object) -> Object:
    return {
        "id": channel["id"],
        "resource": channel["extra"]["resource"],
        "applicationId": "00000000-0000-4000-8000-000000000002",
        "changeType": channel["extra"]["kinds"],
        "clientState": channel["token"] or None,
        "notificationUrl": channel["url"],
        "lifecycleNotificationUrl": channel["extra"]["lifecycle"],
        "expirationDateTime": _moment(channel["expires"]),
        "creatorId": "00000000-0000-4000-8000-000000000003",
        "latestSupportedTlsVersion": "v1_2",
        "includeResourceData": None,
        "encryptionCertificate": None,
        "encryptionCertificateId": None,
        "notificationQueryOptions": None,
        "notificationUrlAppId": None,
    }


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
