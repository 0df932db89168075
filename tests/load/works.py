"""What `scale.py` has done in a database of one size: it grows it, and then does each work once whenever it is asked."""

import json
import os
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "load")]
# The large practice has at most so many bookings, of which so many wait, whatever the size of the database.
LARGE, LARGE_WAITING, SMALL = 20_000, 300, 20
BOOKINGS_FOR_A_PRACTICE = 1500
DUE = 200
SIZES = """
    SELECT relname, pg_size_pretty(pg_table_size(relid)) || ' + ' || pg_size_pretty(pg_indexes_size(relid))
    FROM pg_stat_user_tables WHERE relname ~ '^(bookings|notifications)_' ORDER BY relname
"""
EVERY_RATE = {f"RATE_{name}": "10000000/60" for name in ("CREATE_BOOKING", "WRITE", "READ")}


def main():
    size = int(sys.argv[1])
    os.environ.update(EVERY_RATE, LOG_LEVEL="CRITICAL", DJANGO_SETTINGS_MODULE="findr.settings")
    from findr.sandbox.client import SandboxClient
    from findr.sandbox.process import start_sandbox

    with start_sandbox() as base:
        sandbox = SandboxClient(base)
        for vendor in ("stripe", "google", "microsoft"):
            os.environ[f"{vendor.upper()}_BASE"] = getattr(sandbox, vendor).base_url
        import django

        django.setup()
        works = None
        for line in sys.stdin:
            if line.strip() == "grow":
                works = Works(size, sandbox)
                answer = works.rows()
            else:
                answer = getattr(works, line.strip())()
            print(json.dumps(answer), flush=True)


class Works:
    """The works, in a database that was grown to so many bookings."""

    def __init__(self, size, sandbox):
        from cast import HARBOR, RIDGE, Person, Time
        from django.core.management import call_command
        from django.test import Client
        from grown import Grown, more_practices, vacuum
        from patterns import made

        from findr.accounts.models import User
        from providers import demo
        from providers.models import Provider

        call_command("migrate", verbosity=0)
        demo.load()
        ridge, harbor = Provider.objects.get(id=RIDGE), Provider.objects.get(id=HARBOR)
        self.large, self.small = Person(ridge.account, ridge), Person(harbor.account, harbor)
        pattern = Person(User.objects.get(email="pat@example.test"))
        practices = more_practices(max(8, size // BOOKINGS_FOR_A_PRACTICE))
        # One of the middle: it is created and confirmed there.
        middle = Provider.objects.get(id=practices[len(practices) // 2])
        self.middle, self.turn = Person(middle.account, middle), 0
        patterns = made(pattern, self.large, Time(sandbox))
        self.grown = Grown(patterns, pattern, self.large, practices, size // 10)
        large = min(LARGE, size // 2)
        self.grown.grow(size - large - SMALL)
        for practice, number, waiting in ((ridge, large, LARGE_WAITING), (harbor, SMALL, 3)):
            self.grown.add_ended(number - waiting, practices=[practice.id])
            self.grown.add([patterns.waiting], waiting, oldest=timedelta(hours=20), practices=[practice.id])
        vacuum()
        self.console = Client(raise_request_exception=False)
        self.console.force_login(User.objects.get(email="staff@example.test"))
        self.patient = Person(User.objects.get(email="patient0@example.test"))

    def rows(self):
        """How many rows there are in all tables that were grown."""
        from django.db import connection
        from grown import tables

        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sum(n_live_tup)::bigint FROM pg_stat_user_tables WHERE relname = ANY(%s)",
                [[t.name for t in tables()]],
            )
            return cursor.fetchone()[0]

    def works(self):
        """Milliseconds, and CPU milliseconds here and in PostgreSQL, of each."""
        self.create_and_confirm()  # Whoever has loaded rows meanwhile begins anew.
        several = [self.create_and_confirm() for _ in range(3)]
        cost = {name: median_of([one[name] for one in several]) for name in several[0]}
        for _ in range(2):  # The first warms.
            reads = {name: measured(call, 200) for name, call in self.reads()}
        cost |= reads
        booking = self.newest
        for name, path in self.pages(booking):
            cost[f"console: {name}"] = measured(lambda path=path: self.console.get(path), 200)
        return cost | {f"expiry of {DUE} requests, each": self.expiry()}

    def creates(self):
        """What a create and a confirm cost, of twenty."""
        several = [self.create_and_confirm() for _ in range(20)]
        return {name: median_of([one[name] for one in several]) for name in several[0]}

    def create_and_confirm(self):
        """By somebody else at another hour each time."""
        from cast import Person, wish_at

        from findr.accounts.models import User

        self.turn += 1
        somebody = Person(User.objects.get(email=f"patient{self.turn}@example.test"))
        offer = self.middle.provider.services.get()
        hour = {"days": 30 + self.turn % 25, "hour": 8 + self.turn // 25}
        wish = wish_at(**hour, providerId=str(self.middle.id), serviceId=str(offer.id))
        create = measured(lambda: somebody.post("/api/bookings", wish), 201)
        self.newest = newest_of(somebody.user)
        path = f"/api/bookings/{self.newest.id}/confirm"
        return {"create": create, "confirm": measured(lambda: self.middle.post(path, {}), 200)}

    def reads(self):
        """The reads of the apps."""
        day = f"date={newest_day()}&duration=60"
        for name, practice in ((f"of {SMALL}", self.small), ("of many", self.large)):
            yield (
                f"practice's list, {name}",
                lambda practice=practice: practice.get(f"/api/bookings/provider/{practice.id}"),
            )
            yield (
                f"its answer queue, {name}",
                lambda practice=practice: practice.get(f"/api/bookings/provider/{practice.id}/pending"),
            )
        yield "patient's list", lambda: self.patient.get(f"/api/bookings/user/{self.patient.id}")
        yield "free times of a day", lambda: self.middle.get(f"/api/availability/{self.middle.id}?{day}")

    def pages(self, booking):
        """The pages of the staff console that are opened most."""
        bookings = "/admin/bookings/booking/"
        return {
            "first page": "/admin/",
            "requests to answer": bookings,
            "all bookings": f"{bookings}?show=all",
            "all bookings, page 20": f"{bookings}?show=all&p=20",
            "confirmed ones": f"{bookings}?state__exact=confirmed",
            "search of a number": f"{bookings}?q={booking.number}",
            "search of an address": f"{bookings}?q={booking.patient.email}",
            "search of a name": f"{bookings}?q=Pat77+Doe0",
            "a booking": f"{bookings}{booking.id}/change/",
            "payment operations": "/admin/bookings/paymentoperation/",
            "webhook events": "/admin/bookings/stripeevent/",
            "people": "/admin/accounts/user/",
            "practices": "/admin/providers/provider/",
        }.items()

    def expiry(self):
        from bookings.services.expiry import expire_overdue

        hours = {"oldest": timedelta(hours=30), "newest": timedelta(hours=26)}
        self.grown.add([self.grown.patterns.waiting], DUE, **hours)
        figures = measured(expire_overdue)
        return [figure / DUE for figure in figures]

    def totals(self):
        from django.db import connection

        from bookings import reconciliation

        since, began = reconciliation.reach_begins(), time.monotonic()
        found = reconciliation.check_books(with_vendor=False, since=since)
        took = time.monotonic() - began
        assert not found, found[:10]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
            (size,) = cursor.fetchone()
            cursor.execute(SIZES)
            tables = dict(cursor.fetchall())
        return {
            "nightly check without the vendors, s": f"{took:.1f}",
            "bookings in its reach": f"{reconciliation.summary(since)['bookings']:,}",
            "the database": size,
            **tables,
        }


def median_of(costs):
    return [statistics.median(column) for column in zip(*costs, strict=True)]


def newest_of(patient):
    from bookings.models import Booking

    return Booking.objects.filter(patient=patient).order_by("-created_at").select_related("patient").first()


def newest_day():
    from cast import wish_at

    return wish_at(days=20)["appointmentDate"]


def measured(act, expected=None):
    """Milliseconds, and CPU milliseconds of this process and of the PostgreSQL session that it has."""
    session = session_cpu()
    began, at_work, before = time.perf_counter(), time.process_time(), session()
    answer = act()
    took = [time.perf_counter() - began, time.process_time() - at_work, session() - before]
    status = getattr(answer, "status", None) or getattr(answer, "status_code", None)
    if expected and status != expected:
        print(f"{status} after {took[0]:.1f} s: {getattr(answer, 'body', answer)}", file=sys.stderr)
    return [seconds * 1000 for seconds in took]


def session_cpu():
    """Asks for the seconds of CPU of this thread's PostgreSQL session so far."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return lambda: int(stat.read_text().split()[0]) / 1e9


if __name__ == "__main__":
    main()
