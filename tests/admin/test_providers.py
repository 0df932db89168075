"""Practices in the console: whatever is typed, the form answers; the database never has to."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

import pytest
from admin.forms import filled
from admin.pages import editable, text_of
from admin.stale_pages import stored
from cast import HARBOR, RIDGE

from bookings.models import Booking
from findr import clock
from findr.accounts.models import AccountRole, User
from providers.demo import PASSWORD
from providers.models import OpeningHours, Provider, Service, TeamMember, TimeOff

LIST = "/admin/providers/provider/"
PAGE = f"{LIST}{RIDGE}/change/"
NEW_ROW = {"time_off-TOTAL_FORMS": "1"}


def save(console, **changes):
    """Open the practice's page, change what is named, and save."""
    return console.post(PAGE, filled(console.get(PAGE), **changes))


def test_the_list_finds_practices_by_status_name_and_email(console, provider):
    Provider.objects.filter(id=HARBOR).update(status="suspended")

    suspended = text_of(console.get(LIST, {"status__exact": "suspended"}))
    found = text_of(console.get(LIST, {"q": "ridge@example.test"}))

    assert "Harbor Family Clinic" in suspended
    assert "Ridge Physical Therapy" not in suspended
    assert "Ridge Physical Therapy" in found
    assert "Harbor Family Clinic" not in found


def test_saving_a_page_as_it_stands_changes_nothing_but_the_moment(console, provider):
    before = Provider.objects.values().get(id=RIDGE)
    started = clock.now()

    assert save(console).status_code == 302

    after = Provider.objects.values().get(id=RIDGE)
    assert after.pop("updated_at") >= started
    before.pop("updated_at")
    assert after == before
    assert Service.objects.filter(provider_id=RIDGE).count() == 3
    assert OpeningHours.objects.filter(provider_id=RIDGE).count() == 7


# Each round is one form with a mistake in many fields, and what is said of them, in the order of the page.
MISTAKES = [
    [
        ({"practice_name": ""}, "This field is required."),
        ({"photos": "nonsense"}, "Enter a valid URL."),
        ({"website": "not a site"}, "Enter a valid URL."),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus is not one of the available choices"),
        ({"response_hours": "3"}, "greater than or equal to 4"),
        ({"minimum_lead_minutes": "10081"}, "less than or equal to 10080"),
        ({"maximum_advance_days": "0"}, "greater than or equal to 1"),
        ({"buffer_minutes": "121"}, "less than or equal to 120"),
        ({"slot_minutes": "4"}, "greater than or equal to 5"),
        ({"cancellation_tier": "harsh"}, "harsh is not one of the available choices"),
        ({"services-0-price_cents": "0.49"}, "A price is 0, or at least 0.50"),
        ({"services-1-price_cents": "80.005"}, "no more than 2 decimal places"),
        ({"services-2-price_cents": "eighty"}, "Enter a number."),
        ({"opening_hours-0-opens": "18:00", "opening_hours-0-closes": "08:00"}, "It closes after it opens"),
    ],
    [
        ({"timezone": "localtime"}, "localtime is not one of the available choices"),
        ({"response_hours": "73"}, "less than or equal to 72"),
        ({"services-0-price_cents": ""}, "This field is required."),
        ({"services-1-price_cents": "-1"}, "greater than or equal to 0"),
        ({"services-2-price_cents": "99999999999"}, "less than or equal to 999999.99"),
        ({"services-2-duration_minutes": "481"}, "less than or equal to 480"),
        ({"opening_hours-0-closes": ""}, "This field is required."),
    ],
    # What compares rows with each other looks at rows without mistakes alone.
    [
        ({"timezone": "posixrules"}, "posixrules is not one of the available choices"),
        ({"opening_hours-1-weekday": "0"}, "Please correct the duplicate data"),
    ],
    [({"timezone": "/etc/localtime"}, "/etc/localtime is not one of the available choices")],
]


@pytest.mark.parametrize("mistakes", MISTAKES, ids=["first", "second", "rows", "alone"])
def test_a_mistake_is_told_on_the_form_and_nothing_is_saved(console, provider, mistakes):
    before = stored()

    answer = save(console, **{name: value for change, _ in mistakes for name, value in change.items()})
    said, expected = text_of(answer), Counter(error for _, error in mistakes)

    assert answer.status_code == 200
    assert {error: said.count(error) for error in expected} == expected
    assert stored() == before


def test_prices_may_be_nothing_or_fifty_cents(console, provider):
    assert filled(console.get(PAGE))["services-0-price_cents"] == "150.00"

    assert save(console, **{"services-0-price_cents": "0.50", "services-1-price_cents": "0"}).status_code == 302

    assert sorted(Service.objects.filter(provider_id=RIDGE).values_list("price_cents", flat=True)) == [0, 0, 50]


def test_a_changed_service_and_changed_settings_leave_what_was_booked_as_it_was(console, provider, patient):
    before = Booking.objects.values().get(id=patient.has_asked().id)
    page = console.get(PAGE)
    position = next(name for name, value in filled(page).items() if value == str(before["service_id"])).split("-")[1]

    changes = {
        f"services-{position}-name": "Long evaluation",
        f"services-{position}-price_cents": "175.00",
        f"services-{position}-duration_minutes": "90",
        "buffer_minutes": "15",
        "response_hours": "4",
        "cancellation_tier": "moderate",
        "timezone": "America/Chicago",
    }
    assert console.post(PAGE, filled(page, **changes)).status_code == 302

    assert Service.objects.get(id=before["service_id"]).price_cents == 17500
    assert Booking.objects.values().get() == before
    assert Booking.objects.get().payment.amount_cents == 15000


def test_a_day_without_hours_is_closed_and_has_its_row_ready(console, provider):
    OpeningHours.objects.filter(provider_id=RIDGE, weekday__in=[5, 6]).delete()

    assert save(console).status_code == 302
    assert OpeningHours.objects.filter(provider_id=RIDGE).count() == 5

    assert save(console, **{"opening_hours-5-opens": "09:00", "opening_hours-5-closes": "12:00"}).status_code == 302
    saturday = OpeningHours.objects.get(provider_id=RIDGE, weekday=5)
    assert (saturday.opens, saturday.closes) == (time(9), time(12))
    assert OpeningHours.objects.filter(provider_id=RIDGE).count() == 6


def test_time_off_is_written_on_the_practices_clock(console, provider):
    row = {
        **NEW_ROW,
        "time_off-0-start": "2099-01-05T09:00",
        "time_off-0-end": "2099-01-05T17:00",
    }

    assert save(console, **row).status_code == 302

    assert TimeOff.objects.get().start == datetime(2099, 1, 5, 16, tzinfo=UTC)
    assert filled(console.get(PAGE))["time_off-0-start"] == "2099-01-05T09:00"
    assert save(console).status_code == 302
    assert TimeOff.objects.get().start == datetime(2099, 1, 5, 16, tzinfo=UTC)


def test_time_off_ends_after_it_starts_and_is_of_ones_own_people(console, provider):
    row = {
        **NEW_ROW,
        "time_off-0-start": "2099-01-05T09:00",
        "time_off-0-end": "2099-01-05T09:00",
        "time_off-0-team_member": str(TeamMember.objects.get(provider_id=HARBOR).id),
    }

    page = text_of(save(console, **row))

    assert "It ends after it starts." in page
    assert "Select a valid choice." in page


def test_a_service_that_has_been_booked_is_not_deleted(console, provider, patient):
    booked = patient.has_asked().service

    page = console.get(PAGE)
    position = next(name for name, value in filled(page).items() if value == str(booked.id)).split("-")[1]
    answer = console.post(PAGE, filled(page, **{f"services-{position}-DELETE": "on"}))

    assert answer.status_code == 200
    assert "would require deleting the following protected related objects" in text_of(answer)


def test_a_new_practice_belongs_to_a_desk_account_without_one(console, provider):
    desk = User.objects.create_user("new@example.test", PASSWORD, role=AccountRole.PROVIDER)
    page = console.get(f"{LIST}add/")
    html = page.content.decode()
    assert f'value="{desk.id}"' in html
    assert "pat@example.test" not in html
    assert "Ridge Physical Therapy Desk" not in html

    made = filled(
        page,
        account=str(desk.id),
        practice_name="New Clinic",
        email="new@example.test",
        street="1 St",
        city="Reno",
        region="NV",
        zip_code="89501",
        timezone="America/Los_Angeles",
        **{f"opening_hours-{day}-opens": "09:00" for day in range(5)},
        **{f"opening_hours-{day}-closes": "17:00" for day in range(5)},
    )
    answer = console.post(f"{LIST}add/", made)

    assert answer.status_code == 302, text_of(answer)
    practice = Provider.objects.get(account=desk)
    assert practice.response_hours == 24
    assert list(practice.opening_hours.values_list("weekday", flat=True)) == [0, 1, 2, 3, 4]


def test_a_patients_account_is_no_desk(console, patient, provider):
    page = console.get(f"{LIST}add/")

    answer = console.post(f"{LIST}add/", filled(page, account=str(patient.user.id), practice_name="X"))

    assert answer.status_code == 200
    assert "Select a valid choice." in text_of(answer)


def test_the_account_stays_and_nobody_deletes_a_practice(console, provider):
    assert "account" not in editable(console.get(PAGE))
    assert console.post(f"{LIST}{RIDGE}/delete/", {"post": "yes"}).status_code == 403


def away(number, *, first=None, **fields):
    """So many hours off in a row, from a day on."""
    first = first or clock.now() + timedelta(days=1)
    practice = Provider.objects.get(id=RIDGE)
    starts = [first.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2 * index) for index in range(number)]
    rows = [TimeOff(provider=practice, start=one, end=one + timedelta(hours=1), **fields) for one in starts]
    return TimeOff.objects.bulk_create(rows)


def many(number):
    """A practice with so many rows of each kind."""
    practice = Provider.objects.get(id=RIDGE)
    named = {"provider": practice, "category": "Visit", "duration_minutes": 30, "price_cents": 5000}
    Service.objects.bulk_create(Service(name=f"Service {index:03}", **named) for index in range(number))
    TeamMember.objects.bulk_create(TeamMember(provider=practice, name=f"Dr. {index:03}") for index in range(number))
    away(number)


def test_a_practice_with_hundreds_of_rows_is_saved(console, provider):
    many(400)
    page = console.get(PAGE)
    before = [list(table.objects.order_by("pk").values()) for table in (Service, TeamMember, TimeOff)]

    assert len(filled(page)) < 500
    assert save(console, phone="2").status_code == 302

    assert Provider.objects.get(id=RIDGE).phone == "2"
    assert [list(table.objects.order_by("pk").values()) for table in (Service, TeamMember, TimeOff)] == before


def test_every_row_stands_on_one_of_the_pages_and_is_saved_there(console, provider):
    rows = away(40)
    shown = []
    for number in range(1, 4):
        page = console.get(PAGE, {"time_off-page": number})
        given = filled(page)
        keys = [given[f"time_off-{index}-id"] for index in range(int(given["time_off-INITIAL_FORMS"]))]
        last = len(keys) - 1
        changed = filled(page, **{f"time_off-{last}-note": f"of page {number}"})
        assert console.post(f"{PAGE}?time_off-page={number}", changed).status_code == 302
        assert TimeOff.objects.get(id=keys[last]).note == f"of page {number}"
        shown += keys

    assert shown == [str(row.id) for row in rows]
    assert TimeOff.objects.exclude(note="").count() == 3


def test_what_is_past_leaves_the_page_and_not_the_books(console, provider):
    away(60, first=clock.now() - timedelta(days=60))
    (coming,) = away(1, note="holiday")
    now = clock.now()
    TimeOff.objects.create(provider_id=RIDGE, start=now - timedelta(hours=1), end=now + timedelta(hours=1), note="now")

    given = filled(console.get(PAGE))

    assert [given[f"time_off-{index}-note"] for index in range(int(given["time_off-INITIAL_FORMS"]))] == [
        "now",
        "holiday",
    ]
    assert given["time_off-1-id"] == str(coming.id)
    assert save(console).status_code == 302
    assert TimeOff.objects.count() == 62


def test_a_page_of_a_table_that_there_is_not_is_its_first(console, provider):
    rows = away(30)

    for number in ("0", "-1", "99999", "x", "", "²", "1" * 5000):
        given = filled(console.get(PAGE, {"time_off-page": number}))
        assert given["time_off-0-id"] == str(rows[0].id), number


def test_a_row_that_moved_to_another_page_is_the_row_that_is_saved(console, provider):
    rows = away(40)
    page = console.get(PAGE, {"time_off-page": 2})
    away(1, first=clock.now() + timedelta(hours=3))  # Before all others, so each moves on by one.
    given = filled(page, **{"time_off-0-note": "dentist"})
    assert given["time_off-0-id"] == str(rows[15].id)

    refused = console.post(f"{PAGE}?time_off-page=2", given)
    assert "was added" in text_of(refused)
    assert console.post(f"{PAGE}?time_off-page=2", filled(refused)).status_code == 302

    assert list(TimeOff.objects.exclude(note="").values_list("id", "note")) == [(rows[15].id, "dentist")]


def test_the_tables_of_a_practice_are_tabs_which_say_whose_clock_their_times_are_on(console, provider):
    page = console.get(PAGE)
    html = page.content.decode()

    for tab in ("general", "services", "team_members", "opening_hours", "time_off"):
        assert f'href="#{tab}"' in html
        assert f"activeTab == '{tab}'" in html
    for times in ("Opening hours", "Time off"):
        assert f"{times}, on the clock of America/Denver" in text_of(page)
