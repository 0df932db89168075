"""A practice's week as people look at it: in the light and in the dark, by keyboard, on a phone."""

import re
from itertools import takewhile

import pytest
from admin.weeks import Week
from availability.books import copies
from browser.signing_in import signed_in
from calendar_accounts import Desk

from providers.models import OpeningHours, TeamMember

WEEK = "/admin/bookings/booking/week/{}/?week={}"
# Every text of the picture, with its contrast against what is behind it, the stripes of what is striped among that.
CONTRASTS = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    const rgb = colour => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const linear = part => part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const behind = one => {
        const style = getComputedStyle(one);
        const papers = [style.backgroundColor];
        if (style.backgroundImage !== 'none') papers.push(style.getPropertyValue('--stripe'));
        const solid = papers.map(rgb).filter(paper => paper[3] === 255);
        return solid.length ? solid : behind(one.parentElement);
    };
    const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    return [...document.querySelectorAll('.week-box, .week-box strong, .week-day header *, .week-ruler span, .week-nothing')]
        .filter(one => one.checkVisibility() && one.innerText.trim())
        .map(one => [one.innerText.trim(), Math.min(...behind(one).map(paper =>
            contrast(light(rgb(getComputedStyle(one).color)), light(paper))))]);
}"""
# What has the focus, and whether all that it says can be read.
FOCUSED = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect();
    return {text: one.textContent.replace(/\\s+/g, ' ').trim(), isOurs: !!one.closest('.week'),
        isWhole: one.scrollHeight <= one.clientHeight + 1 && one.scrollWidth <= one.clientWidth + 1,
        isMarked: getComputedStyle(one).outlineStyle !== 'none', isSeen: box.top >= 0 && box.bottom <= window.innerHeight};
}"""

# Where each thing begins: its day from left to right, its hour from top to bottom.
PLACES = """() => [...document.querySelectorAll('.week-day li')].filter(one => one.checkVisibility()).map(one => {
    return [one.closest('.week-day').getBoundingClientRect().x, one.getBoundingClientRect().y];
})"""
CUT_OFF = """() => [...document.querySelectorAll('.week-day .week-box')].filter(one =>
    one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)"""


@pytest.fixture
def full_week(patient, other_patient, provider, sandbox, staff):
    """One of everything, several lanes at one time, and what hours that were narrowed have left uncovered."""
    week = Week()
    visit = week.fill(patient, other_patient, provider, Desk(provider, sandbox))
    late = other_patient.has_asked(**week.wish(1, 16, 30))
    assert late.state == "confirmed"
    OpeningHours.objects.filter(provider=provider.id, weekday=1).update(closes="17:00")
    OpeningHours.objects.filter(provider=provider.id, weekday=6).delete()
    for name in ("Ana Ruiz", "Lee Park"):
        member = TeamMember.objects.create(provider=provider.provider, name=name)
        copies(late, [(visit.start, visit.end)], team_member=member)
    return visit


def tabbed_to(page):
    """What the next press of the key leads to."""
    page.keyboard.press("Tab")
    return page.evaluate(FOCUSED)


def texts_of(page):
    """All that the picture says, in the order of its markup."""
    return [" ".join(text.split()) for text in page.locator(".week-day .week-box").all_text_contents()]


def test_a_week_is_read_by_anybody(page, picture, live_server, provider, full_week):
    signed_in(page, live_server)
    week = live_server.url + WEEK.format(provider.id, full_week.start.date())

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(week)
        picture(f"week-{scheme}")
        contrasts = page.evaluate(CONTRASTS)
        assert len(contrasts) > 40
        assert [one for one in contrasts if one[1] < 4.5] == [], scheme
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    there = full_week.start.astimezone(provider.provider.zone)
    named = f"{there:%a, %b} {there.day} 9:00 AM to 10:00 AM Visit of Pat Doe, Evaluation, with Ridge Physical Therapy"
    assert page.get_by_role("region", name=f"{there:%a, %b} {there.day}").get_by_role("link", name=named).count() == 1

    page.get_by_role("button", name="Show").focus()
    met = list(takewhile(lambda one: one["isOurs"], (tabbed_to(page) for _ in range(20))))
    assert len(met) == page.locator(".week-day .week-box").count() == 11
    assert [one for one in met if not (one["isWhole"] and one["isMarked"] and one["isSeen"])] == []
    assert [one["text"] for one in met] == texts_of(page)
    assert page.evaluate(PLACES) == sorted(page.evaluate(PLACES))

    page.set_viewport_size({"width": 390, "height": 844})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(week)
        picture(f"week-phone-{scheme}")
        assert [one for one in page.evaluate(CONTRASTS) if one[1] < 4.5] == [], scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    tops = page.evaluate("[...document.querySelectorAll('.week-day')].map(one => one.getBoundingClientRect().top)")
    assert tops == sorted(set(tops))
    assert page.evaluate(CUT_OFF) == []


def test_a_week_is_found_from_the_practice_and_turned_over(page, picture, live_server, patient, provider, staff):
    kim = TeamMember.objects.get(provider=provider.id)
    asked = patient.has_asked(**Week().wish(0, 10, teamMemberId=str(kim.id)))
    request = re.compile("Request of Pat Doe")
    signed_in(page, live_server)
    page.goto(f"{live_server.url}/admin/providers/provider/{provider.id}/change/")
    page.get_by_role("link", name="Week", exact=True).click()
    page.get_by_text("today", exact=True).wait_for()
    picture("week-empty")
    for _ in range(3):
        if page.get_by_role("link", name=request).count() == 0:
            with page.expect_navigation():
                page.get_by_role("link", name="Next week").click()
    page.get_by_role("link", name=request).wait_for()
    page.get_by_label("Whose").select_option(label="Ridge Physical Therapy")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**lane=*")
    assert page.get_by_role("link", name=request).count() == 0
    page.get_by_label("Week of").fill(asked.start.date().isoformat())
    page.get_by_label("Whose").select_option(label="Alex Kim")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name=request).click()
    page.get_by_role("link", name="Its week").click()
    page.get_by_role("link", name=request).wait_for()
