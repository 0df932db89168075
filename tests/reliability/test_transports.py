"""No transport's failure touches a booking: the tour's journeys, played while one of them is away; then it comes back.

An ordinary run plays a day on which all is well, and one on which all four are away, each in a drawn way; FINDR_EVERY_CASE=1
has each way of each of them in turn as well.
"""

import os
from datetime import timedelta
from random import Random
from statistics import median

import pytest
from calendar_accounts import Desk
from chaos.mails import mails, read
from chaos.pushes import pushes
from drawing import EVERY_CASE
from reliability import report
from reliability.journeys import Day
from reliability.stack import IMPATIENT, Outage, running
from reliability.story import told

from bookings import reconciliation as books

TABLE = "a transport is away"
HEADS = ("journey", "answers", "booking", "payment", "at Stripe", "the patient hears", "the practice hears")
# Seconds: what each call may wait for Redis, which it asks at most three times, half a second each.
MOST_WAIT = 1.5
ALL_IS_WELL = Outage(lambda: None, lambda: None)


@pytest.fixture
def phones(patient, provider, other_provider):
    """Everybody has one."""
    addresses = {person.id: [f"phone-of:{person.id}"] for person in (patient, provider, other_provider)}
    for person in (patient, provider, other_provider):
        assert person.post("/api/users/fcm-token", {"token": addresses[person.id][0]}).status == 200
    return addresses


@pytest.fixture
def stack(scene, other_provider):
    """One practice answers within four hours, the other one has a calendar."""
    scene.settings.CALENDAR_READER = "calendars.services.looking.ConnectedCalendars"
    Desk(other_provider, scene.sandbox).connect()
    scene.provider.provider.response_hours = 4
    scene.provider.provider.save()
    with running(scene.sandbox, [scene.patient, scene.provider, other_provider]) as stack:
        yield stack


@pytest.mark.lesson(31, 34)
def test_no_transports_failure_touches_a_booking(stack, scene, phones, figures):
    assert [name for name in stack.ways if f"\n- {name}\n" not in report.text()] == []
    days = {}
    for number, (name, outage) in enumerate(chosen(stack.ways).items()):
        days[name] = day = Day(stack.wire, scene.patient, scene.provider, day=3 + number)
        reached = len(scene.sandbox.fcm.messages()), len(stack.mailed)

        outage.begin()
        play(day, stack, scene.time)

        report.hold(TABLE, HEADS, rows(day, scene.sandbox))
        stack.catch_up({"push", "mail"} - outage.silences)
        assert books.check_books() == [], name
        for way, before, now in zip(
            ("push", "mail"), reached, (len(scene.sandbox.fcm.messages()), len(stack.mailed)), strict=True
        ):
            assert (now == before) is (way in outage.silences), (name, way)
        outage.end()
        stack.catch_up()
        assert pushes(phones, scene.sandbox.fcm.messages(), patience=IMPATIENT["PUSH_CALL_SECONDS"]).broken() == [], (
            name
        )
        assert mails(map(read, stack.mailed)).broken() == [], name
        assert stack.unheard() == [], name
    figures += [
        f"while this was away, a call took: {name}: median {median(day.seconds):.2f} s, slowest {max(day.seconds):.2f} s"
        for name, day in days.items()
    ]
    usual = median(days["nothing"].seconds)
    assert {name for name, day in days.items() if median(day.seconds) > 2 * usual + MOST_WAIT} == set()


def chosen(ways):
    """What is away on each day, by its name."""
    draw = Random(os.environ["FINDR_TEST_START"])
    drawn = [draw.choice(group) for group in groups(ways)]
    together = [ways[name] for name in drawn]
    everything = Outage(
        lambda: [one.begin() for one in together],
        lambda: [one.end() for one in together],
        frozenset().union(*(one.silences for one in together)),
    )
    return {"nothing": ALL_IS_WELL, **(ways if EVERY_CASE else {}), " and ".join(drawn): everything}


def groups(ways):
    """The names of the ways, by transport."""
    words = ("Redis", "FCM", "mail server", "socket process")
    return [[name for name in ways if word in name] for word in words]


def play(day, stack, time):
    """All journeys, and the time after which the last one has expired; the worker does what it can."""
    deadline = day.play()
    stack.let_work()
    time.set(deadline + timedelta(seconds=1))
    stack.let_work("bookings.expire_requests")


def rows(day, sandbox):
    """Of each journey: what was answered, and what came of it."""
    ended = told(sandbox)["bookings"][-len(day.answers) :]
    return [
        (
            name,
            ", ".join(answers),
            booking["state"],
            booking["payment"],
            at_stripe(booking),
            ", ".join(kind for kind, *_ in booking["patient's feed"]),
            ", ".join(kind for kind, *_ in booking["practice's feed"]),
        )
        for (name, answers), booking in zip(day.answers.items(), ended, strict=True)
    ]


def at_stripe(booking):
    ((_, held, received, refunded),) = booking["Stripe"]
    words = {"held": held, "received": received, "refunded": refunded}
    return ", ".join(f"{word} {cents / 100:.2f}" for word, cents in words.items() if cents) or "nothing"
