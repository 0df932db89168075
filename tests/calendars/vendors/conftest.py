"""The sandbox's Google and Microsoft under findr's adapters; what holds for both is asked of both."""

import pytest

from findr import shared_redis

from .people import PAT, sides


@pytest.fixture
def vendors(sandbox, time, settings):
    """Both vendors, nobody's mailbox counted yet. Redis is waited for here, so that a slow machine counts too."""
    place = settings.CACHES["default"]
    settings.CACHES = {"default": {**place, "OPTIONS": {"socket_timeout": 20, "socket_connect_timeout": 20}}}
    shared_redis.client().flushdb()
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
