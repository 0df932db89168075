"""Deciding in the console: from a form of its own, or for selected rows; and whose decision it was."""

from admin.forms import filled
from admin.pages import LIST

from bookings.models import BookingEvent
from bookings.states import Role


def last_decision(booking):
    """The last line of history that a person wrote."""
    event = BookingEvent.objects.filter(booking=booking).exclude(actor_role=Role.SYSTEM).latest("id")
    return event.event_type, event.actor_role, event.actor_user_id, event.source


def select(console, action, *bookings, **query):
    """Choose rows of the list and an action; gives the page that asks."""
    chosen = {"action": action, "index": "0", "_selected_action": [str(booking.id) for booking in bookings]}
    asks = console.post(LIST, chosen, query_params=query)
    assert asks.status_code == 302
    return console.get(asks.url)


# What is decided in the practice's place wants a reason, for the staff alone.
WHY = {name: {"staff_reason": "asked to"} for name in ("confirm", "suggest", "move")}


def decide(console, name, *bookings, **given):
    """Look at the page of a decision about these bookings, and send it filled in like this."""
    return console.post(f"{LIST}decide/{name}/", {**looked_at(console, name, *bookings), **WHY.get(name, {}), **given})


def looked_at(console, name, *bookings):
    """What the page of a decision carries: which bookings, and the version of each that it shows."""
    chosen = {"booking": [str(booking.id) for booking in bookings]}
    page = console.get(f"{LIST}decide/{name}/", chosen)
    return {**chosen, **(page.context_data["seen"] if page.status_code == 200 else {})}


def fill_in(console, name, booking, **given):
    """Open the form of a decision about one booking, fill it in and send it."""
    path = f"{LIST}{booking.id}/{name}/"
    return console.post(path, filled(console.get(path), **{**WHY.get(name, {}), **given}))
