"""A real browser against a real server. Only where a Chromium is named: `FINDR_BROWSER=/usr/bin/chromium bin/test tests/browser`.

`FINDR_SCREENSHOTS` names a folder for pictures of the pages that a test passes.
"""

import os
from pathlib import Path

import pytest

BROWSER = os.environ.get("FINDR_BROWSER", "")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
collect_ignore_glob = [] if BROWSER else ["test_*.py"]


@pytest.fixture(scope="session")
def live_server(django_db_setup, live_server):  # noqa: PT019 - named first, so that the server ends before its database
    """findr over HTTP."""
    return live_server


@pytest.fixture
def page(stage, monkeypatch):
    """A fresh browser page that reaches this machine only; whatever else it asks for fails the test."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; the tests still use the database as tests do.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    strays, broken = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        opened.set_default_timeout(10_000)
        opened.on("request", lambda request: None if _is_ours(request.url) else strays.append(request.url))
        opened.on("pageerror", lambda error: broken.append(str(error)))
        yield opened
        browser.close()
    assert strays == []
    assert broken == []


def _is_ours(url):
    return url.startswith(("http://localhost:", "http://127.0.0.1:", "data:", "blob:"))


@pytest.fixture
def picture(page):
    """Take a picture of the page as it is now, if somebody wants pictures."""
    folder = os.environ.get("FINDR_SCREENSHOTS", "")

    def take(name):
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    return take
