"""Which adapter stands for which vendor."""

import pytest

from calendars.models import VendorName
from calendars.vendors import vendor_named
from calendars.vendors.google import GoogleCalendars
from calendars.vendors.microsoft import MicrosoftCalendars


def test_every_vendor_that_a_connection_may_have_has_an_adapter():
    found = {name: type(vendor_named(name)) for name in VendorName.values}

    assert found == {"google": GoogleCalendars, "microsoft": MicrosoftCalendars}


def test_there_is_no_other():
    with pytest.raises(KeyError):
        vendor_named("fastmail")


def test_the_settings_may_name_another_class(settings):
    settings.CALENDAR_VENDORS = {"google": "calendars.vendors.microsoft.MicrosoftCalendars"}

    assert isinstance(vendor_named("google"), MicrosoftCalendars)
