"""How fast do requests expire? `bin/test --exec python tests/load/expire.py [--bookings 100000] [--due 2000] [--rounds 3]`

Overdue requests of many patients at many practices, in a table of so many bookings. In each round so many expire one by one
and as many in batches, in this process. Prints for both ways, as medians of the rounds, the requests per second and the CPU
time per request of findr and of PostgreSQL; and how long the sweep of operations looks for its work behind all the releases.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "load")]
PRACTICES, PATIENTS = 50, 2000
FILL = """
    WITH drawn AS (
        SELECT n, gen_random_uuid() AS id, %(patients)s::uuid[] AS patients, %(practices)s::uuid[] AS practices
        FROM generate_series(1, %(number)s) n
    ), booking AS (
        INSERT INTO bookings_booking (id, number, patient_id, provider_id, service_id, service_name, service_category,
            price_cents, duration_minutes, buffer_minutes, cancellation_tier, holds_time, booking_type, type_receipt, state,
            decision, decided_from, rounds, suggestion_message, requested_start, requested_end, start, "end",
            patient_timezone, notes, confirmation_note, decline_reason, cancellation_reason, cancelled_by, fee_cents,
            requested_at, secured_at, expires_at, created_at, updated_at)
        SELECT drawn.id, %(prefix)s || n, patients[1 + n %% cardinality(patients)], practices[1 + n %% cardinality(practices)],
            service.id, service.name, service.category, 15000, 60, 0, 'standard', false, 'request', '{}', %(state)s, '', '', 0,
            '', start, start + interval '1 hour', start, start + interval '1 hour', 'America/Denver', '', '', '', '', '', 0,
            %(now)s, %(now)s, %(expires_at)s, %(now)s, %(now)s
        FROM drawn CROSS JOIN LATERAL (SELECT %(now)s::timestamptz + interval '1 hour' * (n %% 1000) AS start) moment
        CROSS JOIN (SELECT * FROM providers_service ORDER BY id LIMIT 1) service
    ) INSERT INTO bookings_payment (id, booking_id, state, amount_cents, currency, intent_id, captured_cents,
        refunded_cents, failure_code, decline_code, failure_message, dispute_id, dispute_status, dispute_cents, created_at,
        updated_at)
    SELECT gen_random_uuid(), id, %(payment)s, 15000, 'usd', 'pi_' || %(prefix)s || n, 0, 0, '', '', '', '', '', 0, %(now)s,
        %(now)s FROM drawn
"""


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--bookings", type=int, default=100_000)
    options.add_argument("--due", type=int, default=2000, help="in each round, one by one and in batches")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--batches-only", action="store_true", help="nothing one by one")
    given = options.parse_args()
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "findr.settings")
    django.setup()
    places = prepare()
    fill(places, "past-", given.bookings, state="expired", payment="released", expires_at=None)
    vacuum()
    ways = {"in batches": in_batches} if given.batches_only else {"one by one": one_by_one, "in batches": in_batches}
    figures = {name: [] for name in ways}
    for number in range(given.rounds + 1):  # The first warms.
        for name, way in ways.items():
            fill_due(places, f"{name[:3]}-{number}-", given.due)
            figures[name].append(cost(way, given.due))
    print(f"{given.due} due among {given.bookings}, {given.rounds} rounds")
    for name, rounds in figures.items():
        speed, app, database = (statistics.median(one) for one in zip(*rounds[1:], strict=True))
        print(f"{name}: {speed:.0f}/s; CPU per request: findr {app:.2f} ms, PostgreSQL {database:.2f} ms")
    sweeping()


def prepare():
    """The demonstration's cast, and so many practices and patients beside it; their ids."""
    from django.core.management import call_command

    from findr.accounts.models import User
    from providers import demo
    from providers.models import Provider

    call_command("migrate", verbosity=0)
    demo.load()
    ridge = Provider.objects.get(practice_name__startswith="Ridge")
    emails = [f"due{number}@example.test" for number in range(PATIENTS + PRACTICES)]
    people = User.objects.bulk_create([User(email=email, role="patient") for email in emails])
    desks, patients = people[:PRACTICES], people[PRACTICES:]
    practices = [
        Provider(account=desk, practice_name=f"Due {number}", timezone=ridge.timezone, email=desk.email)
        for number, desk in enumerate(desks)
    ]
    return {
        "patients": [one.id for one in patients],
        "practices": [one.id for one in Provider.objects.bulk_create(practices)],
    }


def fill_due(places, prefix, number):
    from datetime import timedelta

    from findr import clock

    expires_at = clock.now() - timedelta(minutes=1)
    fill(places, prefix, number, state="pending_confirmation", payment="held", expires_at=expires_at)


def fill(places, prefix, number, **columns):
    """So many bookings with their payments, by one statement."""
    from django.db import connection

    from findr import clock

    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET statement_timeout = 0")
        cursor.execute(FILL, {"prefix": prefix, "number": number, "now": clock.now(), **columns, **places})
        cursor.execute("SET session_replication_role = DEFAULT")


def vacuum():
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ("bookings_booking", "bookings_payment", "providers_provider", "accounts_user"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def in_batches():
    from bookings.services.expiry import expire_overdue

    result = expire_overdue()
    assert not result.failed, result
    return len(result.expired)


def one_by_one():
    """As each was before there were batches, and as the console still does it."""
    from bookings.actors import JOB
    from bookings.selectors import queues
    from bookings.services.expiry import expire_booking

    due = list(queues.run_out().values_list("id", flat=True))
    return sum(bool(expire_booking(booking_id=booking_id, actor=JOB)) for booking_id in due)


def cost(way, expected):
    """Requests per second, and the CPU time per request of this process and of PostgreSQL in milliseconds."""
    from create import cpu_of_postgres

    before, began, cpu = cpu_of_postgres(), time.monotonic(), time.process_time()
    ended = way()
    took = time.monotonic() - began
    assert ended == expected, (ended, expected)
    spent = time.process_time() - cpu, cpu_of_postgres() - before
    return ended / took, *(one / ended * 1000 for one in spent)


def sweeping():
    from bookings.models import PaymentOperation
    from bookings.payments.execution import pending_operations

    times = []
    for _ in range(5):
        began = time.monotonic()
        pending_operations()
        times.append(time.monotonic() - began)
    waiting = PaymentOperation.objects.filter(state="pending").count()
    print(f"{waiting} releases wait: the sweep has found its work after {min(times) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
