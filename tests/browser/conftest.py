"""A real browser against a real server: part of every run on a machine that has a Chromium.

`FINDR_BROWSER` names its program, if it is not on the PATH. `FINDR_SCREENSHOTS` names a folder for pictures of the
pages that a test passes.
"""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.db import connections
from notes import notes_of

HERE = Path(__file__).parent
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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
PROGRAM = pytest.StashKey[str]()
LEFT_OUT = pytest.StashKey[int]()


def find_browser():
    """A Chromium that starts; blank if this machine has none. Some systems have a program that only advertises one."""
    named = os.environ.get("FINDR_BROWSER", "")
    for name in [named] if named else NAMES:
        program = shutil.which(name)
        if program and subprocess.run([program, "--version"], capture_output=True, timeout=30).returncode == 0:
            return program
    return ""


def pytest_collection_modifyitems(config, items):
    """Without a browser these tests are left out of the run, and the run says so at its end."""
    ours = [item for item in items if HERE in item.path.parents]
    if not ours:
        return
    config.stash[PROGRAM] = find_browser()
    if not config.stash[PROGRAM]:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]
        config.stash[LEFT_OUT] = len(ours)
        notes_of(config).append(
            f"{len(ours)} browser tests were left out: no Chromium was found (FINDR_BROWSER can name one)."
        )


def pytest_sessionfinish(session, exitstatus):
    if session.config.stash.get(LEFT_OUT, 0) and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


@pytest.fixture(scope="session")
def live_server(django_db_setup, live_server):
    """findr over HTTP. The database is named first, so that the server ends before it."""
    return live_server


@pytest.fixture(scope="session")
def browser(request):
    """One Chromium for all tests of a process: to start it takes longer than most of them do.

    Playwright runs an event loop in this thread. It is put aside between the tests that have a page: to everybody else there
    is none, or Django would refuse to use the database.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        loop = asyncio.get_running_loop()
        browser = playwright.chromium.launch(executable_path=request.config.stash[PROGRAM], args=list(FLAGS))
        asyncio._set_running_loop(None)
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture
def broken():
    """What a page could not do; nothing, at the end of a test."""
    return []


@pytest.fixture
def page(stage, browser, monkeypatch, broken):
    """A page of a fresh browser profile that reaches this machine only; whatever else it asks for fails the test."""
    # Beside Playwright's event loop the tests still use the database as tests do.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    strays = []
    chromium, loop = browser
    asyncio._set_running_loop(loop)
    with chromium.new_context(viewport={"width": 1280, "height": 860}) as context:
        opened = context.new_page()
        opened.set_default_timeout(90_000)
        opened.on("request", lambda request: None if _is_ours(request.url) else strays.append(request.url))
        opened.on("pageerror", lambda error: broken.append(str(error)))
        # What the page's own policy keeps it from loading or doing is told here only.
        opened.on("console", lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None)
        yield opened
    # Beside an event loop Django keeps a connection of its own, which nobody else would close.
    connections.close_all()
    asyncio._set_running_loop(None)
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
