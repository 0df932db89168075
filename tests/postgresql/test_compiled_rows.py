"""Rows of a compiled query are what Django would have made of the same columns."""

import pytest
from cast import RIDGE, wish_at
from django.db import connection
from django.db.models import Exists, Model, OuterRef, Value
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking
from findr.accounts.models import User
from findr.postgresql.compiled_queries import compiled
from findr.postgresql.compiled_rows import RowMaker
from providers.models import TeamMember

HERS = "pat@example.test"


def chosen(provider_id):
    beside = Booking.objects.select_related("patient", "provider__account", "team_member", "payment")
    return beside.filter(provider_id=provider_id).order_by("-start")


def trimmed(provider_id):
    names = "number", "team_member__name", "patient__email", "provider__account__email", "payment__state"
    return chosen(provider_id).only(*names)


def facts(row, *above):
    """What is known of a row without asking, and of all that came with it."""
    known = {name: value for name, value in vars(row).items() if name != "_state"}
    came_with_it = {
        name: other and (other.pk if other in above else facts(other, row, *above))
        for name, other in row._state.fields_cache.items()
    }
    return type(row), known, row._state.db, row._state.adding, row.get_deferred_fields(), came_with_it


def test_they_know_what_djangos_rows_know(patient, provider):
    member = TeamMember.objects.filter(provider_id=RIDGE).first()
    patient.has_asked()
    Booking.objects.filter(id=patient.has_asked(**wish_at(days=9)).id).update(
        team_member=member, type_receipt={"rule": "x"}
    )

    for build in (chosen, trimmed):
        with CaptureQueriesContext(connection) as asked:
            rows = compiled(build)(RIDGE)
            assert [row.payment.booking is row for row in rows] == [True, True]
            assert {row.team_member and row.team_member.pk for row in rows} == {None, member.pk}
        assert len(asked) == 1
        assert [facts(row) for row in rows] == [facts(row) for row in build(RIDGE)]


def test_what_was_not_selected_is_asked_for_and_what_was_is_saved(patient):
    booking = patient.has_asked(notes="Left knee")
    (row,) = compiled(trimmed)(RIDGE)
    with CaptureQueriesContext(connection) as asked:
        assert row.notes == "Left knee"
    assert len(asked) == 1

    row.number = "FB-1"
    row.save()

    booking.refresh_from_db()
    assert (booking.number, booking.notes, booking.state) == ("FB-1", "Left knee", row.state)


@pytest.mark.usefixtures("stage")
def test_rows_that_are_more_than_their_columns_are_refused():
    class MoreThanItsColumns(Model):
        """Its shape alone: it is no table of an app."""

        class Meta:
            abstract = True

        def __init__(self, *values):
            self.told = values

    with pytest.raises(TypeError, match="more than its columns"):
        RowMaker({"model": MoreThanItsColumns, "select_fields": [0]}, [])


@pytest.mark.usefixtures("stage")
def test_what_was_annotated_is_the_rows():
    asked = User.objects.annotate(one=Value(1), is_pat=Exists(User.objects.filter(id=OuterRef("id"), email=HERS)))

    rows = compiled(lambda: asked.order_by("email"))()

    assert [(row.email, row.one, row.is_pat) for row in rows] == [
        (row.email, row.one, row.is_pat) for row in asked.order_by("email")
    ]
    assert [row.email for row in rows if row.is_pat] == [HERS]
