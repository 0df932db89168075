"""The effects table: every kind of change has its row, and every move is of some kind."""

from cast import fresh

from bookings.actors import JOB
from bookings.announcements import _TO_PATIENT
from bookings.changes import BESIDE_MOVES, Change, ChangeKind, change_of
from bookings.effects import EFFECTS, Effects, InCalendar, effects_of
from bookings.mail_kinds import MailKind
from bookings.mails.letters import LETTERS
from bookings.mails.truth import TRUE_IN
from bookings.states import MOVES


def test_every_kind_of_change_has_its_row():
    assert set(EFFECTS) == set(ChangeKind)


def test_every_move_is_of_a_kind_and_every_other_kind_is_told_beside_moves():
    kinds = {
        Change(old, new, JOB).kind(is_declined=is_declined)
        for old, targets in MOVES.items()
        for new in targets
        for is_declined in (False, True)
    }

    assert kinds == set(ChangeKind) - set(BESIDE_MOVES.values())


def test_every_frame_for_a_patient_can_be_rendered():
    assert {row.patient_frame for row in EFFECTS.values()} - {None} == set(_TO_PATIENT)


def test_every_mail_has_its_letter_and_is_of_a_change_or_of_the_clock():
    by_the_clock = {MailKind.REMINDER_DAY, MailKind.REMINDER_HOUR, MailKind.EXPIRING}

    assert {kind for row in EFFECTS.values() for kind in row.mails} == set(MailKind) - by_the_clock
    assert set(LETTERS) == set(TRUE_IN) == set(MailKind)


def test_what_was_written_is_what_the_table_owes(patient, provider):
    booking = patient.has_asked()
    provider.post(f"/api/bookings/{booking.id}/confirm")
    now = fresh(booking.id)

    owed = [effects_of(now, change) for change in map(change_of, now.events.all()) if change]

    assert owed == [
        Effects(
            "booking_pending",
            "booking.new",
            provider_push="new_booking_request",
            mails=(MailKind.REQUEST_SENT, MailKind.NEW_REQUEST),
        ),
        Effects(),
        Effects("booking_confirmed", "booking.confirmed", InCalendar.WRITTEN, mails=(MailKind.CONFIRMED,)),
    ]
    for person, side in ((patient, "patient_frame"), (provider, "provider_frame")):
        frames = [frame["type"] for frame in person.get("/api/notifications").body["events"]]
        assert frames == [getattr(one, side) for one in owed if getattr(one, side)]
