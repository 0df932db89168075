"""Sample 412: the push that a phone gets, held against what the sandbox got."""

import json
import re
from pathlib import Path

from acts import confirm
from cast import run_jobs, wish_at
from contract.shapes import FORMATS

from findr.sandbox.exchange import Request
from findr.sandbox.fcm.messages import read_message
from providers.models import Provider

SAMPLE = json.loads((Path(__file__).parents[2] / "docs/contract-samples/412_push_message.json").read_text())
IDS = {"bookingId", "providerId", "eventId", "actionUrl"}
COLLAPSES = {"collapseKey", "apns-collapse-id"}


def as_fcm_reads_it(body):
    headers = {"content-type": "application/json"}
    return read_message(Request("POST", "/", "", headers, json.dumps(body).encode()))[0]


def without_ids(message):
    """The message with a word for each id, and for what is made of one."""
    if isinstance(message, dict):
        return {
            name: _word(name, value) if name in IDS | COLLAPSES else without_ids(value)
            for name, value in message.items()
        }
    return message


def _word(name, value):
    pattern = r"[0-9a-f]{32}" if name in COLLAPSES else FORMATS["id"]
    return re.sub(pattern, "ID", value)


def test_a_confirmation_is_the_samples_message(sandbox, patient, provider):
    """The visit is far enough away for a push to last its whole day."""
    Provider.objects.filter(id=provider.id).update(practice_name="Ridge PT")
    booking = patient.has_asked(**wish_at(days=8))
    run_jobs()
    patient.call("PATCH", f"/api/notifications/read-all/user/{patient.id}", {})
    patient.post("/api/users/fcm-token", {"token": SAMPLE["request"]["message"]["token"]})
    confirm(provider, booking)
    run_jobs()

    (sent,) = sandbox.fcm.messages()
    shown, told = as_fcm_reads_it(SAMPLE["request"]), sent["message"]
    # What the time to live lacks of a day is what passed between the change and its push.
    assert shown["android"]["ttl"] - 60 <= told["android"].pop("ttl") <= shown["android"].pop("ttl")
    assert without_ids(told) == without_ids(shown)
    assert told["data"]["bookingId"] == str(booking.id)
    assert re.fullmatch(r"projects/[^/]+/messages/[0-9]+", sent["id"])
    assert SAMPLE["responses"][0]["body"].keys() == {"name"}
