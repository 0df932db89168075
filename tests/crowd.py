"""A practice, and a patient, with very many bookings, written by one statement each; and the lists that they look at."""

import re
import time as real_time

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking
from findr import clock

# Who asks, and what follows the path of their list.
LISTS = (
    ("practice", ""),
    ("practice", "?offset=40"),
    ("practice", "?status=all"),
    ("practice", "?status=pending"),
    ("practice", "?status=upcoming"),
    ("practice", "?status=past"),
    ("practice", "?status=completed"),
    ("practice", "?status=confirmed"),
    ("practice", "?status=cancelled"),
    ("practice", "/pending"),
    ("patient", ""),
    ("patient", "?status=pending"),
    ("patient", "?upcoming=true"),
    ("patient", "?status=upcoming"),
    ("patient", "?status=completed"),
    ("patient", "?status=past"),
    ("patient", "?status=cancelled"),
)
# Of a hundred: so many are over, so many came to nothing, and some days lie between two. Those that wait, and those to
# come, are a few, however many there are in all.
FILL = """
INSERT INTO bookings_booking (id, number, patient_id, provider_id, service_id, service_name, service_category, price_cents,
    duration_minutes, buffer_minutes, cancellation_tier, holds_time, booking_type, type_receipt, state, decision,
    decided_from, rounds, suggestion_message, requested_start, requested_end, start, "end", patient_timezone, notes,
    confirmation_note, decline_reason, cancellation_reason, cancelled_by, fee_cents, secured_at, expires_at, created_at,
    updated_at)
SELECT gen_random_uuid(), %(prefix)s || n, %(patient)s::uuid, provider.id, service.id, service.name, service.category, 15000,
    60, 0, 'standard', false, 'request', '{}', state, '', '', 0, '', start, start + interval '1 hour', start,
    start + interval '1 hour', 'America/Denver', '', '', '', '', '', 0, %(now)s::timestamptz - interval '1 day',
    CASE WHEN state = 'pending_confirmation' THEN %(now)s::timestamptz + interval '1 hour' * (1 + n) END, %(now)s::timestamptz, %(now)s::timestamptz
FROM generate_series(%(first)s::int, %(number)s::int) n
CROSS JOIN LATERAL (SELECT CASE WHEN n <= 5 THEN 'pending_confirmation' WHEN n <= 10 THEN 'confirmed'
    WHEN n %% 100 < 60 THEN 'completed' WHEN n %% 100 < 70 THEN 'confirmed' WHEN n %% 100 < 75 THEN 'no_show'
    WHEN n %% 100 < 85 THEN 'cancelled_patient' WHEN n %% 100 < 95 THEN 'cancelled_provider' ELSE 'expired' END AS state,
    CASE WHEN n <= 10 THEN %(now)s::timestamptz + interval '1 day' * n ELSE %(now)s::timestamptz - interval '1 hour' * n END AS start) drawn
JOIN providers_provider provider ON provider.id = %(provider)s
JOIN LATERAL (SELECT * FROM providers_service WHERE provider_id = provider.id ORDER BY id LIMIT 1) service ON true
"""
PAY = """
INSERT INTO bookings_payment (id, booking_id, state, amount_cents, currency, captured_cents, refunded_cents, failure_code,
    decline_code, failure_message, dispute_id, dispute_status, dispute_cents, created_at, updated_at)
SELECT gen_random_uuid(), b.id, CASE WHEN state = 'pending_confirmation' THEN 'held'
    WHEN state IN ('completed', 'confirmed', 'no_show') THEN 'paid' ELSE 'released' END, 15000, 'usd', 0, 0, '', '', '',
    '', '', 0, %(now)s::timestamptz, %(now)s::timestamptz
FROM bookings_booking b WHERE NOT EXISTS (SELECT FROM bookings_payment WHERE booking_id = b.id)
"""


def fill(provider, patient, number, *, paid=True):
    """So many bookings of this patient at this practice in all, and what the database's own upkeep does afterwards.

    Args:
        paid: with their payments, which take far longer.
    """
    prefix = f"CROWD-{provider.id.hex[-4:]}-"
    given = {
        "prefix": prefix,
        "provider": provider.id,
        "patient": patient.id,
        "now": clock.now(),
        "first": Booking.objects.filter(number__startswith=prefix).count() + 1,
        "number": number,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(FILL, given)
        if paid:
            cursor.execute(PAY, {"now": given["now"]})
        cursor.execute("SET session_replication_role = DEFAULT")
        for table in ("bookings_booking", "bookings_payment"):
            vacuum(cursor, table)


# A table grows by so many at once, and those that have no row yet are not known to be seen.
NEW_BLOCKS = 64
# What an earlier test has left behind, a thread's transaction that nobody ends, or a long look by autovacuum.
LEFT_OVER = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (backend_xmin IS NOT NULL OR xact_start IS NOT NULL)
"""


def vacuum(cursor, table):
    """Vacuum and analyse it, until the database knows that everybody may see its rows: an old snapshot keeps it from that."""
    for turn in range(60):
        cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("SELECT relallvisible, relpages FROM pg_class WHERE oid = %s::regclass", [table])
        visible, pages = cursor.fetchone()
        if visible + NEW_BLOCKS >= pages:
            return
        real_time.sleep(0.5)
        if turn >= 10:
            cursor.execute(LEFT_OVER)
    raise AssertionError(f"Of {pages} blocks of {table} only {visible} are known to be seen by everybody.")


def plans_of(who, path):
    """The answer, and of each statement about bookings its text and its plan, carried out once more."""
    with CaptureQueriesContext(connection) as captured:
        answer = who.get(path)
    assert answer.status == 200, answer.body
    statements = [query["sql"] for query in captured if "bookings_booking" in query["sql"]]
    yield from zip(statements, plans_of_all(statements), strict=True)


def plans_of_all(statements):
    """The plan of each, carried out once more."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {statement.replace('%', '%%')}")
            yield "\n".join(line for (line,) in cursor.fetchall())


def blocks(plan):
    """How many blocks a statement touched, all its parts taken together."""
    found = re.search(r"Buffers: shared hit=(\d+)(?: read=(\d+))?", plan)
    return sum(int(number) for number in found.groups() if number) if found else 0
