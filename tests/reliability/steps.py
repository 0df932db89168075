"""What the flows are made of: the cast and the vendors of one test, a call of the API or the console, a job of the worker."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from admin.forms import filled
from admin.pages import LIST
from cast import Person, fresh, wish_at
from django.test import Client

from findr.sandbox.client import SandboxClient


@dataclass
class Scene:
    """The cast and the vendors of one test.

    Attributes:
        reachable: starts a web server for the vendors' pushes, once; its address.
    """

    patient: Person
    provider: Person
    staff: Person
    sandbox: SandboxClient
    time: object
    settings: object
    reachable: Callable[[], str]

    def has_asked(self, **wish):
        return self.patient.has_asked(**wish)

    def visit(self, **wish):
        """A confirmed visit of $150."""
        booking = self.has_asked(**wish)
        assert self.provider.post(f"/api/bookings/{booking.id}/confirm").status == 200
        return fresh(booking.id)

    def suggested(self, **wish):
        """A request with one open suggestion."""
        booking = self.has_asked(**wish)
        start = f"{wish_at(days=21)['appointmentDate']}T10:00"
        assert self.provider.post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": start}).status == 200
        return fresh(booking.id)


@dataclass(frozen=True)
class Call:
    """One HTTP request, such as an app sends it.

    Attributes:
        status: what it is answered with when nothing disturbs it.
        is_keyed: it may be sent again under its idempotency key.
        findings: see `Job`.
    """

    path: str
    body: object
    headers: dict
    status: int = 200
    is_keyed: bool = True
    method: str = "POST"
    findings: tuple = ()


@dataclass(frozen=True)
class Job:
    """One job of the worker.

    Attributes:
        queues: what it works on then. What people are told of a change has flows of its own.
        findings: what the books say of it in the end, in the details of their findings.
    """

    name: str
    arguments: dict = field(default_factory=dict)
    queues: tuple = ("money", "calendar", "housekeeping")
    findings: tuple = ()

    @property
    def is_telling(self):
        return self.queues in (TELLING, MAILING)


TELLING, MAILING = ("feed",), ("mail",)


def api(person, path, body=None, status=200, **more):
    """A call of the API by one of the cast, with an idempotency key."""
    headers = {
        "Authorization": f"Bearer {person.token}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid4()),
    }
    return Call(path, json.dumps(body or {}), headers, status, **more)


def about(person, booking, action, body=None, status=200):
    return api(person, f"/api/bookings/{booking.id}/{action}", body, status)


def form(scene, booking, name, **given):
    """A decision of the console, filled in and ready to be sent."""
    console = Client()
    console.force_login(scene.staff.user)
    path = f"{LIST}{booking.id}/{name}/"
    fields = filled(console.get(path), **given)
    cookies = "; ".join(f"{key}={morsel.value}" for key, morsel in console.cookies.items())
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies, "Host": "testserver"}
    return Call(path, fields, headers, status=302, is_keyed=False)
