"""Was everybody told the truth? Each answer against the contract's list of answers, and against what became of it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos import logs
from chaos.diary import Entry

from bookings.models import Booking, BookingEvent
from bookings.states import State
from findr.models import IdempotencyKey

if TYPE_CHECKING:
    from chaos.play import Play

# Contract 10 and 11: what may be answered to calls that are well formed and come from whom they should.
ALWAYS = {(409, "idempotency_conflict"), (503, "temporarily_unavailable")}
TIMES = {(400, "time_in_past"), (400, "too_soon"), (400, "too_far_ahead"), (409, "slot_taken")}
REFUSED = {(402, "card_declined"), (402, "payment_failed")}
NOT_PENDING = {(400, "booking_not_pending"), (409, "decision_in_progress")}
NOT_CANCELLABLE = {(400, "booking_not_cancellable"), (409, "decision_in_progress")}
DOCUMENTED: dict[str, set[tuple[int, str]]] = {
    "create": {
        (201, ""),
        (202, ""),
        *REFUSED,
        (402, "payment_method_invalid"),
        *TIMES,
        (409, "duplicate_booking"),
        (409, "too_many_open_requests"),
        (409, "reservation_expired"),
    },
    # Its maker may not have lived to answer; then it is told whether it still stands.
    "reserve": {(201, ""), *TIMES, (404, "reservation_not_found")},
    "release": {(200, ""), (404, "reservation_not_found")},
    "confirm": {(200, ""), (202, ""), *NOT_PENDING, *REFUSED, (400, "time_in_past"), (409, "slot_taken")},
    "decline": {(200, ""), *NOT_PENDING},
    "suggest": {(200, ""), *NOT_PENDING, *TIMES, (400, "reschedule_limit")},
    "call_off": {(200, ""), *NOT_CANCELLABLE},
    "accept": {
        (200, ""),
        (202, ""),
        *NOT_PENDING,
        *REFUSED,
        (404, "suggested_time_not_found"),
        (410, "suggested_time_expired"),
        (409, "slot_taken"),
    },
    "decline_times": {(200, ""), *NOT_PENDING},
    "cancel": {(200, ""), *NOT_CANCELLABLE},
    "look": {(200, "")},
    "feed": {(200, "")},
}
# Seconds. Contract 10.1 promises ten; a machine that starts and kills processes all the time is allowed more.
LONGEST_ANSWER = 20.0
PASSING = {"idempotency_conflict", "decision_in_progress", "temporarily_unavailable"}


@dataclass
class Truth:
    """One booking as it is now, and every state that it has been in."""

    booking: Booking
    states: set[str]
    card_refused: bool


def broken(play: "Play") -> list[str]:
    """A line for each answer that should not have been given, or did not come true."""
    truths = _truths()
    lines = [f"undocumented: {entry} {entry.body}" for entry in play.diary.entries if not _is_documented(entry)]
    lines += [f"silent: {entry}" for entry in play.diary.entries if _is_unexplained_silence(play, entry)]
    lines += [f"slow: {entry}" for entry in play.diary.entries if _is_too_slow(play, entry)]
    for entry in play.diary.entries:
        lines += [f"untrue: {entry}: {why}" for why in _untrue(entry, truths)]
    return [*lines, *_two_answers(play), *_two_bookings(play), *play.diary.troubles]


def _truths() -> dict[str, Truth]:
    states: dict[str, set[str]] = defaultdict(set)
    refused = set()
    for booking_id, state, kind, data in BookingEvent.objects.values_list(
        "booking_id", "new_state", "event_type", "data"
    ):
        states[str(booking_id)].add(state)
        if kind == "payment_failed" and data.get("reason") == "card_refused":
            refused.add(str(booking_id))
    return {
        str(one.id): Truth(one, states[str(one.id)], str(one.id) in refused)
        for one in Booking.objects.select_related("payment")
    }


def _is_documented(entry: Entry) -> bool:
    if entry.status == 0:
        return True
    if not isinstance(entry.body, dict) or entry.body.get("success") is not (entry.status < 400):
        return False
    return (entry.status, entry.code) in DOCUMENTED[entry.action] | ALWAYS


def _is_unexplained_silence(play: "Play", entry: Entry) -> bool:
    return entry.status == 0 and not play.world.was_away("web", entry.began, entry.ended)


def _is_too_slow(play: "Play", entry: Entry) -> bool:
    if entry.ended - entry.began <= LONGEST_ANSWER:
        return False
    return not any(play.world.was_away(name, entry.began, entry.ended) for name in ("web", "postgres"))


def _untrue(entry: Entry, truths: dict[str, Truth]) -> Iterator[str]:
    if not isinstance(entry.body, dict) or entry.action == "feed" or not entry.status:
        return
    truth = truths.get(entry.booking_id)
    if entry.booking_id and truth is None:
        yield f"there is no booking {entry.booking_id}"
    if truth is None:
        return
    told = entry.body.get("booking")
    if told and told["state"] not in truth.states:
        yield f"{entry.booking_id} never was {told['state']}"
    if entry.action in PROMISES and not PROMISES[entry.action](entry, truth):
        yield f"{entry.booking_id} is {truth.booking.state}, it has been {sorted(truth.states)}"


def _ended_as(state: State) -> Callable[[Entry, Truth], bool]:
    return lambda entry, truth: entry.status != 200 or truth.booking.state == state


def _decided(entry: Entry, truth: Truth) -> bool:
    """What a confirm, or an accept, said."""
    match entry.status, entry.code:
        case 200, _:
            return State.CONFIRMED in truth.states
        case 202, _:
            return State.CONFIRMING in truth.states
        case 402, "card_declined":
            return truth.card_refused or truth.booking.state == State.PAYMENT_FAILED
        case 402, _:
            return truth.booking.state == State.PAYMENT_FAILED
        case _:
            return True


def _created(entry: Entry, truth: Truth) -> bool:
    booking = truth.booking
    if entry.status == 402:
        kept = booking.payment.captured_cents - booking.payment.refunded_cents
        was_called_off = booking.state == State.CANCELLED_PATIENT and not booking.secured_at
        return (booking.state == State.PAYMENT_FAILED or was_called_off) and not kept
    return entry.code == "duplicate_booking" or booking.notes == entry.tag


def _cancelled(entry: Entry, truth: Truth) -> bool:
    """The fee that was named is the fee that was taken; money given back by hand can only lower it."""
    if entry.status != 200:
        return True
    fee, back = round(entry.body["feeCharged"] * 100), round(entry.body["refundAmount"] * 100)
    payment, booking = truth.booking.payment, truth.booking
    kept_word = booking.fee_cents == fee or (booking.fee_cents < fee and payment.refunded_cents > back)
    return booking.state == State.CANCELLED_PATIENT and kept_word and payment.refunded_cents >= back


PROMISES: dict[str, Callable[[Entry, Truth], bool]] = {
    "create": _created,
    "confirm": _decided,
    "accept": _decided,
    "decline": _ended_as(State.CANCELLED_PROVIDER),
    "call_off": _ended_as(State.CANCELLED_PROVIDER),
    "decline_times": _ended_as(State.CANCELLED_PATIENT),
    "cancel": _cancelled,
    "suggest": lambda entry, truth: entry.status != 200 or State.RESCHEDULE_PROPOSED in truth.states,
}


ACCEPTED = 202


def _two_answers(play: "Play") -> Iterator[str]:
    """One key, one answer: whoever asks again with a key that was answered for good gets the same, word for word.

    Unless the answer could not be kept, since the database was gone; then it is told what stands.
    """
    first: dict[tuple[str, str, str], Entry] = {}
    for entry in sorted(play.diary.entries, key=lambda entry: entry.ended):
        if not entry.key or not entry.status or entry.code in PASSING or entry.status >= 500:
            continue
        if isinstance(entry.body, dict) and entry.body.get("clientSecret"):
            continue  # Not kept: it is told anew, from what stands.
        before = first.get(call := (entry.who, entry.path, entry.key))
        if before is None or before.status == ACCEPTED:
            # "Being processed" is no answer for good: where it could not be kept, what came of it is told next.
            first[call] = entry
            continue
        same = (before.status, before.body) == (entry.status, entry.body)
        if not same and not _lost_its_database(play, before) and not _outlived_its_lease(play, before, entry):
            yield f"two answers: {before} and {entry}: {before.body} and {entry.body}"


def _lost_its_database(play: "Play", entry: Entry) -> bool:
    """Whether the database, or the session that a call had there, died under it: its answer may not have been kept."""
    lost = (one for one in play.world.outages if one.kind in logs.DATABASE)
    return any(one.began <= entry.ended and (one.ended is None or entry.began <= one.ended) for one in lost)


def _outlived_its_lease(play: "Play", one: Entry, other: Entry) -> bool:
    """Whether time jumped, or stood still, while the earlier call ran: its key was then anybody's; each told the truth."""
    began, ended = min(one.began, other.began), max(one.ended, other.ended)
    if max(one.began, other.began) > min(one.ended, other.ended):
        return False
    return play.world.was_away("web", began, ended) or any(began <= at <= ended for at, _ in play.jumped)


def _time_jumped(play: "Play", entry: Entry) -> bool:
    """Whether the lease of its key may have been over while it ran: then the same call may have been at work beside it."""
    moves = [one for one in play.world.outages if one.kind == "clock moved"]
    return any(entry.began <= one.began <= entry.ended for one in moves)


def _two_bookings(play: "Play") -> Iterator[str]:
    """One key, one booking; and a create that was refused for good, and named none, made none."""
    entries = play.diary.entries
    made: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if entry.action == "create" and entry.booking_id and entry.code != "duplicate_booking":
            made[entry.key].add(entry.booking_id)
    yield from (f"the key {key} made {found}" for key, found in made.items() if len(found) > 1)
    bound = {
        key: subject_id
        for key, subject_id, path in IdempotencyKey.objects.values_list("key", "subject_id", "path")
        if path == "/api/bookings"
    }
    for entry in entries:
        refused = 400 <= entry.status < 500 and entry.code not in PASSING and entry.status != 402
        if entry.action == "create" and refused and bound.get(entry.key) and not _time_jumped(play, entry):
            yield f"untrue: {entry}: it made {bound[entry.key]}"
