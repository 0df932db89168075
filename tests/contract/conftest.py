"""The visitor who knocks at every door."""

import pytest
from cast import FREE, wish_at
from contract.doors import Visitor
from contract.scene import MOMENT


@pytest.fixture
def visitor(patient, provider, staff, sandbox, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    settings.MAX_OPEN_REQUESTS = 100
    return Visitor({"patient": patient, "provider": provider, "staff": staff}, sandbox)


@pytest.fixture
def ask(patient, time, settings):
    """Makes a free request, each at a time of its own."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    settings.MAX_OPEN_REQUESTS = 1000
    time.set(MOMENT)
    hours = iter(range(1000))

    def asked(who=patient, **more):
        number = next(hours)
        day, hour = divmod(number, 12)
        return who.has_asked(**wish_at(days=2 + day, hour=8 + hour, serviceId=str(FREE), **more))

    return asked
