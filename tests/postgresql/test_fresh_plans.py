"""A create's statements have one sane plan each, whatever the database knows of its tables: a fresh installation does not wait for
autovacuum to look at them first."""

import re

import pytest
from cast import wish_at
from crowd import FILL, PAY, blocks, vacuum
from django.apps import apps
from django.db import connection

from findr import clock
from findr.accounts.models import User

MANY, PATIENTS = 4000, 100
# A table of so many rows has more than 150 blocks; indexes and the rows that are looked for, a dozen, and what a session
# looks up at its first use of one, some thirty.
FEW = 70
EXPLAINED = {
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_nested_statements": "on",
    "client_min_messages": "log",
}
TABLES = ("bookings_booking", "bookings_payment")
# As no installation knows them: what PostgreSQL keeps of a table that it has looked at.
FORGET = "SELECT pg_clear_relation_stats('public', %(table)s), count(pg_clear_attribute_stats('public', %(table)s, attname, inherited)) FROM pg_stats WHERE tablename = %(table)s"


def all_tables():
    return [model._meta.db_table for model in apps.get_models()]


def forget_all(cursor):
    """As after an installation, whatever earlier tests have left.

    A table that was analysed when it had one row is believed to have one, and then any index leads to it as soon as its key
    does; and one that is analysed when it is empty keeps what was known of the rows that it had.
    """
    for table in TABLES:
        vacuum(cursor, table)  # Of what an earlier test has deleted an index still leads to every row.
    for table in all_tables():
        cursor.execute(FORGET, {"table": table})


@pytest.fixture
def plans(transactional_db):
    """The plans of all statements that this connection runs, as PostgreSQL tells them; it knows nothing of any table."""
    told = []

    def hear(notice):
        if "Query Text:" in (notice.message_primary or ""):
            told.append(notice.message_primary)

    with connection.cursor() as cursor:
        cursor.execute("LOAD 'auto_explain'")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        forget_all(cursor)
        for name, value in EXPLAINED.items():
            cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
    connection.connection.add_notice_handler(hear)
    yield told
    connection.connection.remove_notice_handler(hear)
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled)")
        for name in ("auto_explain.log_min_duration", "client_min_messages", "plan_cache_mode"):
            cursor.execute(f"RESET {name}")


def fill_unseen(provider):
    """Many bookings of many patients, which the planner is told nothing of."""
    people = User.objects.bulk_create(
        [User(email=f"many{one}@{provider.id}.test", role="patient") for one in range(PATIENTS)]
    )
    given = {"provider": provider.id, "now": clock.now(), "first": 1, "number": MANY // PATIENTS}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for one, user in enumerate(people):
            cursor.execute(FILL, {**given, "prefix": f"MANY-{provider.id.hex[-4:]}{one}-", "patient": user.id})
        cursor.execute(PAY, {"now": clock.now()})
        cursor.execute("SET session_replication_role = DEFAULT")


@pytest.mark.parametrize("is_kept", [True, False], ids=["planned-when-empty", "planned-when-full"])
def test_a_create_reads_no_whole_table_that_was_never_analysed(plans, patient, provider, is_kept):
    if is_kept:  # Often enough for plans that are made for all values, and kept.
        for hour in range(9):
            patient.has_asked(appointmentTime=f"{8 + hour:02d}:00")
    fill_unseen(provider.provider)

    assert_sane(plans, lambda: patient.has_asked(appointmentTime="18:00"))


def test_a_create_reads_little_of_a_practice_that_came_after_the_last_analysis(
    plans, patient, provider, other_patient, other_provider
):
    fill_unseen(other_provider.provider)
    with connection.cursor() as cursor:
        for table in TABLES:
            vacuum(cursor, table)
    fill_unseen(provider.provider)

    assert_sane(plans, lambda: patient.has_asked(appointmentTime="17:00"))
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")  # As each session has it after a while.
    assert_sane(plans, lambda: other_patient.has_asked(appointmentTime="18:00"))


@pytest.mark.parametrize("is_analysed", [True, False])
def test_a_plan_that_was_made_when_its_tables_were_empty_reads_little_once_they_are_full(
    plans, patient, provider, is_analysed
):
    """A table that was analysed when it was empty is believed to be so, and reading it whole to cost nothing; and so does an
    index by something that all visits to come have in common."""
    if is_analysed:
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE {', '.join(all_tables())}")
    for hour in range(9):
        patient.has_asked(appointmentTime=f"{8 + hour:02d}:00")
    fill_unseen(provider.provider)

    # Soon: nearly all visits to come begin after it.
    assert_sane(plans, lambda: patient.has_asked(**wish_at(days=1, hour=18)))

    whole = {table for plan in plans for table in re.findall(r"Seq Scan on (\w+)", plan)}
    assert whole == set(), plans


def assert_sane(plans, ask):
    plans.clear()
    ask()
    about_bookings = [plan for plan in plans if "bookings_booking" in plan or "bookings_payment" in plan]
    assert len(about_bookings) >= 8, plans
    for plan in about_bookings:
        assert not re.search(r"Seq Scan on bookings_(booking|payment)\b", plan), plan
        # A row that is written may need a new block, which many are touched for.
        assert "Insert on" in plan or blocks(plan) <= FEW, plan
