"""The sandbox's Google and Microsoft under findr's adapters; what holds for both is asked of both."""

import pytest
from django.core.cache import cache

from .people import PAT, sides


@pytest.fixture
def vendors(sandbox, time):
    """Both vendors, nobody's mailbox counted yet."""
    cache.clear()
    return sides(sandbox)


@pytest.fixture(params=["google", "microsoft"])
def side(request, vendors):
    return vendors[request.param]


@pytest.fixture(params=["google", "microsoft", "personal"])
def account(request, vendors):
    """A vendor and one of its accounts: those that are read in different ways."""
    return vendors[request.param]


@pytest.fixture
def access(account):
    return account.access(PAT)
