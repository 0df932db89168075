"""A switch that staff turn in one process is turned in every other one, within five seconds and without a restart."""

import http.client
import itertools
import json
import threading
import time as real_time

from admin.forms import filled
from cast import wish_at
from django.test import Client
from reliability import process
from switches import as_migrated

from findr.switches import Switch

SECONDS = 5.0


def test_every_web_process_sees_it_within_five_seconds(patient, staff, settings, figures):
    settings.CALENDAR_READER = "readers.Free"
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    row = as_migrated()[Switch.CALENDAR_CHECKS]
    page = f"/admin/waffle/switch/{row.id}/change/"
    console = Client()
    console.force_login(staff.user)
    times = (wish_at(days=2 + number // 9, hour=8 + number % 9) for number in itertools.count())
    many = {"MAX_OPEN_REQUESTS": 1000}
    with process.web(**many) as (_, one), process.web(**many) as (_, other):
        kinds = [asked(port, patient, next(times)) for port in (one, other)]
        seen = {}
        for word, change in (("auto-request", {"active": None}), ("instant", {"active": "on"})):
            assert console.post(page, filled(console.get(page), **change)).status_code == 302
            seen[word] = until_both((one, other), patient, times, word)

    assert kinds == ["instant", "instant"]
    assert max(seen.values()) <= SECONDS
    figures.append(f"seconds for which a web process still followed a switch as it had been: {seen}")


def until_both(ports, patient, times, word):
    """Ask until both answer with this type; how long after the change a request began that was still answered otherwise."""
    changed, stale, left = real_time.monotonic(), 0.0, list(ports)
    while left:
        port = left.pop(0)
        began = real_time.monotonic() - changed
        if asked(port, patient, next(times)) != word:
            stale = max(stale, began)
            assert began < 30, "It was never seen."
            left.append(port)
            threading.Event().wait(0.1)
    return round(stale, 1)


def asked(port, patient, wish):
    """The type of a new booking, by this process."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {patient.token}"}
        client.request("POST", "/api/bookings", json.dumps(wish), headers)
        answer = client.getresponse()
        body = json.loads(answer.read())
        assert answer.status == 201, body
        return body["bookingType"]
    finally:
        client.close()
