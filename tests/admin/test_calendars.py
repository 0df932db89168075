"""Connected calendars in the console: whose they are, how they fare, and what staff do when their owner asks."""

import pytest
from admin.forms import filled
from admin.pages import editable, text_of, told
from calendar_accounts import CAL, OTHER, Desk
from cast import fresh, run_jobs, wish_at
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from calendars.models import CalendarConnection, CalendarEvent
from calendars.services.health import declare_dead
from calendars.tasks import sweep_events
from calendars.vendors.base import CalendarError
from calendars.words import _WHY
from findr import clock
from findr.accounts.models import AccountRole, User
from providers.demo import PASSWORD
from providers.models import TeamMember

LIST = "/admin/calendars/calendarconnection/"
# A console page asks no more (lesson 68).
MOST_STATEMENTS = 15


@pytest.fixture
def desk(provider, sandbox):
    return Desk(provider, sandbox)


@pytest.fixture
def member(stage):
    """A staff member without further rights."""
    client = Client()
    client.force_login(User.objects.create_user("desk@example.test", PASSWORD, role=AccountRole.STAFF))
    return client


def page_of(connection):
    return f"{LIST}{connection.pk}/change/"


def act(console, connection, name, reason="Its owner asked us to."):
    """Open the page of an action, give a reason and send it."""
    path = f"{LIST}{connection.pk}/{name}/"
    return console.post(path, filled(console.get(path), reason=reason))


def now(connection):
    return CalendarConnection.objects.get(pk=connection.pk)


def standing(desk):
    return [event["title"] for event in desk.accounts.events(CAL) if event["status"] != "cancelled"]


def listed(page):
    return [row.account_email for row in page.context_data["cl"].queryset]


def test_connections_are_listed_with_their_owner_and_how_they_fare(console, desk, provider, sandbox):
    kim = TeamMember.objects.get(provider=provider.id)
    desk.connect(CAL)
    dead = Desk(provider, sandbox, "microsoft", member=kim).connect(OTHER)
    declare_dead(dead)

    page = console.get(LIST)

    for fact in (
        CAL,
        OTHER,
        "Google",
        "Microsoft",
        "Ridge Physical Therapy",
        kim.name,
        "active",
        "must be connected again",
    ):
        assert fact in text_of(page), fact
    assert "The consent is gone: its owner must connect the account again. Its owner was told" in text_of(page)
    asked = {
        ("status__exact", "needs_reauth"): [OTHER],
        ("vendor__exact", "google"): [CAL],
        ("q", "ridge"): [OTHER, CAL],
        ("q", "alex kim"): [OTHER],
        ("q", CAL): [CAL],
        ("q", "nobody"): [],
    }
    assert {one: listed(console.get(LIST, dict([one]))) for one in asked} == asked


def test_the_page_of_one_shows_all_but_its_tokens_and_nobody_edits_it(console, desk):
    connection = desk.connect()

    page = console.get(page_of(connection))

    for fact in (
        CAL,
        "Google",
        "The practice's own",
        connection.target_calendar,
        "calendar.events",
        "calendar.freebusy",
    ):
        assert fact in text_of(page), fact
    assert "That it is a visit, and no more" in text_of(page)
    for column in ("access_token", "refresh_token"):
        assert connection.token(column) not in page.content.decode()
        assert column not in page.content.decode()
    assert editable(page) == []
    assert console.post(page_of(connection), {"status": "active", "access_token": "mine"}).status_code == 403
    for forbidden in (f"{LIST}add/", f"{LIST}{connection.pk}/delete/"):
        assert console.get(forbidden).status_code == 403


def test_failures_are_told_in_words(console, desk, patient):
    connection = desk.connect()
    desk.accounts.fail(403, operation=desk.accounts.asks_busy)
    patient.has_asked()

    for page in (console.get(LIST), console.get(page_of(connection))):
        assert "failing" in text_of(page)
        assert "The consent does not cover it, or the account's administrator forbids it." in text_of(page)
    assert now(connection).told_at is not None
    assert "failing 1 failure" in text_of(console.get(LIST))


def test_each_way_to_fail_has_words():
    codes, kinds = set(), [CalendarError]
    while kinds:
        kind = kinds.pop()
        codes.add(kind.code)
        kinds.extend(kind.__subclasses__())

    assert codes | {"defect"} == set(_WHY)


def test_what_must_be_connected_again_is_a_number_on_the_first_page(console, desk):
    connection = desk.connect()
    assert "Calendars to connect again 0" in text_of(console.get("/admin/"))

    declare_dead(connection)

    front = console.get("/admin/")
    assert "Calendars to connect again 1" in text_of(front)
    assert f'href="{LIST}?status__exact=needs_reauth"' in front.content.decode()


@pytest.mark.lesson(37, 43)
def test_staff_disconnect_for_the_owner(console, staff, desk, patient):
    connection = desk.connect()
    patient.has_asked()
    run_jobs()
    mail.outbox.clear()

    question = text_of(console.get(f"{LIST}{connection.pk}/disconnect/"))
    assert "The event of 1 visit to come stays" in question
    assert now(connection).status == "active"
    answer = act(console, connection, "disconnect", reason="They left the practice.")

    assert answer.url == page_of(connection)
    assert told(answer) == [f"Google calendar of {CAL}: Disconnected."]
    assert (now(connection).status, bytes(now(connection).refresh_token)) == ("disconnected", b"")
    assert all(grant["dead"] for grant in desk.accounts.oauth.grants())
    (entry,) = LogEntry.objects.all()
    assert (entry.user_id, entry.object_id) == (staff.user.id, str(connection.pk))
    assert entry.change_message == "Disconnected. Reason: They left the practice."
    run_jobs()
    assert [one.to for one in mail.outbox] == [["ridge@example.test"]]


def test_a_second_click_disconnects_nothing_that_was_connected_since(console, desk):
    old = desk.connect()
    path = f"{LIST}{old.pk}/disconnect/"
    form = filled(console.get(path), reason="They asked.")
    console.post(path, form)
    again = desk.connect()

    answer = console.post(path, form)

    assert again.pk == old.pk  # The same account is the same row.
    assert now(again).status == "active"
    assert told(answer)[-1].endswith("it has changed since the page was opened, so nothing was done.")
    assert LogEntry.objects.count() == 1


def test_nothing_is_done_without_a_reason(console, desk):
    connection = desk.connect()

    for name in ("disconnect", "show-service"):
        assert "This field is required." in text_of(act(console, connection, name, reason=" "))

    assert (now(connection).status, now(connection).names_service) == ("active", False)


def test_the_service_is_shown_if_the_owner_wants_it_and_hidden_again_everywhere(console, desk, patient):
    connection = desk.connect()
    patient.has_asked()
    run_jobs()

    act(console, connection, "show-service")
    named = patient.has_asked(**wish_at(days=9))
    run_jobs()
    assert standing(desk) == ["findr visit", f"findr visit: {named.service_name}"]
    assert "The service's name" in text_of(console.get(page_of(connection)))
    act(console, connection, "hide-service", reason="They changed their mind.")
    sweep_events()

    assert standing(desk) == ["findr visit", "findr visit"]
    assert not CalendarEvent.objects.exclude(state="synced").exists()
    assert fresh(named.id).state == "confirmed"
    assert [entry.change_message for entry in LogEntry.objects.order_by("id")] == [
        "The service's name is shown. Reason: Its owner asked us to.",
        "The service's name is hidden. Reason: They changed their mind.",
    ]


def test_it_offers_only_what_can_be_done(console, desk):
    connection = desk.connect()
    names = ("show-service", "hide-service", "disconnect")

    def offered():
        page = console.get(page_of(connection)).content.decode()
        return [name for name in names if f"{LIST}{connection.pk}/{name}/" in page]

    assert offered() == ["show-service", "disconnect"]
    act(console, connection, "show-service")
    assert offered() == ["hide-service", "disconnect"]
    act(console, connection, "disconnect")
    assert offered() == []


def test_acting_takes_a_right_and_looking_does_not(desk, member):
    connection = desk.connect()

    assert [member.get(path).status_code for path in (LIST, page_of(connection))] == [200, 200]
    for name in ("disconnect", "show-service", "hide-service"):
        path = f"{LIST}{connection.pk}/{name}/"
        assert path not in member.get(page_of(connection)).content.decode()
        assert [member.get(path).status_code, member.post(path, {"reason": "mine"}).status_code] == [403, 403]
    assert now(connection).status == "active"


def test_strangers_see_none_of_it(desk, patient, provider):
    connection = desk.connect()
    for person in (patient, provider):
        client = Client()
        client.force_login(person.user)
        for path in (LIST, page_of(connection), f"{LIST}{connection.pk}/disconnect/"):
            assert client.get(path).url.startswith("/admin/login/")


def test_an_unknown_connection_is_not_an_error(console, staff):
    for unknown in (staff.user.id, "nonsense"):
        assert console.get(f"{LIST}{unknown}/change/").status_code == 302
        assert console.get(f"{LIST}{unknown}/disconnect/").status_code == 404


def test_pages_ask_few_statements_however_much_there_is(console, desk, patient, other_patient, provider):
    connection = desk.connect()
    patient.has_asked()
    run_jobs()
    CalendarConnection.objects.bulk_create(
        CalendarConnection(
            provider=provider.provider,
            vendor="google",
            account_email=f"old{number}@example.test",
            target_calendar="primary",
            conflict_calendars=["primary"],
            status="disconnected",
            claimed_until=clock.now(),
        )
        for number in range(60)
    )
    event = CalendarEvent.objects.get()

    asked = {}
    for path in (
        "/admin/",
        LIST,
        page_of(connection),
        f"{LIST}{connection.pk}/disconnect/",
        "/admin/calendars/calendarevent/",
        "/admin/calendars/calendarevent/?standing=wrong",
        f"/admin/calendars/calendarevent/{event.pk}/change/",
        f"/admin/bookings/booking/{event.booking_id}/change/",
        f"/admin/bookings/booking/{event.booking_id}/calendar/",
    ):
        console.get(path)  # What a process looks up once.
        with CaptureQueriesContext(database) as statements:
            assert console.get(path).status_code == 200
        asked[path] = len(statements)

    assert {path: number for path, number in asked.items() if number > MOST_STATEMENTS} == {}
