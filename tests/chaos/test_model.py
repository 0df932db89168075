"""findr against a model of its rules: whatever people do, in whatever order, both answer and end the same."""

import os
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from cast import FREE, HALF_HOUR, HOUR, RIDGE, Person, Time, fresh, run_jobs, sweep
from chaos.model import Asked, Rules
from clean_database import Cleaner
from django.core.cache import cache
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bookings import reconciliation as books
from bookings.models import Booking, TimeHold
from bookings.services.expiry import expire_overdue
from findr import clock
from findr.accounts.models import User
from providers.models import Provider

# Always the same ones, unless more are asked for.
EXAMPLES = int(os.environ.get("FINDR_MODEL_EXAMPLES", "10"))
CARDS = {
    "good": "pm_card_visa",
    "declined": "pm_card_visa_chargeDeclined",
    "authentication": "pm_card_authenticationRequired",
    "refused at capture": "pm_card_captureRefused",
    "lapses at capture": "pm_card_holdLapses",
}
SERVICES = {HALF_HOUR: (30, 8_000), HOUR: (60, 15_000), FREE: (30, 0)}
SLOT = timedelta(minutes=30)
ANY = st.integers(0, 99)
SLOTS = st.integers(0, 3)
DAYS = st.sampled_from([1, 0, 4])


class Practice(RuleBasedStateMachine):
    """One practice, two patients, and a few times that everybody wants."""

    sandbox: Any
    time: Time
    cleaner: Cleaner
    answers: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.cleaner.empty_every_table()
        cache.clear()
        self.time.begin()
        self.cleaner.call_the_cast()
        self.patients = [Person(User.objects.get(email=f"{name}@example.test")) for name in ("pat", "sam")]
        desk = User.objects.get(email="ridge@example.test")
        self.practice = Person(desk, Provider.objects.get(account=desk))
        self.ids: list[str] = []
        self.first = (clock.now() + timedelta(hours=20)).replace(minute=0, second=0, microsecond=0)

    @initialize(holds=st.booleans(), cards=st.lists(st.sampled_from(["good", "good", *CARDS]), min_size=2, max_size=2))
    def opens(self, holds: bool, cards: list[str]) -> None:
        """Some practices keep the time of their requests, others do not. Two patients have asked for one time."""
        Provider.objects.filter(id=RIDGE).update(requests_hold_time=holds)
        self.rules = Rules(requests_hold_time=holds)
        for who, card in enumerate(cards):
            self.ask(who, slot=2 * who if holds else 0, day=1, service=HOUR, card=card)

    # --- What people do --------------------------------------------------------------------------------------------------
    @rule(
        who=st.sampled_from([0, 1]),
        slot=SLOTS,
        day=DAYS,
        service=st.sampled_from(list(SERVICES)),
        card=st.sampled_from(["good", "good", *CARDS]),
    )
    def ask(self, who: int, slot: int, day: int, service: Any, card: str) -> None:
        """A patient asks for one of the times."""
        minutes, price = SERVICES[service]
        start, patient = self._start(day, slot), self.patients[who]
        length = timedelta(minutes=minutes)
        one = Asked(str(patient.id), start, length, price, card, self.rules.requests_hold_time)
        body = {"providerId": str(RIDGE), "serviceId": str(service), "startTime": start.strftime("%Y-%m-%dT%H:%M:%SZ")}
        if price:
            body["paymentMethodId"] = CARDS[card]

        expected = self.rules.ask(one, clock.now())
        answer = patient.post("/api/bookings", body)

        self._same(answer, expected)
        if one in self.rules.all:
            self.ids.append(answer.body["bookingId"])

    @precondition(lambda self: self.ids)
    @rule(which=ANY, passes=st.booleans())
    def authenticate(self, which: int, passes: bool) -> None:
        """The card holder comes back from the bank's page."""
        one, booking = self._one(which)
        if one.state != "pending_payment":
            return
        (self.sandbox.stripe.authenticate if passes else self.sandbox.stripe.fail_authentication)(
            booking.payment.intent_id
        )
        self.time.passes(seconds=16)
        now = clock.now()
        while sweep() or run_jobs():
            pass
        if passes:
            self.rules.secure(one, now)
        else:
            one.finish("payment_failed")
        self._follow_deadline(one, now)

    @precondition(lambda self: self.ids)
    @rule(which=ANY, what=st.sampled_from(["confirm", "confirm", "confirm", "decline", "call_off"]))
    def decide(self, which: int, what: str) -> None:
        """The practice says yes, says no, or calls off."""
        one, booking = self._one(which)
        path = {"call_off": "cancel-provider"}.get(what, what)

        expected = getattr(self.rules, what)(one, clock.now())
        answer = self.practice.post(f"/api/bookings/{booking.id}/{path}", {"reason": "because"})

        self._same(answer, expected)

    @precondition(lambda self: self.ids)
    @rule(which=ANY, day=DAYS, slots=st.lists(SLOTS, min_size=1, max_size=3, unique=True))
    def suggest(self, which: int, day: int, slots: list[int]) -> None:
        """The practice suggests other times."""
        one, booking = self._one(which)
        starts = [self._start(day, slot) for slot in slots]
        proposed = [{"start": start.strftime("%Y-%m-%dT%H:%M:%SZ")} for start in starts]

        now = clock.now()
        expected = self.rules.suggest(one, starts, now)
        answer = self.practice.post(f"/api/bookings/{booking.id}/suggest-times", {"proposedTimes": proposed})

        self._same(answer, expected)

    @precondition(lambda self: self.ids)
    @rule(which=ANY, index=st.integers(0, 2))
    def accept(self, which: int, index: int) -> None:
        """The patient accepts one of them, or one that was not suggested."""
        one, booking = self._one(which)
        times = booking.suggestions.filter(closed_at=None).order_by("position").values_list("id", flat=True)
        index = index % len(times) if times else index
        chosen = dict(enumerate(times)).get(index, RIDGE)

        expected = self.rules.accept(one, index, clock.now())
        answer = self._patient_of(one).post(
            f"/api/bookings/{booking.id}/accept-suggested-time", {"suggestedTimeId": str(chosen)}
        )

        self._same(answer, expected)

    @precondition(lambda self: self.ids)
    @rule(which=ANY, what=st.sampled_from(["cancel", "cancel", "decline_times"]))
    def give_up(self, which: int, what: str) -> None:
        """The patient calls it off, or declines what was suggested."""
        one, booking = self._one(which)
        path = {"decline_times": "decline-suggested-times"}.get(what, what)

        expected = getattr(self.rules, what)(one, clock.now())
        answer = self._patient_of(one).post(f"/api/bookings/{booking.id}/{path}")

        self._same(answer, expected)

    @precondition(lambda self: len(self.ids) > 2)
    @rule(hours=st.sampled_from([2, 7, 13, 25]))
    def time_passes(self, hours: float) -> None:
        """What is overdue ends."""
        self.time.passes(hours=hours)
        expire_overdue()
        while sweep() or run_jobs():
            pass
        self.rules.sweep(clock.now())

    # --- What must be the same at any moment -----------------------------------------------------------------------------
    @invariant()
    def both_have_the_same_bookings(self) -> None:
        """States, times and the time that is kept from others."""
        for one, booking_id in zip(getattr(getattr(self, "rules", None), "all", []), self.ids, strict=True):
            booking = fresh(booking_id)
            assert (booking.state, booking.start) == (one.state, one.start)
            kept = {hold.during.lower for hold in TimeHold.objects.filter(owner=booking_id)}
            assert kept == one.taken

    @invariant()
    def the_vendor_has_the_same_money(self) -> None:
        """To the cent."""
        everything = getattr(getattr(self, "rules", None), "all", [])
        expected = {
            "held": sum(one.held for one in everything),
            "received": sum(one.received for one in everything),
            "refunded": sum(one.refunded for one in everything),
        }
        assert self.sandbox.stripe.totals() == expected

    def teardown(self) -> None:
        """In the end the books balance."""
        assert books.check_books() == []

    # --- How -------------------------------------------------------------------------------------------------------------
    def _start(self, day: int, slot: int) -> datetime:
        return self.first + timedelta(days=day) + slot * SLOT

    def _one(self, which: int) -> tuple[Asked, Booking]:
        index = which % len(self.ids)
        return self.rules.all[index], fresh(self.ids[index])

    def _patient_of(self, one: Asked) -> Person:
        return next(patient for patient in self.patients if str(patient.id) == one.patient)

    def _same(self, answer: Any, expected: tuple[int, str]) -> None:
        self.answers[f"{answer.status} {answer.body.get('code', '')}".strip()] += 1
        assert (answer.status, answer.body.get("code", "")) == expected, answer.body

    def _follow_deadline(self, one: Asked, now: datetime) -> None:
        """A deadline counts from the moment of the change, which is a little after the model's."""
        assert one.expires is None or one.expires > now


@pytest.mark.lesson(11, 14, 20, 22)
def test_findr_keeps_its_own_rules(stage, cleaner, sandbox, time, settings, figures):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/60")
    Practice.sandbox, Practice.time, Practice.cleaner, Practice.answers = sandbox, time, cleaner, Counter()

    run_state_machine_as_test(Practice, settings=how())

    figures.append(f"model: {EXAMPLES} stories, {sum(Practice.answers.values())} answers: {dict(Practice.answers)}")
    assert {"200", "201", "400 booking_not_pending", "409 slot_taken"} <= set(Practice.answers)


def how() -> Any:
    """Few and always the same, or many and always others."""
    return settings(
        max_examples=EXAMPLES,
        stateful_step_count=14,
        deadline=None,
        derandomize=EXAMPLES == 10,
        database=None,
        phases=[Phase.generate],  # Told at once: making the story shorter takes minutes.
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
