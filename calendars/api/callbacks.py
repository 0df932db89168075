"""Where the vendors send a browser back to (contract 17): no token, the `state` says whose consent it is."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponseRedirect
from rest_framework.request import Request

from calendars.models import VendorName
from calendars.services.connecting import NotConnected, finish_consent
from findr.accounts.permissions import Anybody
from findr.api.endpoint import Endpoint
from findr.vendors.budget import Budget


class Callback(Endpoint):
    """GET /api/calendar/google/callback and /microsoft: a GET that writes, since OAuth has it so; a `state` works once."""

    authentication_classes = []
    permission_classes = [Anybody]
    # A HEAD, of a scanner of links perhaps, must not use up what the browser comes with.
    http_method_names = ["get"]
    vendor: VendorName = VendorName.GOOGLE  # The URLs say which.

    def get(self, request: Request) -> HttpResponseRedirect:
        """Connect the account, and go back to the portal."""
        try:
            finish_consent(vendor=self.vendor, answer=request.query_params.dict(), budget=Budget())
        except NotConnected as failure:
            return _portal(calendar="error", reason=failure.reason.value)
        return _portal(calendar="success", provider=self.vendor.value)


def _portal(**query: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"{settings.PORTAL_URL}/calendar?{urlencode(query)}")
