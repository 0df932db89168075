"""ARCHITECTURE.md draws the state machines as they are."""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from bookings.management.commands.draw_states import booking_diagram, payment_diagram


@pytest.mark.parametrize("diagram", [booking_diagram, payment_diagram])
def test_the_document_has_the_diagram_of_the_code(diagram):
    text = (settings.BASE_DIR / "ARCHITECTURE.md").read_text()

    assert diagram() in text, "Run `bin/manage draw_states` and paste what it prints."


def test_the_command_prints_both():
    printed = StringIO()

    call_command("draw_states", stdout=printed)

    assert booking_diagram() in printed.getvalue()
    assert payment_diagram() in printed.getvalue()
