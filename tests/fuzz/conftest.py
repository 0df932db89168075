"""How many requests are drawn, and with which seed: `bin/test --fuzz 200000 7`; a run of all tests draws 600."""

import os
from random import SystemRandom

import pytest
from web import started

A_ROUND = 2000
SHORT = 600
LIMITS = ("SIGN_IN_FAILURES", "STAFF_SIGN_IN_FAILURES", "REGISTER", "CREATE_BOOKING", "WRITE", "READ")


def _wanted():
    """How many, and the seed."""
    many, _, seed = os.environ.get("FINDR_FUZZ", "").partition(":")
    return int(many or SHORT), int(seed) if seed else SystemRandom().randrange(1_000_000)


MANY, SEED = _wanted()


def pytest_generate_tests(metafunc):
    if "numbers" in metafunc.fixturenames:
        rounds = [range(first, min(first + A_ROUND, MANY)) for first in range(0, MANY, A_ROUND)]
        metafunc.parametrize("numbers", rounds, ids=[f"{one[0]}-{one[-1]}" for one in rounds])


@pytest.fixture(scope="session")
def seed():
    return SEED


@pytest.fixture(scope="session")
def server(django_db_setup, django_db_blocker, sandbox_process, tmp_path_factory):
    """One that counts nobody's calls, and waits for nobody long."""
    patient = {f"RATE_{name}": "999999999/60" for name in LIMITS}
    patient |= {"MAX_OPEN_REQUESTS": "1000000", "RECEIVE_SECONDS": "5", "CALENDAR_RATE": "1000000/60"}
    for vendor in ("stripe", "google", "microsoft"):
        patient[f"{vendor.upper()}_BASE"] = getattr(sandbox_process, vendor).base_url
    with django_db_blocker.unblock(), started(tmp_path_factory.mktemp("fuzz") / "log", **patient) as server:
        yield server
