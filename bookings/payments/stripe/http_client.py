"""How calls reach Stripe: the SDK's own interface for an HTTP client, over urllib3's pools.

The SDK's default goes through requests, which is as much work again as the call itself: sessions, cookies, redirects, hooks.
https://github.com/stripe/stripe-python#configuring-an-http-client
https://urllib3.readthedocs.io/en/stable/reference/urllib3.poolmanager.html
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import stripe
import urllib3
from django.conf import settings

CONNECT_SECONDS = 3.0


@cache
def _pools() -> urllib3.PoolManager:
    """Connections of this process, which its threads share; certificates are verified, by the authorities the SDK brings."""
    return urllib3.PoolManager(
        maxsize=settings.VENDOR_CALLS_AT_ONCE, ca_certs=stripe.ca_bundle_path, retries=False, cert_reqs="CERT_REQUIRED"
    )


class PooledClient(stripe.HTTPClient):
    """Sends what the SDK has made; no proxy of the environment, no redirect, no retry of its own.

    Args:
        seconds: of silence, after which nobody waits any longer.
    """

    name = "urllib3"

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self._timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=seconds)

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **others: Any
    ) -> tuple[Any, int, Mapping[str, str]]:
        """Body, status and headers of the answer, whatever its status.

        Raises:
            stripe.APIConnectionError: there is no answer; whether Stripe has done anything, nobody knows.
        """
        scheme, _, rest = url.partition("://")
        host, _, path = rest.partition("/")
        pool = _pool(f"{scheme}://{host}")
        try:
            answer = pool.urlopen(method.upper(), f"/{path}", post_data, headers, timeout=self._timeout, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            failure: Any = stripe.APIConnectionError
            raise failure(f"{type(error).__name__}: {error}", should_retry=False) from error
        return answer.data, answer.status, answer.headers


@cache
def _pool(base: str) -> urllib3.HTTPConnectionPool:
    return _pools().connection_from_url(base)
