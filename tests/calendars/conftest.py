"""The practices' desks, at each vendor."""

import pytest
from calendar_accounts import VENDORS, Desk


@pytest.fixture(params=VENDORS)
def desk(request, provider, sandbox):
    """Ridge's desk, once with each vendor."""
    return Desk(provider, sandbox, request.param)


@pytest.fixture
def google(provider, sandbox):
    return Desk(provider, sandbox)
