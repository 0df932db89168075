"""The rules of booking in their simplest form, made a second time: no locks, no vendor, no database. Cents and instants.

Each call answers what findr should answer, as (status, code), and changes the model as findr should change.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

LEAD, MARGIN = timedelta(minutes=60), timedelta(minutes=15)
RESPONSE = timedelta(hours=24)
CHECKOUT = timedelta(minutes=15)
OPEN = ("pending_confirmation", "reschedule_proposed")
WAITING = ("pending_payment", *OPEN)
Answer = tuple[int, str]
DONE: Answer = (200, "")


@dataclass
class Asked:
    """One booking, as far as the rules look at it."""

    patient: str
    start: datetime
    length: timedelta
    price: int
    card: str
    holds_time: bool
    state: str = "pending_payment"
    expires: datetime | None = None
    suggestions: list[datetime] = field(default_factory=list)
    rounds: int = 0
    confirmed_by: str = ""
    held: int = 0
    received: int = 0
    refunded: int = 0
    secured: bool = False

    @property
    def end(self) -> datetime:
        return self.start + self.length

    @property
    def taken(self) -> set[datetime]:
        """The starts of all the time that it keeps from others."""
        if self.state == "confirmed":
            return {self.start}
        if self.state not in WAITING:
            return set()
        return {*self.suggestions, *([self.start] if self.holds_time else [])}

    def finish(self, state: str) -> None:
        """Over: what was held is given back, and no time is kept."""
        self.state, self.expires, self.held, self.suggestions = state, None, 0, []


@dataclass
class Rules:
    """One practice without a calendar, and all that was asked of it."""

    requests_hold_time: bool
    all: list[Asked] = field(default_factory=list)

    # --- The patient -----------------------------------------------------------------------------------------------------
    def ask(self, one: Asked, now: datetime) -> Answer:
        """A request for one time."""
        if one.start <= now:
            return 400, "time_in_past"
        if one.start < now + LEAD + MARGIN:
            return 400, "too_soon"
        if self._has_one_then(one):
            return 409, "duplicate_booking"
        if self._is_taken(one, one.start):
            return 409, "slot_taken"
        self.all.append(one)
        if one.price and one.card == "declined":
            one.finish("payment_failed")
            return 402, "card_declined"
        if one.price and one.card == "authentication":
            one.expires = min(now + CHECKOUT, one.start)
        else:
            self.secure(one, now)
        return 201, ""

    def secure(self, one: Asked, now: datetime) -> None:
        """The money is held: the practice has to answer."""
        one.state, one.secured, one.held = "pending_confirmation", True, one.price
        one.expires = min(now + RESPONSE, one.start - LEAD)

    def accept(self, one: Asked, index: int, now: datetime) -> Answer:
        """The patient takes one of the suggested times."""
        if one.state not in WAITING or self._is_overdue(one, now):
            return 400, "booking_not_pending"
        if index >= len(one.suggestions):
            return 404, "suggested_time_not_found"
        start = one.suggestions[index]
        if start - now < LEAD:
            return 410, "suggested_time_expired"
        return self._capture(one, start, by="accept")

    def decline_times(self, one: Asked, now: datetime) -> Answer:
        """None of them suits."""
        if one.state not in WAITING or self._is_overdue(one, now):
            return 400, "booking_not_pending"
        one.finish("cancelled_patient")
        return DONE

    def cancel(self, one: Asked, now: datetime) -> Answer:
        """The patient calls it off; late, for a fee."""
        if one.state == "confirmed" and one.start > now:
            one.refunded = one.received - self.fee(one, now)
        elif one.state not in WAITING or self._is_overdue(one, now):
            return 400, "booking_not_cancellable"
        one.finish("cancelled_patient")
        return DONE

    def fee(self, one: Asked, now: datetime) -> int:
        """What cancelling a confirmed visit costs: nothing a day before, a quarter half a day before, else half."""
        left = one.start - now
        percent = 0 if left >= timedelta(hours=24) else 25 if left >= timedelta(hours=12) else 50
        return (one.received * percent + 50) // 100

    # --- The practice ----------------------------------------------------------------------------------------------------
    def confirm(self, one: Asked, now: datetime) -> Answer:
        """Yes."""
        if not one.secured:
            return 404, "booking_not_found"
        if one.state == "confirmed" and one.confirmed_by == "confirm":
            return DONE
        if one.state not in OPEN or self._is_overdue(one, now):
            return 400, "booking_not_pending"
        if one.start <= now:
            return 400, "time_in_past"
        if self._is_taken(one, one.start):
            return 409, "slot_taken"
        return self._capture(one, one.start, by="confirm")

    def decline(self, one: Asked, now: datetime) -> Answer:
        """No."""
        if not one.secured:
            return 404, "booking_not_found"
        if one.state not in OPEN or self._is_overdue(one, now):
            return 400, "booking_not_pending"
        one.finish("cancelled_provider")
        return DONE

    def suggest(self, one: Asked, starts: list[datetime], now: datetime) -> Answer:
        """At another time."""
        if not one.secured:
            return 404, "booking_not_found"
        for start in starts:
            if start <= now:
                return 400, "time_in_past"
            if start < now + LEAD + MARGIN:
                return 400, "too_soon"
        if one.state not in OPEN or self._is_overdue(one, now):
            return 400, "booking_not_pending"
        if one.rounds == 2:
            return 400, "reschedule_limit"
        if any(self._is_taken(one, start) for start in starts):
            return 409, "slot_taken"
        one.state, one.suggestions, one.rounds = "reschedule_proposed", starts, one.rounds + 1
        one.expires = min(now + RESPONSE, max(starts) - LEAD)
        return DONE

    def call_off(self, one: Asked, now: datetime) -> Answer:
        """The practice cancels; everything is given back."""
        if not one.secured:
            return 404, "booking_not_found"
        if one.state == "confirmed":
            one.refunded = one.received
        elif one.state not in OPEN or self._is_overdue(one, now):
            return 400, "booking_not_cancellable"
        one.finish("cancelled_provider")
        return DONE

    # --- Time, and what everything rests on ------------------------------------------------------------------------------
    def sweep(self, now: datetime) -> None:
        """What nobody answered in time is over."""
        for one in self.all:
            if self._is_overdue(one, now):
                one.finish("payment_failed" if one.state == "pending_payment" else "expired")

    def _capture(self, one: Asked, start: datetime, *, by: str) -> Answer:
        if one.price and one.card == "refused at capture":
            return 402, "card_declined"
        if one.price and one.card == "lapses at capture":
            one.start = start  # The time that was agreed on, and came to nothing.
            one.finish("payment_failed")
            return 402, "payment_failed"
        one.start, one.received, one.confirmed_by = start, one.held, by
        one.finish("confirmed")
        return DONE

    def _is_overdue(self, one: Asked, now: datetime) -> bool:
        return one.expires is not None and one.expires <= now

    def _has_one_then(self, one: Asked) -> bool:
        live = (other for other in self.all if other.patient == one.patient and other.state in (*WAITING, "confirmed"))
        return any(other.start < one.end and other.end > one.start for other in live)

    def _is_taken(self, one: Asked, start: datetime) -> bool:
        """Whether a stranger keeps some of the time that a visit from `start` needs."""
        return any(
            taken < start + one.length and taken + other.length > start
            for other in self.all
            if other is not one
            for taken in other.taken
        )
