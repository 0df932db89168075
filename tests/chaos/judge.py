"""The verdict: waits until everything has settled, then holds database, vendor, feed and promises against each other."""

import json
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

from cast import TELLING
from chaos import feeds, logs, mirror_judge, promises
from chaos.arrivals import Arrivals, excuse_of
from chaos.calendars import calendar_of
from chaos.mails import in_folder, mails
from chaos.plan import Jump
from chaos.play import Play
from chaos.pushes import pushes, unheard
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app as job_app
from procrastinate.exceptions import AlreadyEnqueued

from bookings import reconciliation as books
from bookings.models import Booking, BookingEvent, PaymentOperation, StripeEvent
from bookings.selectors import queues
from bookings.services import expiry
from bookings.states import ANSWERABLE, CANCELLED, State
from calendars.models import CalendarEvent
from notifications.models import Delivery

SETTLE_SECONDS = 120.0
LOOK_SECONDS = 0.5
# Longer than a checkout may last; then longer than any request may wait.
CHECKOUTS_END, REQUESTS_END = Jump(0, 0.5), Jump(0, 80)
OCCUPYING = (State.CONFIRMED, State.CHECKED_IN, State.IN_PROGRESS, State.COMPLETED, State.NO_SHOW)


@dataclass
class Judge:
    """Looks at one run, once the play is over."""

    play: Play
    arrivals: list[Arrivals] = field(default_factory=list)

    def verdict(self) -> list[str]:
        """What is broken, a line for each; twice: with open requests still open, and once time has ended them too."""
        findings = []
        for jump in (CHECKOUTS_END, REQUESTS_END):
            self.play.let_pass(jump)
            findings += [f"after {jump.hours} h: {line}" for line in (self._settle() or self._everything(jump))]
            if findings:
                return findings  # What stands at this moment is what has to be looked at.
        return [
            *promises.broken(self.play),
            *(feeds.broken(self.play) or self._arrived()),
            *logs.unexpected(self.play.world.folder, self.play.world.outages),
        ]

    # --- Settling --------------------------------------------------------------------------------------------------------
    def _settle(self) -> list[str]:
        """Wait until nobody has anything to do any more; what is left after the patience is a finding."""
        webhooks, deadline = self.play.world.sandbox.stripe.webhooks, time.monotonic() + SETTLE_SECONDS
        while True:
            self.play.world.tend()
            if webhooks.state()["held"]:
                webhooks.send()
            if queues.run_out().exists():
                expiry.expire_overdue()  # The worker does so once a minute. Whom somebody is at work on is left to the next time.
            if _tellings_left_behind():
                hand_on_jobs()  # The worker does so once a minute.
            open_things = self._open_things()
            if not any(open_things.values()):
                return []
            if time.monotonic() > deadline:
                return [f"not settled: {name}: {what}" for name, what in open_things.items() if what]
            time.sleep(LOOK_SECONDS)

    def _open_things(self) -> dict[str, Any]:
        # A card holder may still come back while a checkout lasts; here they are over.
        operations = PaymentOperation.objects.filter(state="pending")
        return {
            "overdue": list(queues.run_out().values_list("id", "state")),
            "operations": [f"{one.kind} of {one.payment.booking_id}" for one in operations.select_related("payment")],
            "events": list(StripeEvent.objects.filter(processed_at=None).values_list("id", flat=True)),
            "calendar events": list(
                CalendarEvent.objects.exclude(state="synced").values_list("booking_id", "last_error")
            ),
            "channels": list(mirror_judge.unwatched()),
            "deliveries": list(Delivery.objects.filter(state="waiting").values_list("transport", "error")),
            "jobs": [*_waiting_jobs(), *_tellings_left_behind()],
            "webhooks": self.play.world.sandbox.stripe.webhooks.state()["under_way"],
        }

    # --- Invariants ------------------------------------------------------------------------------------------------------
    def _everything(self, jump: Jump) -> list[str]:
        intents = self._intents()
        found = [str(finding) for finding in books.check_books()]
        found += self._unknown_intents(intents)
        found += self._waiting_states(jump)
        for booking in Booking.objects.select_related("payment"):
            found += self._money(booking, intents.get(str(booking.id), []))
        return [*found, *overlaps(), *self._keys(), *self._calendars(), *mirror_judge.broken(self.play)]

    def _intents(self) -> dict[str, list[dict[str, Any]]]:
        by_booking = defaultdict(list)
        for intent in self.play.world.sandbox.stripe.ledger()["payment_intents"].values():
            by_booking[intent["metadata"].get("booking", "")].append(intent)
        return by_booking

    def _unknown_intents(self, intents: dict[str, list[dict[str, Any]]]) -> list[str]:
        known = {str(booking_id) for booking_id in Booking.objects.values_list("id", flat=True)}
        return [f"intents of no booking: {booking_id}" for booking_id in intents if booking_id not in known]

    def _waiting_states(self, jump: Jump) -> list[str]:
        passing = [State.PENDING_PAYMENT, State.CONFIRMING, *(ANSWERABLE if jump is REQUESTS_END else ())]
        return [f"{one.id} is still {one.state}" for one in Booking.objects.filter(state__in=passing)]

    def _money(self, booking: Booking, intents: list[dict[str, Any]]) -> list[str]:
        """What the vendor holds, took and gave back, against what the booking's state says it should."""
        held = sum(intent["amount_capturable"] for intent in intents)
        received = sum(intent["amount_received"] for intent in intents)
        refunded = (
            sum(
                refund["amount"]
                for intent in intents
                for refund in self.play.world.sandbox.stripe.refunds(intent["id"])
                if refund["status"] not in ("failed", "canceled")
            )
            if received
            else 0
        )
        kept, by_hand = received - refunded, any(intent["id"] in self.play.touched for intent in intents)
        should_hold = booking.price_cents if booking.state in ANSWERABLE else 0
        found = []
        if held != should_hold:
            found.append(f"{booking.id} is {booking.state}: {held} cents are held, {should_hold} should be")
        if received > booking.price_cents:
            charged = [intent["id"] for intent in intents if intent["amount_received"]]
            stray = len(charged) > 1 and kept <= booking.price_cents
            found += [] if stray else [f"{booking.id} was charged {received} cents: {charged}"]
        should_keep = self._should_keep(booking)
        if kept != should_keep and not (by_hand and kept < should_keep):
            found.append(f"{booking.id} is {booking.state}: {kept} cents are kept, {should_keep} should be")
        return found

    def _should_keep(self, booking: Booking) -> int:
        if booking.state in OCCUPYING:
            return booking.price_cents
        return booking.fee_cents if booking.state in CANCELLED else 0

    def _calendars(self) -> list[str]:
        """Each visit stands once in its practice's calendar, at its time; whatever was called off does not."""
        found = []
        for practice in self.play.people.practices:
            if calendar := calendar_of(practice, self.play.world.sandbox):
                stand = calendar.standing()
                for booking in Booking.objects.filter(provider=practice.id):
                    mine = [when for number, *when in stand if number == booking.number]
                    wanted = [[booking.start, booking.end]] if booking.state in OCCUPYING else []
                    if mine != wanted:
                        found.append(f"{booking.id} is {booking.state}: stands in the calendar at {mine}, not {wanted}")
        return found

    def _keys(self) -> list[str]:
        """One key at the vendor is one call."""
        calls: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for call in self.play.world.sandbox.log():
            if call.get("idempotency_key"):
                calls[call["idempotency_key"]].add((call["path"], json.dumps(call["form"], sort_keys=True)))
        return [f"the key {key} was used for {found}" for key, found in calls.items() if len(found) > 1]

    def _arrived(self) -> list[str]:
        """Phones and mailboxes; the feeds are right by now."""
        play, fcm = self.play, self.play.world.sandbox.fcm
        phones = {one.id: one.phones for one in (*play.people.patients, *play.people.practices)}
        now, outages = (time.time(), time.monotonic()), play.world.outages
        patience = settings.PUSH_CALL_SECONDS
        lost = unheard(fcm.calls(), outages, patience=patience, now=now)
        folder = play.world.folder / "mail"
        self.arrivals = [
            pushes(phones, fcm.messages(), play.machine_moment, lost, patience=patience),
            mails(in_folder(folder, lambda at: at - now[0] + now[1]), lambda key, at: excuse_of(outages, at)),
        ]
        return [line for one in self.arrivals for line in one.broken()]

    # --- The story of a booking ------------------------------------------------------------------------------------------
    def story(self, booking_id: str) -> list[str]:
        """History, operations, answers and vendor calls of one booking, to see what happened to it."""
        booking = Booking.objects.select_related("payment").filter(id=booking_id).first()
        if booking is None:
            return []  # Somebody else's id, or one of a booking that is not there: the finding says so.
        payment = booking.payment
        lines = [
            f"{booking.id} {booking.number} {booking.booking_type} {booking.state}/{payment.state} {booking.notes}"
        ]
        lines += [
            f"  {one.created_at:%H:%M:%S.%f} {one.event_type}: {one.old_state} > {one.new_state} {one.source} {one.data}"
            for one in BookingEvent.objects.filter(booking=booking).order_by("id")
        ]
        lines += [
            f"  operation {one.kind} {one.state} {one.intent_id} attempts {one.attempts} {one.vendor_code}"
            f" {one.created_at:%H:%M:%S.%f} to {one.finished_at} key {one.idempotency_key}"
            for one in payment.operations.order_by("created_at")
        ]
        lines += [
            f"  {one.transport} {one.kind or one.notification.type} {one.cause} {one.state} {one.reason} {one.error}"
            f" attempts {one.attempts} {one.created_at:%H:%M:%S.%f} to {one.finished_at}"
            for one in Delivery.objects.filter(booking_id=booking.id)
            .select_related("notification")
            .order_by("created_at")
        ]
        intent_ids = {one["id"] for one in self._intents().get(booking_id, [])}
        lines += [f"  touched: {one} {what}" for one, what in self.play.touched.items() if one in intent_ids]
        keys = set(payment.operations.values_list("idempotency_key", flat=True))
        lines += [
            f"  vendor {call['n']} {call['method']} {call['path']} {call['status']} {call['misbehaved'] or ''}"
            for call in self.play.world.sandbox.log()
            if call.get("idempotency_key") in keys or any(one in call["path"] for one in intent_ids)
        ]
        return [*lines, *(f"  {entry}" for entry in self.play.diary.about(booking.notes) if entry.action != "look")]


def _waiting_jobs() -> list[str]:
    """Jobs that wait or run, but for the clockwork's own. What a dead worker left behind is the clockwork's to find."""
    periodic = [task.name for task in (one.task for one in job_app.periodic_registry.periodic_tasks.values())]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT j.id, j.task_name, j.status FROM procrastinate_jobs j
            LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
            WHERE NOT j.task_name = ANY(%s) AND (j.status = 'todo' OR j.status = 'doing'
                AND w.last_heartbeat > now() - interval '15 seconds')
            """,
            [periodic],
        )
        return [f"{name} {number} {status}" for number, name, status in cursor.fetchall()]


def _tellings_left_behind() -> list[str]:
    """Jobs of dead workers that alone know of what somebody is owed: what was to be sent is not written down yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT j.id, j.task_name FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
            WHERE j.task_name = ANY(%s) AND j.status = 'doing'
                AND coalesce(w.last_heartbeat, '-infinity') <= now() - interval '15 seconds'
            """,
            [list(TELLING)],
        )
        return [f"{name} {number} left behind" for number, name in cursor.fetchall()]


def hand_on_jobs() -> None:
    """Have the worker look for the jobs of dead ones, unless it is about to."""
    with suppress(AlreadyEnqueued):
        job_app.configure_task("findr.retry_stalled_jobs").defer(timestamp=0)


def overlaps() -> list[str]:
    """Visits that share time in one lane, told from the visits themselves."""
    lanes: dict[Any, list[Booking]] = defaultdict(list)
    for booking in Booking.objects.filter(state__in=OCCUPYING).order_by("start"):
        lanes[booking.lane].append(booking)
    return [
        f"{one.id} and {other.id} share time"
        for lane in lanes.values()
        for one, other in pairwise(lane)
        if one.end + timedelta(minutes=one.buffer_minutes) > other.start
    ]


def final_states() -> Counter[str]:
    """How many bookings ended how."""
    pairs = Booking.objects.values_list("state", "payment__state")
    return Counter(f"{state}/{payment}" for state, payment in pairs)
