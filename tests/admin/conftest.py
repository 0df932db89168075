"""Browsers of the cast: the staff member's, signed in, and everybody else's."""

import pytest
from admin.actions import fill_in
from cast import fresh
from django.test import Client

from findr.accounts.models import AccountRole, User
from providers.demo import PASSWORD


@pytest.fixture
def console(staff):
    """The staff member's browser, signed in to the staff console; forms need their CSRF token."""
    client = Client()
    client.force_login(staff.user)
    return client


@pytest.fixture
def colleague(staff):
    """Another superuser's browser."""
    user = User.objects.create_user("kim@example.test", PASSWORD, role=AccountRole.STAFF, is_superuser=True)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def visit(patient, provider):
    """A confirmed visit of $150."""
    booking = patient.has_asked()
    assert provider.post(f"/api/bookings/{booking.id}/confirm").status == 200
    return fresh(booking.id)


@pytest.fixture
def refund(console):
    """The staff member gives some of a visit's charge back."""

    def give_back(booking, amount, reason="goodwill"):
        return fill_in(console, "refund", booking, amount=amount, reason=reason)

    return give_back
