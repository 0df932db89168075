"""Mails as their readers see them: in a browser, wide and narrow, light and dark. The pictures are in `docs/screenshots`."""

import pytest
from acts import cancel, confirm, later, suggest, wall
from cast import fresh, run_jobs
from django.core import mail
from letters import html_of

from bookings.services.moves import move_visit

WIDE, NARROW = {"width": 760, "height": 900}, {"width": 360, "height": 740}
PAT, DESK = "pat@example.test", "ridge@example.test"
# Whatever hangs over the edge is read by nobody on a phone.
OVERHANG = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BUTTON = "getComputedStyle(document.querySelector('a.button')).backgroundColor"


@pytest.fixture
def mails(patient, provider, staff):
    """A mail of each look, by a name for its picture."""
    booking = patient.has_asked()
    suggest(
        provider, patient.has_asked(appointmentTime="14:00"), wall(8), wall(9, 16), wall(11, 9), message="Any of these?"
    )
    run_jobs()
    confirm(provider, booking, note="Please bring your insurance card, and come ten minutes early.")
    run_jobs()
    move_visit(booking_id=booking.id, start=later(fresh(booking.id), 3), reason="ill", actor=staff.actor)
    run_jobs()
    cancel(patient, booking)
    run_jobs()
    wanted = {
        "request": (DESK, "New booking request"),
        "suggested": (PAT, "Other times were suggested to you"),
        "confirmed": (PAT, "Your appointment is confirmed"),
        "moved": (PAT, "Your appointment was moved"),
        "cancelled": (PAT, "Your appointment was cancelled"),
    }
    return {
        name: next(html_of(one) for one in mail.outbox if one.to == [to] and one.subject.startswith(subject))
        for name, (to, subject) in wanted.items()
    }


def test_mails_are_readable_wide_and_narrow_light_and_dark(page, mails, picture):
    for name, html in mails.items():
        for size, viewport in (("wide", WIDE), ("narrow", NARROW)):
            page.set_viewport_size(viewport)
            page.set_content(html)
            assert page.evaluate(OVERHANG) == 0, (name, size)
            assert page.evaluate(BUTTON) == "rgb(11, 110, 95)", (name, size)
            width = page.locator("a.button").bounding_box()["width"]
            assert (width > 200) == (size == "narrow"), (name, size, width)
            picture(f"mail-{name}-{size}")
    page.emulate_media(color_scheme="dark")
    page.set_content(mails["confirmed"])
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == "rgb(27, 35, 43)"
    picture("mail-confirmed-dark")


def test_a_program_that_drops_the_head_shows_the_same_mail(page, mails, picture):
    """As many do: what counts is in the elements themselves."""
    page.set_viewport_size(WIDE)
    page.set_content(mails["confirmed"].split("</head>")[1])

    assert page.evaluate(BUTTON) == "rgb(11, 110, 95)"
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("h1").inner_text() == "Your appointment is confirmed"
    assert page.evaluate(OVERHANG) == 0
