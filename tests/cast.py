"""The fixed cast, and what they do: patients with a phone, practices with a portal, staff; the clock, the jobs."""

import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client
from procrastinate.contrib.django import app as job_app

from bookings.actors import Actor
from bookings.models import Booking, Payment
from bookings.payments import execution
from bookings.states import CANCELLED, WAITING, PaymentState, Role, State
from findr import clock
from findr.accounts.models import User
from findr.accounts.wire import identity_of
from findr.api import tokens
from findr.sandbox.client import SandboxClient
from providers import demo
from providers.models import Provider

RIDGE, HARBOR, LAKESIDE = demo.demo_id(101), demo.demo_id(102), demo.demo_id(103)
HALF_HOUR, HOUR, FREE = demo.demo_id(511), demo.demo_id(512), demo.demo_id(513)
# When the run began (bin/test --at), and so does each of its tests.
START = datetime.fromisoformat(os.environ["FINDR_TEST_START"])


@dataclass
class Person:
    """Somebody of the cast, with a phone or a portal in hand."""

    user: User
    provider: Provider | None = None

    @property
    def id(self) -> UUID:
        return self.provider.id if self.provider else self.user.id

    @property
    def token(self) -> str:
        identity = identity_of(self.user, self.provider.id if self.provider else None)
        return tokens.issue(identity, generation=self.user.token_generation)

    @property
    def actor(self) -> Actor:
        role = Role(self.user.role)
        return Actor(role, self.user.id, {"patient": "app", "provider": "web", "staff": "staff"}[role])  # type: ignore[arg-type]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> "Answer":
        return call(method, path, body, Authorization=f"Bearer {self.token}", **headers)

    def get(self, path: str, **headers: str) -> "Answer":
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> "Answer":
        return self.call("POST", path, body if body is not None else {}, **headers)

    def asks(self, **wish: Any) -> "Answer":
        """POST /api/bookings at Ridge, its hour service, with a good card, unless the wish says otherwise."""
        return self.post("/api/bookings", {**wish_at(), **wish})

    def has_asked(self, **wish: Any) -> Booking:
        """A booking of this patient whose money is held."""
        answer = self.asks(**wish)
        assert answer.status == 201, answer.body
        return booking_of(answer)


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def refusal(self) -> tuple[int, str, str]:
        """Status, code and `error`, which is what tests of the contract compare."""
        return self.status, self.body["code"], self.body["error"]


def call(method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """One request without a token."""
    content = body if isinstance(body, (bytes, str)) else json.dumps(body)
    extra = {} if body is None else {"data": content, "content_type": "application/json"}
    response = _client().generic(method, path, headers=headers, **extra)
    is_json = response.headers.get("Content-Type", "").startswith("application/json")
    return Answer(response.status_code, json.loads(response.content) if is_json else None, dict(response.headers))


def _client() -> Client:
    """Somebody who has never called, before findr as the settings make it: its middleware is made anew once they change."""
    client, (made_for, handler) = Client(), _served[0]
    if made_for is settings._wrapped:
        client.handler = handler
    else:
        client.handler.load_middleware()
        _served[0] = settings._wrapped, client.handler
    return client


# The settings, and what serves as they say; both at once, since many threads call.
_served: list[tuple[Any, Any]] = [(None, None)]


def wish_at(days: int = 7, hour: int = 10, minute: int = 0, **more: Any) -> dict[str, Any]:
    """A create body: Ridge, the hour service, a good card, at a wall time so many days from today."""
    day = (clock.now() + timedelta(days=days)).date()
    return {
        "providerId": str(RIDGE),
        "serviceId": str(HOUR),
        "appointmentDate": day.isoformat(),
        "appointmentTime": f"{hour:02d}:{minute:02d}",
        "paymentMethodId": "pm_card_visa",
        **more,
    }


def booking_of(answer: Answer) -> Booking:
    """The booking that an answer is about, as it is in the database now."""
    return fresh(answer.body["bookingId"])


def fresh(booking_id: Any) -> Booking:
    return Booking.objects.select_related("payment", "provider", "patient").get(id=booking_id)


class Time:
    """Moves findr's clock and the sandbox's together."""

    def __init__(self, sandbox: SandboxClient) -> None:
        self.sandbox = sandbox

    def begin(self) -> None:
        """Make it the moment at which the run began, as at the start of every test, with no memory of anything at the
        vendors; both clocks to the same second."""
        seconds = math.ceil((START - clock.now() + clock.offset()).total_seconds())
        clock.move(timedelta(seconds=seconds))
        self.sandbox.reset(seconds)

    def passes(self, **span: float) -> None:
        """Let this much time pass: `time.passes(hours=25)`."""
        self.set(clock.now() + timedelta(**span))

    def set(self, moment: datetime) -> None:
        """Make it this moment; the clock runs on from there."""
        self._move(clock.offset() + (moment - clock.now()))

    def _move(self, to: timedelta) -> None:
        clock.move(to)
        self.sandbox.move_clock(round(to.total_seconds()))


# The jobs that tell people what happened: nearly every change promises some, and few tests are about them.
TELLING = ("notifications.deliver", "bookings.mail")


def tell_everybody() -> None:
    """Run the jobs that tell people, and no others."""
    run_jobs(only=TELLING)


def run_jobs(*, only: Sequence[str] = ()) -> list[str]:
    """Run what has been promised, in order, until nothing is left; the names of what ran, the telling aside.

    Args:
        only: the names of those to run; all of them if there are none.
    """
    ran = []
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (SELECT id FROM procrastinate_jobs"
                " WHERE status = 'todo' AND (%(all)s OR task_name = ANY(%(only)s)) ORDER BY id LIMIT 1)"
                " RETURNING id, task_name, args",
                {"all": not only, "only": list(only)},
            )
            row = cursor.fetchone()
        if row is None:
            return [name for name in ran if name not in TELLING]
        job_id, name, arguments = row[0], row[1], row[2] if isinstance(row[2], dict) else json.loads(row[2])
        job_app.tasks[name].func(**arguments)
        with connection.cursor() as cursor:  # As the worker does: what is done is done.
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job_id])
        ran.append(name)


def promised(*, telling: bool = False) -> list[str]:
    """The names of the jobs that wait: of those that tell people, or of all others."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return [name for (name,) in cursor.fetchall() if (name in TELLING) == telling]


def sweep() -> int:
    """What the worker's sweep does every five seconds, here and now; how many operations it took on."""
    operations = execution.pending_operations()
    for operation in operations:
        execution.run_operation(operation)
    return len(operations)


AFTERWARDS = (State.CHECKED_IN, State.IN_PROGRESS, State.COMPLETED, State.NO_SHOW)
# The usual payment beside each state.
BESIDE = {
    State.PENDING_PAYMENT: PaymentState.AUTHORIZING,
    State.PENDING_CONFIRMATION: PaymentState.HELD,
    State.RESCHEDULE_PROPOSED: PaymentState.HELD,
    State.CONFIRMING: PaymentState.CAPTURING,
    **dict.fromkeys((State.CONFIRMED, *AFTERWARDS), PaymentState.PAID),
    **dict.fromkeys((*CANCELLED, State.EXPIRED), PaymentState.RELEASED),
    State.PAYMENT_FAILED: PaymentState.FAILED,
}


def in_turn(booking: Booking, states: Iterable[str]) -> Iterator[Booking]:
    """The booking in one of these states after the other, put into each from how it stands now."""
    rows = [found.values().get() for found in (Booking.objects.filter(id=booking.id), booking_payment(booking))]
    for state in states:
        with transaction.atomic():
            Booking.objects.filter(id=booking.id).update(**rows[0])
            booking_payment(booking).update(**rows[1])
        yield put_into(booking, state)


def booking_payment(booking: Booking) -> QuerySet[Payment]:
    return Payment.objects.filter(booking=booking)


def put_into(booking: Booking, state: str, **fields: Any) -> Booking:
    """The booking in a state that no service leads to yet, the usual payment beside it; other fields as given."""
    state, beside = State(state), BESIDE[State(state)]
    if state not in WAITING:
        fields = {"expires_at": None, **fields}
    if state == State.PENDING_PAYMENT:
        fields = {"secured_at": None, **fields}
    if state == State.CONFIRMING:
        fields = {"decision": "accept", "decided_from": "reschedule_proposed", **fields}
    with transaction.atomic():
        Booking.objects.filter(id=booking.id).update(state=state, **fields)
        captured = booking.price_cents if beside == PaymentState.PAID else 0
        Payment.objects.filter(booking=booking).update(state=beside, captured_cents=captured)
    return fresh(booking.id)
