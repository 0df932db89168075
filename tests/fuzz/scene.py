"""What the drawn requests are about: the demonstration's cast, bookings of theirs, and the console with its forms."""

from html.parser import HTMLParser

from cast import HOUR, RIDGE, Person, wish_at
from contract.doors import DOORS, Visitor, asked_for, soon
from contract.routes import api_routes, console_pages
from django.test import Client
from fuzz.drawn import Facts

from bookings.models import BookFinding
from findr.accounts.models import User
from providers.models import Provider

BOOKINGS = 24
# Signing out, and the files of others' apps, would only end the round.
LEFT_OUT = ("logout", "/admin/jsi18n/")


def scene(people: dict[str, Person], sandbox) -> Facts:
    """Bookings to act on, and all that a request may name."""
    visitor = Visitor(people, sandbox)
    bookings = [people["patient"].has_asked(**asked_for(number)) for number in range(BOOKINGS)]
    for number, booking in enumerate(bookings[::4]):
        start = soon(number + 60).isoformat()
        assert people["provider"].post(f"/api/bookings/{booking.id}/reschedule", {"proposedStart": start}).status == 200
    visitor.subject_of(DOORS["choose calendars"])
    # Who may do the most reaches the most.
    User.objects.filter(id=people["staff"].user.id).update(is_superuser=True)
    client = Client()
    client.force_login(people["staff"].user, backend="findr.accounts.backends.StaffBackend")
    ids = _ids(bookings)
    pages = [page for page in sorted(console_pages()) if not any(word in page for word in LEFT_OUT)]
    forms, csrf = _forms(client, pages, ids)
    return Facts(
        routes=[*_split(api_routes()), *_console_routes(pages, forms)],
        bodies=_bodies(visitor, [str(booking.id) for booking in bookings]),
        forms=forms,
        ids=ids,
        tokens={name: person.token for name, person in people.items()},
        owners=_owners(),
        session=client.cookies["sessionid"].value,
        csrf=csrf,
    )


def _owners():
    """By route: whose call it is, where it is not a patient's."""
    found = {tuple(door.route.split(" ", 1)): door.who for door in DOORS.values() if door.who}
    mine = ("/bookings/provider", "/calendar/")
    return found | {("GET", path): "provider" for _, path in _split(api_routes()) if any(one in path for one in mine)}


def _split(routes):
    return [tuple(route.split(" ", 1)) for route in sorted(routes)]


def _console_routes(pages, forms):
    return [("GET", page) for page in pages] + [("POST", page) for page in pages if page in forms]


def _ids(bookings):
    ours = [str(booking.id) for booking in bookings]
    people = list(map(str, User.objects.values_list("id", flat=True)))
    practices = list(map(str, Provider.objects.values_list("id", flat=True)))
    findings = list(map(str, BookFinding.objects.values_list("id", flat=True)))
    return {
        "booking_id": ours,
        "user_id": people,
        "provider_id": practices,
        "method_id": ["pm_card_visa", "pm_1"],
        "": [*ours[:6], *people, *practices, *findings, "1", "2", "confirm", "decline", "cancel", "bookings"],
    }


def _bodies(visitor, bookings):
    """By route: what each door takes."""
    found = {}
    for door in DOORS.values():
        if door.suggested:
            body = {"suggestedTimeId": bookings[0], "selectedDate": "2026-12-08", "selectedTime": "10:00"}
        else:
            body = visitor.good_body(door)
        method, path = door.route.split(" ", 1)
        found.setdefault((method, path), []).append(body)
    found["POST", "/api/bookings"] = [asked_for(number + BOOKINGS) for number in range(200)] + [
        wish_at(days=9, serviceId=str(HOUR), providerId=str(RIDGE), startTime="2027-01-05T17:00:00Z")
    ]
    return found


class _Fields(HTMLParser):
    """The fields of the last form of a page."""

    def __init__(self):
        super().__init__()
        self.fields = {}

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in ("input", "select", "textarea") and given.get("name"):
            self.fields[given["name"]] = given.get("value") or "1"


def _forms(client, pages, ids):
    """By page: what its form holds, as a browser would have it."""
    forms, csrf = {}, ""
    for page in pages:
        parts = [ids.get(part[1:], ids[""])[0] if part.startswith(":") else part for part in page.split("/")]
        for choice in (parts, *[[{":object_id": one}.get(part, part) for part in page.split("/")] for one in ids[""]]):
            response = client.get("/".join(choice))
            if response.status_code == 200 and b"csrfmiddlewaretoken" in response.content:
                fields = _Fields()
                fields.feed(response.text)
                csrf = fields.fields["csrfmiddlewaretoken"]
                forms[page] = fields.fields
                break
            if ":" not in page:
                break
    return forms, client.cookies["csrftoken"].value if "csrftoken" in client.cookies else csrf
