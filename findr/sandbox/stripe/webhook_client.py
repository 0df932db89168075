"""Stripe's webhooks as tests and commands control them: ``SandboxClient.stripe.webhooks``."""

from __future__ import annotations

from typing import Any

from findr.sandbox.deliveries.client import DeliveriesClient
from findr.sandbox.vendor_client import Object


class WebhookClient(DeliveriesClient):
    """Where events go, how they are spoilt on the way (``forge``, ``postdate``), and what became of them."""

    def send_to(self, url: str, secret: str, **options: Any) -> Object:
        """Send events there from now on (``enabled_events retry_seconds timeout_seconds at_once``), until a reset."""
        return self._call("POST", "", {"url": url, "secret": secret, **options})

    def stop(self) -> Object:
        """Send no more."""
        return self._call("POST", "", {"url": None})
