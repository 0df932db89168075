"""Ids of rows that are written again and again rise with time (UUIDv7, RFC 9562): new ones stand side by side in an index."""

import multiprocessing
import time
from uuid import UUID

import pytest
from django.apps import apps
from uuid_utils.compat import uuid7

# Of those who are asked about, and not written with every booking: when they came is nobody's business.
RANDOM = {"accounts.User", "providers.Provider", "providers.Service", "providers.TeamMember"}
# A few for each practice.
FEW = {"calendars.CalendarConnection", "calendars.Channel", "notifications.Device", "bookings.Wallet"}
MADE = sorted(
    (model._meta.label, field.attname)
    for model in apps.get_models()
    for field in model._meta.local_concrete_fields
    if field.unique and getattr(field.default, "__module__", "").startswith("uuid")
)


@pytest.mark.parametrize(("label", "name"), MADE)
def test_an_id_rises_with_time_unless_it_would_tell_when_somebody_came(label, name):
    first = getattr(apps.get_model(label)(), name)
    time.sleep(0.002)
    second = getattr(apps.get_model(label)(), name)

    is_random = label in RANDOM | FEW
    assert (type(first), first.version) == (UUID, 4 if is_random else 7)
    assert is_random or first < second


def test_processes_that_were_one_make_different_ids():
    """The library's random numbers begin anew after a fork."""
    uuid7()
    with multiprocessing.get_context("fork").Pool(4) as pool:
        made = [one for many in pool.map(some, range(8), chunksize=1) for one in many] + some(0)

    assert len(set(made)) == len(made) == 9 * 1000


def some(_):
    return [uuid7() for _ in range(1000)]
