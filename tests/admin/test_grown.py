"""The console's pages beside 100,000 bookings of 10,000 people at 80 practices."""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from grown import Grown, more_practices, tables, vacuum
from patterns import made

from bookings.models import Booking

BOOKINGS, PEOPLE, PRACTICES = 100_000, 10_000, 80
MOST_STATEMENTS, MOST_CHOICES = 15, 50
# The world's time zones are as many however much there is.
OF_THE_WORLD = {"timezone"}
# With more the indexes would be made afterwards.
AT_ONCE = 50_000


@pytest.fixture
def pages(console, patient, provider, time):
    """All of the console's pages: lists, and of each kind of thing the page of one, its history, and the form for a new one."""
    practices = more_practices(PRACTICES)
    grown = Grown(made(patient, provider, time), patient, provider, practices, PEOPLE)
    grown.grow(AT_ONCE)
    for _ in range(BOOKINGS // AT_ONCE - 1):
        grown.add_ended(AT_ONCE)
    vacuum()
    yield list(paths())
    with connection.cursor() as cursor:  # Deleted rows would be in the way of whoever looks at plans.
        cursor.execute(f"TRUNCATE {', '.join(table.name for table in tables())} CASCADE")


def paths():
    yield "/admin/"
    yield from (f"/admin/bookings/booking/?{asked}" for asked in ("show=all", "show=all&p=20", "q=G1", "q=Pat7+Doe1"))
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_add")
        if (one := model._default_manager.order_by("pk").last()) is not None:
            yield reverse(f"{name}_change", args=[one.pk])
            yield reverse(f"{name}_history", args=[one.pk])


@pytest.mark.lesson(68)
def test_no_page_asks_much_or_offers_long_lists(console, pages):
    assert Booking.objects.count() > BOOKINGS
    asked, offered, seen = {}, {}, 0

    for path in pages:
        console.get(path)  # What a process looks up once.
        with CaptureQueriesContext(connection) as statements:
            answer = console.get(path)
        seen += answer.status_code == 200
        asked[path] = len(statements)
        for name, options in re.findall(r'(?s)<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', answer.content.decode()):
            if name not in OF_THE_WORLD:
                offered[path, name] = len(re.findall("<option", options))

    assert {path: number for path, number in asked.items() if number > MOST_STATEMENTS} == {}
    assert {where: number for where, number in offered.items() if number > MOST_CHOICES} == {}
    assert seen > 30
