"""Killed anywhere, nothing is lost: the process dies at each place that it passes, and what it began ends as it would have.

A first, undisturbed run records the places (`findr/faults.py`) and how it ends. Then the same is played again, once for
each place: the process is killed there with SIGKILL, another one takes over, leases run out, sweeps come by. What is
left is either as if it had never begun or as if it had never been killed, history, messages and cents included; and
whoever asks again with the same idempotency key gets the answer, once.
"""

import os
from random import Random, sample

import pytest
from cast import call, tell_everybody
from reliability import process, report
from reliability.flows import FLOWS as FLOWS_OF_BOOKINGS
from reliability.flows_of_times import FLOWS_OF_TIMES
from reliability.settling import settle, take_over
from reliability.steps import Call
from reliability.story import differences, told

from bookings import reconciliation as books

FLOWS = FLOWS_OF_BOOKINGS | FLOWS_OF_TIMES
# Each is died once in a while; FINDR_EVERY_FAULT=1 dies them all.
EVERY = bool(os.environ.get("FINDR_EVERY_FAULT"))
# An ordinary run plays one in twelve of the flows, and of the places where something may stay behind dies at one in so
# many: both drawn anew each time, the flows by the moment at which it begins, so that all its workers draw the same.
ONE_IN = 4


def drawn(flows):
    return Random(os.environ["FINDR_TEST_START"]).sample(list(flows), len(flows) // 12)


DRAWN = sorted([*drawn(FLOWS_OF_BOOKINGS), *drawn(FLOWS_OF_TIMES)], key=list(FLOWS).index)
NOT_BEGUN, NOT_KILLED = "as if never begun", "as if never killed"
HEADS = ("what is done", "places", NOT_BEGUN, NOT_KILLED, "kept from here on", "asked again")


@pytest.fixture
def trace(tmp_path):
    return tmp_path / "trace"


def play(scene, flow, trace, *, die_at):
    """Bring the situation about and do it, dying at this place (0: at none); the call, what was seen, and how it stood before."""
    begun = FLOWS[flow](scene)
    if not getattr(begun, "is_telling", False):
        tell_everybody()
    before = compared(flow, told(scene.sandbox))
    trace.unlink(missing_ok=True)
    scene.settings.FAULT_TRACE, scene.settings.FAULT_AT = str(trace), die_at
    try:
        seen = do(begun)
    finally:
        scene.settings.FAULT_TRACE = ""
    return begun, seen, before


def do(begun):
    """In a process of its own: the status of the answer, or 0 of a worker that ended well; None if it was killed."""
    if isinstance(begun, Call):
        with process.web() as (server, port):
            answer = process.send(port, begun)
            if answer is None:
                server.join(10)
                assert server.exitcode == process.KILLED
            return answer
    code = process.work(begun.name, queues=begun.queues, **begun.arguments)
    assert code in (0, process.KILLED)
    return None if code else 0


@pytest.mark.lesson(10, 11, 12, 17)
@pytest.mark.parametrize("flow", FLOWS if EVERY else DRAWN)
def test_killed_anywhere_it_is_as_if_never_begun_or_never_killed(flow, scene, again, trace):
    begun, seen, _ = play(scene, flow, trace, die_at=0)
    assert seen == (begun.status if isinstance(begun, Call) else 0)
    places = trace.read_text().splitlines()
    after = compared(flow, settle(scene, work=take_over))
    assert details_of_books() == begun.findings
    chosen = all_of(places) if EVERY or report.WRITES else some_of(places, boundary=report.number("killed", flow, 2))

    left, answered = {}, set()
    for number in chosen:
        again()
        left[number], answer = killed_at(number, flow, scene, trace, after)
        answered.add(answer)

    assert len(answered) == 1, answered
    report.hold("killed", HEADS, [(flow, *counted(places, left), *answered)], of=flow)


def counted(places, left):
    """How many places there are, after how many deaths nothing was begun and after how many nothing was lost, and from
    which moment on.

    Where the process did not die at every place, it died at both sides of that moment: nothing is guessed.
    """
    kept = min(number for number, what in left.items() if what == NOT_KILLED)
    assert left == {number: NOT_KILLED if number >= kept else NOT_BEGUN for number in left}
    assert kept == 1 or kept - 1 in left
    moment = places[kept - 1].removesuffix(": after the commit") if kept > 1 else "the beginning"
    return len(places), kept - 1, len(places) - kept + 1, moment


def test_the_page_tells_of_every_flow_and_of_no_other():
    assert report.beginnings("killed") == list(FLOWS)


def killed_at(number, flow, scene, trace, after):
    """What is left when it is killed at this place, and how whoever asks again is answered."""
    begun, seen, before = play(scene, flow, trace, die_at=number)
    assert seen is None, f"it did not die at place {number}"
    settled = compared(flow, settle(scene, work=take_over))
    assert settled in (before, after), (number, differences(settled, after))
    assert details_of_books() == begun.findings, number
    left = NOT_KILLED if settled == after else NOT_BEGUN
    if not (isinstance(begun, Call) and begun.is_keyed):
        return left, ""
    answer = call("POST", begun.path, begun.body, **begun.headers)
    assert answer.status == begun.status, (number, answer.body)
    ended = compared(flow, settle(scene, work=take_over))
    assert ended == after, (number, differences(ended, after))
    assert details_of_books() == begun.findings, number
    return left, answer.status


def details_of_books():
    return tuple(one.detail for one in books.check_books())


def compared(flow, story):
    """What is compared of a story: a booking's calendar is read again by the clock, whether anybody died or not."""
    if flow in FLOWS_OF_BOOKINGS:
        story = {**story, "times": {**story["times"], "busy times": []}}
    return without_news(story)


def without_news(story):
    """Whoever got no answer is told by the feed instead, once: that the card was refused, or wants its holder."""
    told_of = [
        one for booking in story["bookings"] for one in booking["patient's feed"] if one[0] == "payment_required"
    ]
    assert len(told_of) <= 1
    bookings = [
        {
            **booking,
            "patient's feed": [one for one in booking["patient's feed"] if one not in told_of],
            "patient's notifications": [one for one in booking["patient's notifications"] if one != "payment_required"],
        }
        for booking in story["bookings"]
    ]
    return {**story, "bookings": bookings}


def all_of(places):
    return range(1, len(places) + 1)


def some_of(places, *, boundary):
    """Both sides of the moment from which on it is kept, and some others.

    Inside a transaction every death is the same one, nothing of it has happened: these are left to the whole run.
    """
    edges = [number for number, place in enumerate(places, start=1) if is_edge(place)]
    drawn = sample(edges, len(edges) // ONE_IN)
    return sorted({*drawn, *(number for number in (boundary, boundary + 1) if number)})


def is_edge(place):
    """Whether something may have happened before this place that stays."""
    return "commit" in place or "a call" in place or place.startswith(("job", "the key", "the answer"))
