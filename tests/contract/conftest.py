"""The visitor who knocks at every door."""

import pytest
from contract.doors import Visitor


@pytest.fixture
def visitor(patient, provider, sandbox, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000/60")
    settings.MAX_OPEN_REQUESTS = 100
    return Visitor({"patient": patient, "provider": provider}, sandbox)
