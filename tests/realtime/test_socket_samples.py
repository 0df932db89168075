"""The contract's samples of the socket (510-512), held against what is heard."""

import json
from pathlib import Path

import jsonschema
from acts import accept, call_off, confirm, open_ones, suggest, wall
from contract.shapes import Comparison
from frames import path
from live import listening, opened
from publishing import published

from bookings.management.live_document import document
from bookings.services import expiry

SAMPLES = {
    path.name[:3]: json.loads(path.read_text())
    for path in Path(__file__).resolve().parents[2].glob("docs/contract-samples/51?_*.json")
}
MESSAGES = document()["components"]["messages"]
# What a reminder tells, and what comes of a card that has to be looked at: played with the changes that they are owed to.
ELSEWHERE = {"booking_reminder", "booking.expiring_soon", "payment_required"}


def heard_like(sample, frames):
    """Each frame fits a sample of its type, and the document; the types that were heard."""
    for frame in frames:
        like = [one for one in sample["server_to_client"] if one["type"] == frame["type"]]
        found = [Comparison(same_situation=False).differences(one, frame) for one in like]
        assert [] in found, (frame, found)
        jsonschema.validate(frame, MESSAGES[frame["type"]]["payload"])
    return {frame["type"] for frame in frames}


def test_the_handshake_is_as_the_sample_has_it(server, patient):
    sample = SAMPLES["510"]
    published(patient.id, times=302)

    with opened(server, userId=patient.id, type="patient", since=1) as line:
        line.say(**{**sample["client_to_server"][0], "token": patient.token})
        frames = line.take(2)
        line.say(**sample["client_to_server"][1])
        frames.append(line.next())

    assert heard_like(sample, frames) == {one["type"] for one in sample["server_to_client"]}
    assert [one["code"] for one in sample["close_codes"]] == [4001, 4401, 4403, 4429]


def test_each_sides_events_are_as_the_samples_have_them(server, patient, provider, time):
    with listening(server, patient) as phone, listening(server, provider) as portal:
        first = patient.has_asked()
        suggest(provider, first, wall(8), message="would this work")
        accept(patient, first, open_ones(first)[0])
        call_off(provider, first)
        declined = patient.has_asked(appointmentTime="11:00")
        provider.post(path(declined, "decline"), {"reason": "Time slot no longer available"})
        confirm(provider, patient.has_asked(appointmentTime="12:00"))
        patient.has_asked(appointmentTime="14:00")
        time.passes(hours=25)
        expiry.expire_overdue()
        to_patient, to_provider = phone.take(10), portal.take(10)

    for number, frames in (("511", [phone.connected, *to_patient]), ("512", [portal.connected, *to_provider])):
        kinds = {one["type"] for one in SAMPLES[number]["server_to_client"]} - ELSEWHERE
        assert heard_like(SAMPLES[number], frames) == kinds
