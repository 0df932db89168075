"""How things stand, to be held against how they stood before."""

from cast import fresh
from django.apps import apps
from django.db import connection


def everything(sandbox):
    """Every row of every table, jobs included, and all that the vendor keeps: what a refusal, or a look, leaves as it was."""
    tables = sorted({model._meta.db_table for model in apps.get_models()})
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', row::text FROM {table} row" for table in tables))
        return sorted(cursor.fetchall()), sandbox.ledger()["stripe"]


def states(booking):
    """Of the booking and of its payment."""
    now = fresh(booking.id)
    return now.state, now.payment.state


def snapshot(booking):
    """All that an event could change."""
    now = fresh(booking.id)
    payment = now.payment
    return (
        now.state,
        payment.state,
        payment.refunded_cents,
        payment.dispute_status,
        now.events.count(),
        payment.operations.count(),
    )
