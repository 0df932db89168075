"""The console under its Content-Security-Policy, in a browser that holds it: what Unfold needs works, no more."""

import pytest
from browser.signing_in import sign_in, signed_in

INLINE = (
    "() => { const one = document.createElement('script'); one.text = 'window.ran = 1'; document.body.append(one) }"
)


def test_alpine_opens_and_closes_what_it_holds(page, live_server, patient, staff):
    """Its words are made functions of: this is what 'unsafe-eval' is for."""
    patient.has_asked()
    signed_in(page, live_server)
    page.goto(f"{live_server.url}/admin/bookings/booking/?show=all")
    entry = page.get_by_role("link", name="Decline", exact=True)

    assert not entry.first.is_visible()
    page.get_by_text("more_horiz").click()
    entry.first.wait_for(state="visible")
    page.keyboard.press("Escape")
    page.locator("h1, h2").first.click()
    entry.first.wait_for(state="hidden")


@pytest.mark.parametrize("what", [INLINE, "() => document.body.setAttribute('onclick', 'window.ran = 1')"])
def test_a_script_inside_a_page_does_not_run(what, page, live_server, staff, broken):
    sign_in(page, live_server)

    page.evaluate(what)
    page.locator("body").click(position={"x": 5, "y": 5})

    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in one for one in broken)
    broken.clear()
