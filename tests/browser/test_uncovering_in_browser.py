"""Staff enter time off over what is booked: they see it, save all the same, and find it again."""

import json

from acts import confirm, suggest, wall_later
from browser.signing_in import signed_in
from cast import fresh, wish_at

from providers.models import TeamMember, TimeOff

CUT_OFF = """() => [...document.querySelectorAll('.data-row > td')].filter(cell =>
    cell.scrollWidth > cell.clientWidth + 1 || cell.getBoundingClientRect().right > window.innerWidth)
    .map(cell => cell.innerText)"""


def test_time_off_over_visits(page, picture, live_server, patient, other_patient, provider, staff):
    member = TeamMember.objects.get(provider=provider.provider)
    visit = patient.has_asked(teamMemberId=str(member.id))
    request, other = other_patient.has_asked(**wish_at(days=8)), patient.has_asked(**wish_at(days=9))
    assert confirm(provider, visit).status == 200
    assert suggest(provider, other, wall_later(request, 0)).status == 200
    first, last = (one.start.astimezone(provider.provider.zone).date() for one in (visit, request))
    signed_in(page, live_server)

    page.goto(f"{live_server.url}/admin/providers/provider/{provider.id}/change/#time_off")
    page.get_by_text("Add another Time off").click()
    page.locator("input[name='time_off-0-start']").fill(f"{first}T08:00")
    page.locator("input[name='time_off-0-end']").fill(f"{last}T20:00")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("3 visits, requests or suggested times would then lie").wait_for()
    for name, width, scheme in (("light", 1280, "light"), ("dark", 1280, "dark"), ("phone", 400, "light")):
        page.set_viewport_size({"width": width, "height": 860})
        page.evaluate(f"document.documentElement.classList.toggle('dark', {json.dumps(scheme == 'dark')})")
        picture(f"uncovering-{name}")
        assert page.evaluate(CUT_OFF) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.set_viewport_size({"width": 1280, "height": 860})
    assert TimeOff.objects.count() == 0

    page.get_by_role("button", name="Save all the same").click()
    page.get_by_text("was changed successfully").wait_for()
    assert TimeOff.objects.count() == 1
    assert fresh(visit.id).state == "confirmed"

    page.goto(f"{live_server.url}/admin/bookings/booking/?show=uncovered")
    page.locator("#result_list").wait_for()
    picture("uncovered-list")
    assert page.locator("#result_list tbody tr").count() == 3
    page.get_by_role("link", name=visit.number).click()
    page.get_by_text("10:00 AM to 11:00 AM America/Denver lies in time off.", exact=False).wait_for()
    for name, width, scheme in (("light", 1280, "light"), ("dark", 1280, "dark"), ("phone", 400, "light")):
        page.set_viewport_size({"width": width, "height": 860})
        page.evaluate(f"document.documentElement.classList.toggle('dark', {json.dumps(scheme == 'dark')})")
        picture(f"uncovered-booking-{name}")
