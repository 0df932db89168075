"""A practice connects its calendar: from the portal's link through the vendor's consent page, and back to the portal."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from calendar_accounts import CAL, VENDORS, Desk, query_of

from calendars.models import CalendarConnection


class PortalPage(BaseHTTPRequestHandler):
    """Stands for the portal: a page that says that it was reached."""

    def do_GET(self):
        content = b"<!doctype html><title>Portal</title><h1>The portal</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_words):
        """Nobody reads it."""


@pytest.fixture
def portal(settings):
    """Where findr sends a browser back to."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), PortalPage)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    settings.PORTAL_URL = f"http://127.0.0.1:{server.server_port}"
    yield settings.PORTAL_URL
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture
def desk_at(page, portal, live_server, settings, provider, sandbox):
    """Ridge's desk, in front of a vendor's question."""

    def opened(vendor):
        setattr(settings, f"{vendor.upper()}_REDIRECT_URI", f"{live_server.url}/api/calendar/{vendor}/callback")
        desk = Desk(provider, sandbox, vendor)
        page.goto(desk.link())
        page.get_by_label("As").fill(CAL)
        return desk

    return opened


def click(page, portal, button):
    """Press it; with what the browser comes to the portal."""
    page.get_by_role("button", name=button).click()
    page.get_by_role("heading", name="The portal").wait_for()
    assert page.url.startswith(f"{portal}/calendar?")
    return query_of(page.url)


@pytest.mark.parametrize("vendor", VENDORS)
def test_who_allows_it_has_a_calendar_connected(page, picture, portal, desk_at, vendor):
    desk = desk_at(vendor)
    assert desk.status()["connected"] is False
    picture(f"consent-{vendor}")

    back = click(page, portal, "Allow")

    status = desk.status()
    assert back == {"calendar": "success", "provider": vendor}
    assert (status["connected"], status["provider"], status["email"]) == (True, vendor, CAL)
    assert status["tokenValid"] is True


@pytest.mark.lesson(41)
@pytest.mark.parametrize("vendor", VENDORS)
def test_going_back_in_the_browser_and_allowing_again_connects_nothing(page, portal, desk_at, vendor):
    """The link is good for one connection: its state is used up."""
    desk = desk_at(vendor)
    click(page, portal, "Allow")
    assert desk.disconnect().status == 200
    page.go_back()

    back = click(page, portal, "Allow")

    assert back == {"calendar": "error", "reason": "invalid_state"}
    assert desk.status()["connected"] is False


@pytest.mark.parametrize("vendor", VENDORS)
def test_who_denies_it_has_nothing_connected(page, portal, desk_at, vendor):
    desk = desk_at(vendor)

    back = click(page, portal, "Deny")

    assert back == {"calendar": "error", "reason": "access_denied"}
    assert desk.status()["connected"] is False
    assert not CalendarConnection.objects.exists()


@pytest.mark.lesson(52)
def test_who_unticks_one_permission_has_nothing_connected(page, portal, desk_at):
    desk = desk_at("google")
    page.get_by_label("View and edit events on all your calendars").uncheck()

    back = click(page, portal, "Allow")

    assert back == {"calendar": "error", "reason": "access_denied"}
    assert desk.status()["connected"] is False
    assert not CalendarConnection.objects.exists()
