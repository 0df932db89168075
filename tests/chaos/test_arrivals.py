"""The judge of pushes and mails sees what is missing, what came too often, and what never happened."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from acts import confirm
from cast import run_jobs
from chaos.arrivals import Arrivals, excuse_of
from chaos.mails import END, in_folder, mails, read
from chaos.outages import Outage
from chaos.pushes import pushes, unheard
from django.core import mail

from findr import clock
from notifications.models import Delivery

PHONE, DESK = "phone-of-pat:0001", "desk-of-ridge:0001"


@pytest.fixture
def told(patient, provider, sandbox, settings):
    """A confirmed visit, of which each side was told at once: what its phones and mailboxes got."""
    for person, address in ((patient, PHONE), (provider, DESK)):
        assert person.post("/api/users/fcm-token", {"token": address}).status == 200
    booking = patient.has_asked()
    run_jobs()
    assert confirm(provider, booking).status == 200
    run_jobs()
    letters = [read(one.message().as_bytes(), float(at)) for at, one in enumerate(mail.outbox)]
    return {patient.id: [PHONE], provider.id: [DESK]}, sandbox.fcm.messages(), letters


def first_words(found):
    return [line.partition(":")[0] for line in found]


def test_what_a_booking_owes_arrives_once_and_nothing_is_wrong(told):
    phones, messages, letters = told

    by_phone, by_mail = pushes(phones, messages, patience=5), mails(letters)

    assert by_phone.broken() == by_mail.broken() == []
    assert sorted((one[0], one[2]) for one in by_phone.owed) == [
        (DESK, "new_booking_request"),
        (PHONE, "booking_confirmed"),
        (PHONE, "booking_pending"),
    ]
    assert sorted(one[3] for one in by_mail.owed) == [
        "patient_confirmed",
        "patient_request_sent",
        "practice_new_request",
    ]


def test_each_thing_that_is_wrong_is_seen(told):
    phones, messages, letters = told
    strange = {**messages[0], "message": {"data": {**messages[0]["message"]["data"], "type": "booking_expired"}}}
    elsewhere = replace(letters[0], to="stranger@example.test")

    assert first_words(pushes(phones, messages[1:], patience=5).broken()) == ["push did not come"]
    assert first_words(pushes(phones, [*messages, messages[0]], patience=5).broken()) == ["push came twice"]
    assert first_words(pushes(phones, [*messages, strange], patience=5).broken()) == ["push of what never happened"]
    assert first_words(mails(letters[1:]).broken()) == ["mail did not come"]
    assert first_words(mails([*letters, letters[0]]).broken()) == ["mail came twice"]
    assert first_words(mails([*letters, elsewhere]).broken()) == ["mail of what never happened"]


def test_a_reason_for_not_sending_has_to_be_so(told):
    phones, messages, _ = told
    kinds = {sent["message"]["data"]["type"]: sent for sent in messages}
    left = [sent for kind, sent in kinds.items() if kind in ("booking_confirmed", "new_booking_request")]

    now = {"finished_at": clock.now()}

    def dropped(kind, reason, rest):
        Delivery.objects.filter(notification__type=kind).update(**now, state="dropped", reason=reason)
        return first_words(pushes(phones, rest, patience=5).broken())

    assert dropped("booking_pending", "moved_on", left) == []
    assert dropped("booking_pending", "too_late", left) == ["push was dropped as too_late, which is not so"]
    without_the_last = [sent for sent in messages if sent is not kinds["booking_confirmed"]]
    assert "push was dropped as moved_on, which is not so" in dropped("booking_confirmed", "moved_on", without_the_last)


def test_a_message_that_came_twice_needs_a_death_or_a_lost_answer_beside_its_first_coming(told):
    phones, messages, _ = told
    twice = [*messages, messages[0]]
    address, at = messages[0]["address"], float(messages[0]["sent_at"])
    silent = {"account": address, "status": None, "at": at - 1, "duration_ms": 1500.0}

    def judged(excuse) -> Arrivals:
        return pushes(phones, twice, excuse=excuse, patience=5)

    for died_at, is_excused in ((at + 1, True), (at + 60, False)):
        died = [Outage("worker", died_at, died_at + 1)]
        judge = judged(lambda key, moment, died=died: excuse_of(died, moment))
        assert (judge.broken() == []) is is_excused
        assert judge.repeats["somebody died before the commit"] == int(is_excused)
    calls = [
        (silent, True),
        ({**silent, "account": "another"}, False),
        # FCM's clock has whole seconds: what was sent at the end of one seems to have come before it was sent.
        ({**silent, "at": at + 1.5}, True),
        ({**silent, "at": at + 2.5}, False),
    ]
    for call, is_excused in calls:
        judge = judged(unheard([call], [], patience=2.0, now=(0.0, 0.0)))
        assert (judge.broken() == []) is is_excused


def test_a_message_that_left_when_its_sender_had_given_up_may_come_once_more(told):
    phones, messages, _ = told
    twice = [*messages, messages[0]]
    event_id = messages[0]["message"]["data"]["eventId"]
    made_at = datetime.fromtimestamp(messages[0]["sent_at"] - 20, UTC)
    Delivery.objects.filter(notification__event_id=event_id).update(created_at=made_at)
    assert first_words(pushes(phones, twice, patience=5).broken()) == ["push came twice"]

    Delivery.objects.filter(notification__event_id=event_id).update(attempts=2)

    assert pushes(phones, twice, patience=30).broken() != []
    judge = pushes(phones, twice, patience=5)
    assert judge.broken() == []
    assert judge.repeats == {"it left when its sender had given up": 1}


def test_mails_that_share_a_file_have_all_arrived(tmp_path):
    """Django names a file after a second and an address in memory; one that was being written has not arrived."""
    both = b"".join(b"To: %s@example.test\nSubject: hello\n\nhello\n%s" % (name, END) for name in (b"pat", b"sam"))
    (tmp_path / "20261126-164001-1.log").write_bytes(both + b"To: ann@example.test\nSubject: h")

    assert [mail.to for mail in in_folder(tmp_path, lambda at: at)] == ["pat@example.test", "sam@example.test"]
