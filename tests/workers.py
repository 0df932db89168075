"""A run in several processes (pytest-xdist): each has a database, a Redis database and vendors of its own.

Which tests are slow, and which must be in one process, is said here and nowhere else.
"""

import ctypes
import gc
import os
import signal
import sys
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from django.conf import settings
from drawing import EVERY_CASE, cases_drawn
from notes import notes_of
from pytest_django.plugin import blocking_manager_key

HERE = Path(__file__).parent
TEMPLATE = "findr_template"

# What `bin/test --fast` leaves out: browsers, chaos, generated requests, killed processes, servers started for a test
# alone, and what is played by the dozen (races, drawn stories, everything that can be wrong at every door or on every page of
# the console, every outage of a vendor, the mirror of calendars). What is left is each transition as it should go, the rules, and the sandbox.
SLOW = (
    *(
        "admin",
        "browser",
        "chaos/test_chaos.py",
        "chaos/test_model.py",
        "concurrency",
        "fuzz",
        "reliability",
        "serving",
        "realtime",
    ),
    *("accounts/test_boot.py", "accounts/test_guessing.py", "accounts/test_sessions.py"),
    *("accounts/test_tokens_of_many.py", "availability/test_a_model_agrees.py"),
    *("bookings/test_accepting_goes_wrong.py", "bookings/test_books.py", "bookings/test_books_by_night.py"),
    *("bookings/test_books_by_the_page.py", "bookings/test_books_of_money_and_time.py"),
    "bookings/test_books_of_tellings.py",
    *(
        "bookings/test_books_repaired.py",
        "bookings/test_calls_that_died.py",
        "bookings/test_cancellation_fee_percent.py",
    ),
    *(
        "bookings/test_cancelling_under_way.py",
        "bookings/test_defects_of_ours.py",
        "bookings/test_done_at_the_vendor.py",
    ),
    *("bookings/test_feed_of_changes.py", "bookings/test_feed_of_requests.py", "bookings/test_idempotency.py"),
    *("bookings/test_late_news.py", "bookings/test_long_lists.py", "bookings/test_meanwhile.py"),
    *("bookings/test_migrations.py", "bookings/test_moves_refused.py", "bookings/test_odd_answers.py"),
    *("bookings/test_odd_answers_about_money.py", "bookings/test_practice_not_approved.py"),
    *("bookings/test_request_booking_outages.py", "bookings/test_suggestions_end.py"),
    *("bookings/test_suggestions_refused.py", "bookings/test_switched_off.py", "bookings/test_three_d_secure.py"),
    *("bookings/test_wallet.py", "bookings/test_wallet_outages.py", "bookings/test_webhook_payments.py"),
    "bookings/test_webhook_signatures.py",
    *("calendars/vendors", "calendars/test_backlog.py", "calendars/test_changed_outside.py"),
    *("calendars/test_channels.py", "calendars/test_choosing.py", "calendars/test_consents.py"),
    *("calendars/test_diagnostics.py", "calendars/test_health.py", "calendars/test_many_busy_times.py"),
    *("calendars/test_mirror.py", "calendars/test_mirror_converges.py", "calendars/test_rotation.py"),
    "calendars/test_the_calendar_decides.py",
    *("calendars/test_tokens.py", "calendars/test_unreadable.py", "calendars/test_writing.py"),
    *("contract/test_access.py", "contract/test_detail.py", "contract/test_inputs.py", "contract/test_keys.py"),
    *("contract/test_lists.py", "contract/test_lists_by_date.py", "contract/test_reads.py", "contract/test_samples.py"),
    *("contract/test_strange_text.py", "contract/test_suggestions.py", "contract/test_times.py"),
    *("devstack/test_commands.py", "devstack/test_demo_calendars.py", "devstack/test_processes.py"),
    *("devstack/test_servers.py", "mails/test_bounces.py", "mails/test_sending.py"),
    *("push/test_diagnostics.py", "push/test_fcm.py", "push/test_many.py", "push/test_trouble.py"),
    *("sandbox/test_google_process.py", "sandbox/test_microsoft_misbehaviour.py", "sandbox/test_sandbox_process.py"),
)
# What waits, for other processes above all, more than it computes; the slowest first.
WAITING = (
    *("chaos/test_chaos.py", "serving/test_tour.py", "fuzz", "chaos/test_model.py", "reliability", "concurrency"),
    *("browser", "serving", "realtime", "accounts/test_boot.py"),
)
# The share of the others among which these are spread.
MIXED = 0.8
# Tests that share what is costly to start (a server), or that must not meet each other (chaos keeps a machine busy).
TOGETHER = (
    *("chaos/test_chaos.py", "serving/test_in_front.py", "serving/test_one_port.py"),
    *("serving/test_web_process.py", "serving/test_behind_nginx.py"),
    # Each has a server.
    *("realtime/test_conversation.py", "realtime/test_ending.py", "realtime/test_handshake.py"),
    *("realtime/test_resume.py", "realtime/test_socket_process.py", "realtime/test_socket_samples.py"),
)

# What pytest-django prepares for every test, and none of ours asks for: half of the fixtures of most.
UNUSED = {
    *("_django_clear_site_cache", "_django_db_marker", "_django_isolate_apps", "_django_set_urlconf"),
    *("_django_setup_unittest", "_live_server_helper", "_template_string_if_invalid_marker"),
}

PR_SET_PDEATHSIG = 1
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


# --- Choosing and sorting ---------------------------------------------------------------------------------------------
def pytest_addoption(parser):
    parser.addoption("--fast", action="store_true", help=f"leave out the slow tests: {', '.join(SLOW)}")


def pytest_ignore_collect(collection_path, config):
    """A fast run does not even read what it leaves out: each of its processes would."""
    return True if config.getoption("--fast") and collection_path in {HERE / place for place in SLOW} else None


def pytest_collection_modifyitems(config, items):
    if WORKER and not EVERY_CASE:
        items[:], left = cases_drawn(items)
        config.hook.pytest_deselected(items=left)
        notes_of(config).append(
            f"drawn by the moment of its beginning: {len(left)} cases of tables are left to other runs; all: FINDR_EVERY_CASE=1"
        )
    for item in items:
        if _is_in(item, SLOW):
            item.add_marker("slow")
        item.fixturenames[:] = [name for name in item.fixturenames if name not in UNUSED]
    if WORKER:
        items[:] = _mixed(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    """All that is loaded by now stays: the collector need not look at it again, and seldom at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    gc.enable()
    return (yield)


def _is_in(item, places):
    return not _around(item.path).isdisjoint(places)


@cache
def _around(path):
    """A test's file and the folders that it is in, as they are named here."""
    place = path.relative_to(HERE)
    return {place.as_posix(), *(folder.as_posix() for folder in place.parents)}


def _mixed(items):
    """Those that wait, each followed by some that compute: the processors are never without work, and in the end no process is
    left alone with a slow one.
    """
    waiting = {}
    for item in sorted(items, key=_turn):
        if _turn(item) < len(WAITING):
            waiting.setdefault(_scope(item.nodeid), []).append(item)
    computing = [item for item in items if _turn(item) == len(WAITING)]
    each, others, mixed = int(MIXED * len(computing) / max(1, len(waiting))), iter(computing), []
    for group in waiting.values():
        mixed += [*group, *islice(others, each)]
    return [*mixed, *others]


def _turn(item):
    return next((turn for turn, place in enumerate(WAITING) if _is_in(item, [place])), len(WAITING))


def _scope(nodeid):
    """What is run by one process, one after the other."""
    return next((place for place in TOGETHER if nodeid.startswith(f"{HERE.name}/{place}::")), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Test by test, but for what is `TOGETHER`. (The marks of pytest-xdist 3.8 for this do nothing under pytest 9.2.)"""
    from xdist.scheduler import LoadScopeScheduling

    class ByTestOrPlace(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return _scope(nodeid)

    return ByTestOrPlace(config, log)


# --- What each process has for itself -----------------------------------------------------------------------------------
def pytest_configure(config):
    gc.disable()  # Until all is loaded and collected, and the database made.
    if WORKER:
        if sys.platform == "linux":  # A run that is killed leaves nobody behind.
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = TEMPLATE
        place = f"{settings.REDIS_URL}?db={1 + int(WORKER.removeprefix('gw'))}"
        # Also for the processes that a test starts.
        settings.REDIS_URL = settings.CACHES["default"]["LOCATION"] = os.environ["REDIS_URL"] = place


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config, specs):
    """The database is made once, and then copied for each process."""
    from django.core.management import call_command
    from django.db import connections

    connection = connections["default"]
    here = connection.settings_dict
    own = here["NAME"]
    with config.stash[blocking_manager_key].unblock():
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {TEMPLATE}")
        here["NAME"] = TEMPLATE
        call_command("migrate", interactive=False, verbosity=0)
        connection.close()
        connection.close_pool()
        here["NAME"] = own


# --- What they have to say ------------------------------------------------------------------------------------------------
@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if WORKER:
        session.config.workeroutput["notes"] = notes_of(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    notes_of(node.config).extend(getattr(node, "workeroutput", {}).get("notes", []))


def pytest_terminal_summary(terminalreporter, config):
    for line in dict.fromkeys(notes_of(config)):
        terminalreporter.write_line(line)
