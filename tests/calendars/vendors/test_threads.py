"""Two people's calendars, asked about at the same time: nobody ever gets the other's answer (lesson 29)."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from calendars.vendors.base import Access

from .people import HOUR, NOON, PAT, SAM, SECONDS, draft

THREADS, CALLS = 16, 500
THEIR_HOUR = {PAT: NOON, SAM: NOON + 3 * HOUR}


@pytest.fixture
def both(account, settings):
    """Pat is busy at noon, Sam at three; each has one event of ours then."""
    settings.CALENDAR_RATE = "100000/1"
    accesses = {email: account.access(email) for email in (PAT, SAM)}
    for email, access in accesses.items():
        start = THEIR_HOUR[email]
        visit = draft(title=email.partition("@")[0], start=start, end=start + HOUR)
        account.adapter.create_event(access, account.primary(access), visit, seconds=SECONDS)
    return accesses


def ask(account, email, access, kind):
    """When this person is busy, or has an event of ours, by one of three calls."""
    primary = email if account.name == "google" else "primary"
    if kind == "busy":
        found = account.adapter.busy(access, [primary], NOON - HOUR, NOON + 5 * HOUR, seconds=SECONDS)
    elif kind == "find":
        found = [account.adapter.find_event(access, primary, draft().key, seconds=SECONDS)]
    else:
        found = account.adapter.our_events(access, primary, NOON - HOUR, NOON + 5 * HOUR, seconds=SECONDS)
    return [one.start for one in found]


@pytest.mark.lesson(29)
def test_nobody_gets_an_answer_from_anybody_elses_calendar(account, both):
    """With one httplib2 for all threads, two dozen of 240 answers were another's, and half of the calls broke."""
    draw = random.Random(29)
    asked = [(draw.choice([PAT, SAM]), draw.choice(["busy", "find", "ours"])) for _ in range(CALLS)]

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(lambda one: ask(account, one[0], both[one[0]], one[1]), asked))

    assert [answer for answer, (email, _) in zip(answers, asked, strict=True) if answer != [THEIR_HOUR[email]]] == []


@pytest.mark.lesson(29)
def test_refreshes_at_once_give_everybody_their_own_tokens(side):
    held = {email: side.connect(email).tokens.refresh_token for email in (PAT, SAM)}
    for email in held:
        side.control.add_calendar(email, f"of {email}", f"of {email}")

    def work(email):
        fresh = side.adapter.refresh(held[email], seconds=SECONDS)
        return side.adapter.list_calendars(Access(fresh.access_token, email), seconds=SECONDS)[1].name

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(work, [PAT, SAM] * 20))

    assert answers == [f"of {PAT}", f"of {SAM}"] * 20


def test_a_connection_is_closed_with_its_call(account, access):
    """Warnings are errors here: one that was left open would be found when it is swept up."""
    for _ in range(20):
        account.adapter.list_calendars(access, seconds=SECONDS)
