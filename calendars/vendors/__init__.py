"""The calendar vendors: the protocol that findr needs (`base.py`), and one adapter for each."""

from django.conf import settings
from django.utils.module_loading import import_string

from calendars.vendors.base import CalendarVendor


def vendor_named(name: str) -> CalendarVendor:
    """The adapter of `google` or `microsoft`, or what the settings have in its place.

    Raises:
        KeyError: there is no such vendor.
    """
    vendor: CalendarVendor = import_string(settings.CALENDAR_VENDORS[name])()
    return vendor
