"""What people write is shown in the console as they wrote it, and never becomes part of the page."""

import re
from html import escape

import pytest
from admin.actions import decide
from admin.pages import LIST, page_of
from cast import wish_at

from bookings.models import Booking
from findr.accounts.models import User
from providers.models import Provider, Service

SCRIPT = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>"
HOSTILE = f"{SCRIPT} &amp; {{{{ 7|add:7 }}}} {{% now 'Y' %}} \u202eright to left\u202c عربي"
SHOWN = escape(HOSTILE)
# Every page that shows people's words: the queue, all bookings, a search, the front page, the booking, its forms.
PAGES = (
    LIST,
    f"{LIST}?show=all",
    f"{LIST}?q=Mallory",
    "/admin/",
    "/admin/accounts/user/",
    "/admin/providers/provider/",
)


@pytest.fixture
def hostile(patient, provider):
    """A request of somebody whose name, notes and practice are hostile, with suggested times and a message."""
    User.objects.filter(id=patient.user.id).update(first_name="Mallory", last_name=HOSTILE[:100], phone=SCRIPT[:40])
    Provider.objects.filter(id=provider.id).update(practice_name=HOSTILE[:200])
    Service.objects.filter(provider_id=provider.id).update(name=HOSTILE[:200], category=SCRIPT[:100])
    booking = patient.has_asked(notes=HOSTILE + "x" * (2000 - len(HOSTILE)))
    start = f"{wish_at(days=9)['appointmentDate']}T10:00:00"
    told = {"proposedStart": start, "message": HOSTILE + "x" * (500 - len(HOSTILE))}
    assert provider.post(f"/api/bookings/{booking.id}/reschedule", told).status == 200
    return booking


def is_harmless(page):
    """Nothing of what was written is markup, or was taken for a template."""
    html = page.content.decode()
    assert page.status_code == 200
    assert "alert('x')</script>" not in html
    assert "<img src=x" not in html
    assert "14 {%" not in html
    assert escape("<script>alert(") in html
    return html


def test_hostile_words_are_shown_escaped_on_every_page_and_form(console, hostile):
    for path in PAGES:
        is_harmless(console.get(path))
    for name in ("confirm", "decline", "suggest", "cancel"):
        is_harmless(console.get(f"{LIST}{hostile.id}/{name}/"))

    page = is_harmless(console.get(page_of(hostile)))

    assert SHOWN in page
    assert f"{SHOWN}{'x' * (500 - len(HOSTILE))}" in page


def test_hostile_reasons_of_staff_are_shown_escaped(console, hostile):
    again = decide(console, "cancel", hostile, reason=HOSTILE * 9)  # Too long: it comes back, to be put right.
    is_harmless(again)
    assert SHOWN in re.search(r"(?s)<textarea.*?</textarea>", again.content.decode())[0]

    answer = decide(console, "cancel", hostile, reason=HOSTILE)

    assert answer.status_code == 302
    assert Booking.objects.get().cancellation_reason == HOSTILE
    assert is_harmless(console.get(page_of(hostile))).count(SHOWN) >= 2  # As the reason, and in the history.
