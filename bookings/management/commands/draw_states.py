"""`manage.py draw_states`: the two state machines as Mermaid diagrams, for ARCHITECTURE.md; a test holds it to them."""

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand

from bookings.states import INITIAL, MOVES, PAYMENT_MOVES, PaymentState, Role

# In the order in which a label names them.
_ROLES = (Role.PATIENT, Role.PROVIDER, Role.STAFF, Role.SYSTEM)


class Command(BaseCommand):
    help = "Print the state machines as Mermaid diagrams (https://mermaid.js.org/syntax/stateDiagram.html)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{booking_diagram()}\n\n{payment_diagram()}")


def booking_diagram() -> str:
    """Every move of a booking, and who may make it."""
    arrows = [
        f"{old} --> {new}: {', '.join(role for role in _ROLES if role in roles)}"
        for old, moves in MOVES.items()
        for new, roles in moves.items()
    ]
    ends = [f"{state} --> [*]" for state, moves in MOVES.items() if not moves]
    return _diagram([f"[*] --> {INITIAL}", *arrows, *ends])


def payment_diagram() -> str:
    """Every move of a payment. Only the system makes them."""
    arrows = [f"{old} --> {new}" for old in PaymentState for new in PaymentState if new in PAYMENT_MOVES[old]]
    return _diagram([f"[*] --> {PaymentState.AUTHORIZING}", *arrows])


def _diagram(lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"])
