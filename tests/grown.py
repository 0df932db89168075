"""A database that has grown: millions of bookings of many patients at practices of very different sizes, by SQL in minutes.

Each is a copy of one that the product made (`patterns`), with every row that the product left of it: ids are hashed with the
copy's number, so that its rows still name each other; its people are others; and all its moments are earlier by as much as the
copy is older. What the nightly jobs would have deleted by now is left out, and feeds are numbered without a gap.
"""

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import time as clock_time
from datetime import timedelta

from django.conf import settings
from django.db import connection
from patterns import DAYS, SHARES

from bookings.models import Booking
from findr import clock
from findr.accounts.models import User
from providers.models import OpeningHours, Provider, Service

YEARS = 3
# Of all bookings so many are visits to come, as long as one is booked ahead on average.
SHARE_TO_COME = 0.006
# From so many rows on indexes are made after them.
MANY = 100_000
# The moments of the visit itself: of visits to come each gets an hour that nobody has.
OF_THE_VISIT = {
    "requested_start",
    "requested_end",
    "start",
    "end",
    "confirmed_start",
    "confirmed_end",
    "during",
    "due_for",
}
ALSO_GREW = ("accounts_user", "providers_provider", "notifications_feedcounter")
UNIQUE_TEXTS = {"intent_id", "idempotency_key", "vendor_id", "object_id", "refund_id"}


@dataclass(frozen=True)
class Table:
    """A table whose rows are copied.

    Attributes:
        booking: SQL for the booking that a row belongs to.
        days: for how long the product keeps a row, a day of the nightly job's included; None: for ever.
        age: the column that this is reckoned from; a row is written in its order, as time would.
        columns: what is written in place of a column's copy.
    """

    name: str
    booking: str = "one.booking_id"
    days: int | None = None
    age: str = "created_at"
    columns: dict = field(default_factory=dict)


OF_PAYMENT = "(SELECT booking_id FROM bookings_payment p WHERE p.id = one.payment_id)"
OF_INTENT = "(SELECT booking_id FROM bookings_payment p WHERE p.intent_id = one.intent_id)"
OF_NOTIFICATION = (
    "coalesce(one.booking_id, (SELECT booking_id FROM notifications_notification n WHERE n.id = one.notification_id))"
)
NEXT_NUMBER = """
    (SELECT last_seq FROM notifications_feedcounter c WHERE c.recipient = {recipient})
    + row_number() OVER (PARTITION BY {recipient} ORDER BY one.created_at - grown.shift, grown.n, one.seq)
"""


def tables():
    """In the order in which rows name each other."""
    feed, told = settings.FEED_DAYS + 1, settings.NOTIFICATION_DAYS + 1
    return (
        Table("bookings_booking", "one.id", columns={"number": "'G' || grown.n"}),
        Table("bookings_payment"),
        Table("bookings_paymentoperation", OF_PAYMENT),
        Table("bookings_bookingevent"),
        Table("bookings_suggestedtime"),
        Table("bookings_timehold", "one.owner"),
        Table("bookings_reminder", days=feed, age="due_for"),
        Table("bookings_stripeevent", OF_INTENT, age="received_at", columns={"id": "one.id || '_' || grown.n"}),
        Table("notifications_feedevent", days=feed, columns={"seq": NEXT_NUMBER}),
        Table("notifications_notification", days=told),
        Table("notifications_delivery", OF_NOTIFICATION, days=told),
    )


DRAWN = """
    CREATE UNLOGGED TABLE grown AS
    SELECT n, pattern, patient, practice.id AS practice, practice.account_id AS desk, service.id AS service,
        shift, shift AS visit_shift
    FROM (
        SELECT n, (%(patterns)s::uuid[])[1 + floor(kind * cardinality(%(patterns)s::uuid[]))::int] AS pattern,
            (%(practices)s::uuid[])[1 + floor(cardinality(%(practices)s::uuid[]) * place ^ 1.5)::int] AS practice_id,
            md5('patient' || floor(who * %(patients)s::int))::uuid AS patient,
            interval '1 second' * floor(%(newest)s::float + age * (%(oldest)s::float - %(newest)s::float)) AS shift
        FROM (
            SELECT n, random() AS kind, random() AS place, random() AS age, random() AS who
            FROM generate_series(%(first)s::int, %(last)s::int) n OFFSET 0
        ) AS dice
    ) AS thrown
    JOIN providers_provider practice ON practice.id = practice_id
    JOIN LATERAL (SELECT id FROM providers_service WHERE provider_id = practice.id ORDER BY id LIMIT 1) service ON true
"""
# Of visits to come: one after the other, ten a day from the day after their pattern on.
PLANNED = """
    UPDATE grown SET visit_shift = %(start)s - (%(first)s + interval '1 day' * (place / 10) + interval '1 hour' * (place %% 10))
    FROM (SELECT n, row_number() OVER (PARTITION BY practice ORDER BY n) - 1 AS place FROM grown) AS turn WHERE turn.n = grown.n
"""
PATIENTS = """
    INSERT INTO accounts_user ({columns}) SELECT {values}
    FROM accounts_user one CROSS JOIN generate_series(0, %(number)s - 1) n WHERE one.id = %(pattern)s ON CONFLICT DO NOTHING
"""
COUNTERS = """
    INSERT INTO notifications_feedcounter (recipient, last_seq)
    SELECT recipient, max(seq) FROM notifications_feedevent GROUP BY recipient
    ON CONFLICT (recipient) DO UPDATE SET last_seq = excluded.last_seq
"""
NO_COUNTERS_YET = """
    INSERT INTO notifications_feedcounter (recipient, last_seq)
    SELECT recipient, 0 FROM (SELECT patient AS recipient FROM grown UNION SELECT practice FROM grown) AS people
    ON CONFLICT DO NOTHING
"""
COLUMNS = """
    SELECT attname, format_type(atttypid, NULL), attidentity <> '' FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
INDEXES = "UPDATE pg_index SET indisready = false, indisvalid = false WHERE indrelid = %s::regclass"


class Grown:
    """Grows the database that Django is connected to.

    Args:
        patterns: what to copy, of `patient` at `practice`.
        practices: ids of practices that have a service; the first ones get most of the bookings.
        patients: how many people share them.
    """

    def __init__(self, patterns, patient, practice, practices, patients):
        self.patterns, self.patient, self.practice = patterns, patient, practice
        self.practices, self.patients, self.number = practices, max(1, patients), 0
        with loading() as cursor:
            columns = {name: f"one.{quoted(name)}" for name, *_ in columns_of(cursor, "accounts_user")}
            columns |= {"id": "md5('patient' || n)::uuid", "email": "'patient' || n || '@example.test'"}
            columns |= {"first_name": "'Pat' || n % 1000", "last_name": "'Doe' || n / 1000"}
            statement = PATIENTS.format(
                columns=", ".join(columns), values=", ".join(columns.values()).replace("%", "%%")
            )
            cursor.execute(statement, {"number": self.patients, "pattern": patient.id})

    def grow(self, number):
        """So many more: nearly all of years gone by, some visits to come, a few that wait for an answer."""
        to_come = round(number * SHARE_TO_COME)
        waiting = max(1, number // (YEARS * 365))  # About a day's.
        self.add_ended(number - to_come - waiting)
        self.add([self.patterns.to_come], to_come, oldest=timedelta(days=6))
        self.add([self.patterns.waiting], waiting, oldest=timedelta(hours=20))

    def add_ended(self, number, **places):
        ended = [self.patterns.ended[kind] for kind, share in SHARES.items() for _ in range(share)]
        self.add(ended, number, oldest=timedelta(days=YEARS * 365 - DAYS), **places)

    def add(self, patterns, number, *, oldest, newest=timedelta(0), practices=None):
        """So many copies of these bookings, each older than its pattern by something between the two."""
        given = {
            "patterns": patterns,
            "practices": practices or self.practices,
            "patients": self.patients,
            "newest": newest.total_seconds(),
            "oldest": oldest.total_seconds(),
            "first": self.number + 1,
            "last": self.number + number,
        }
        self.number += number
        with loading() as cursor:
            cursor.execute("SELECT setseed(0.5)")  # Whose bookings, of what kind and how old: the same in each run.
            cursor.execute(DRAWN, given)
            if patterns == [self.patterns.to_come]:
                self._plan(cursor)
            cursor.execute("ANALYZE grown")
            cursor.execute(NO_COUNTERS_YET)
            for table in tables():
                with indexes_afterwards(cursor, table.name, number):
                    self._copy(cursor, table, patterns)
            cursor.execute(COUNTERS)
            cursor.execute("DROP TABLE grown")

    def _plan(self, cursor):
        start = Booking.objects.get(id=self.patterns.to_come).start
        first = (start + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
        cursor.execute(PLANNED, {"start": start, "first": first})

    def _copy(self, cursor, table, patterns):
        given = {"patterns": list(set(patterns)), "now": clock.now(), "patient": self.patient.id}
        given |= {"practice": self.practice.id, "desk": self.practice.user.id}
        copied = {
            name: self._value(table, name, kind)
            for name, kind, is_made in columns_of(cursor, table.name)
            if not is_made
        }
        kept = f"AND one.{table.age} - grown.shift >= %(now)s - interval '{table.days} days'" if table.days else ""
        cursor.execute(
            f"""
            INSERT INTO {table.name} ({", ".join(map(quoted, copied))}) SELECT {", ".join(copied.values())}
            FROM (SELECT one.*, {table.booking} AS its_booking FROM {table.name} one
                WHERE {table.booking} = ANY(%(patterns)s) OFFSET 0) AS one
            JOIN grown ON grown.pattern = one.its_booking {kept} ORDER BY one.{table.age} - grown.shift, grown.n, one.id
            """,
            given,
        )

    def _value(self, table, name, kind):
        column = f"one.{quoted(name)}"
        shift = "grown.visit_shift" if name in OF_THE_VISIT else "grown.shift"
        if name in table.columns:
            return table.columns[name].format(recipient=_person("one.recipient"))
        if name == "service_id":
            return "grown.service"
        match kind:
            case "uuid":
                return _person(column)
            case "timestamp with time zone":
                return f"{column} - {shift}"
            case "tstzrange":
                return f"tstzrange(lower({column}) - {shift}, upper({column}) - {shift})"
            case _ if name in UNIQUE_TEXTS:
                return f"CASE {column} WHEN '' THEN '' ELSE {column} || '_' || grown.n END"
        return column


def _person(column):
    """Who stands in the place of the pattern's people; any other id is the copy's own."""
    return (
        f"CASE {column} WHEN %(patient)s THEN grown.patient WHEN %(practice)s THEN grown.practice"
        f" WHEN %(desk)s THEN grown.desk ELSE md5({column}::text || grown.n)::uuid END"
    )


def columns_of(cursor, table):
    """Name, type, and whether the database numbers it."""
    cursor.execute(COLUMNS, [table])
    return cursor.fetchall()


def quoted(name):
    return f'"{name}"'


@contextmanager
def loading():
    """A session as loading wants it: statements take minutes; and foreign keys and legal pairs are not looked at for each row,
    since the books are checked afterwards.
    """
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        (limit,) = cursor.fetchone()
        cursor.execute("SET statement_timeout = 0; SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'")
        try:
            yield cursor
        finally:
            cursor.execute(f"SET statement_timeout = '{limit}'; RESET session_replication_role")
            cursor.execute("RESET maintenance_work_mem; RESET work_mem")


@contextmanager
def indexes_afterwards(cursor, table, number):
    """Of many rows all at once, unique ones and exclusions included: what breaks one is found then."""
    if number < MANY:
        yield
        return
    cursor.execute(INDEXES, [table])
    yield
    cursor.execute(f"REINDEX TABLE {table}")


def vacuum():
    """What the database's own upkeep does in time."""
    with loading() as cursor:
        for name in (*(table.name for table in tables()), *ALSO_GREW):
            cursor.execute(f"VACUUM ANALYZE {name}")


def more_practices(number):
    """Approved ones, each with an hour that can be booked and open every day; their ids."""

    def created(model, rows):
        return model.objects.bulk_create(rows, batch_size=1000)

    desks = created(User, [User(email=f"desk{n}@example.test", role="provider") for n in range(number)])
    shared = {"timezone": "America/Denver", "status": "approved"}
    practices = created(
        Provider,
        [Provider(account=desk, practice_name=f"Practice {desk.email}", email=desk.email, **shared) for desk in desks],
    )
    an_hour = {"name": "An hour", "category": "Physical therapy", "duration_minutes": 60, "price_cents": 15000}
    created(Service, [Service(provider=one, **an_hour) for one in practices])
    every_day = [(one, day) for one in practices for day in range(7)]
    created(
        OpeningHours,
        [OpeningHours(provider=one, weekday=day, opens=clock_time(8), closes=clock_time(18)) for one, day in every_day],
    )
    return [practice.id for practice in practices]
