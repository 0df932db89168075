"""Events as Graph lists, makes, changes and deletes them."""

from __future__ import annotations

from findr.sandbox.exchange import Answer
from findr.sandbox.ledger import Object
from findr.sandbox.microsoft.calls import Asker, GraphCall
from findr.sandbox.microsoft.errors import bad
from findr.sandbox.microsoft.event_bodies import fields
from findr.sandbox.microsoft.event_shapes import graph_event, with_property
from findr.sandbox.microsoft.mailbox import Found
from findr.sandbox.microsoft.moments import zone_of
from findr.sandbox.microsoft.queries import chosen, page


def calendar_view(asker: Asker, call: GraphCall, calendar: str | None = None) -> Object:
    """What overlaps a window, with each occurrence of a series, in the order of the starts.

    See https://learn.microsoft.com/graph/api/calendar-list-calendarview.
    """
    if not {"startDateTime", "endDateTime"} <= set(call.query):
        raise bad(
            "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime."
        )
    start, end = call.query["startDateTime"], call.query["endDateTime"]
    if end <= start:
        raise bad("The start of the window is not before its end.")
    place = _calendar(asker, calendar)
    found = asker.mailbox.book.occurrences(place, start, end)
    return _page(call, [_of_occurrence(asker, place, one) for one in found if not _is_gone(one)])


def list_events(asker: Asker, call: GraphCall, calendar: str | None = None) -> Object:
    """Single events and series, each once; only those with an extended property, if one is asked for."""
    place = _calendar(asker, calendar)
    wanted = call.query.get("$filter")
    found = [Found(place, one, one) for one in asker.mailbox.book.events(place) if not one["deleted"]]
    if wanted:
        name, value = wanted
        found = [one for one in found if one.shown["properties"].get(name) == value]
    return _page(call, found)


def create_event(asker: Asker, call: GraphCall, calendar: str | None = None) -> Object:
    """A new event; or, for a ``transactionId`` that has made one, that one as it is."""
    place = _calendar(asker, calendar)
    transaction = call.body.get("transactionId")
    known = asker.mailbox.of_transaction(transaction) if transaction else None
    if known:
        return graph_event(known, call.zone)
    given = fields(call.body)
    written_zone = call.written["start"]["timeZone"]
    given |= {"time_zone": zone_of(written_zone).key, "extra": {**given["extra"], "zone": written_zone}}
    event = asker.mailbox.create(place, given)
    return graph_event(Found(place, event, event), call.zone)


def get_event(asker: Asker, call: GraphCall, identity: str) -> Object:
    """One event, series or occurrence."""
    return _shown(call, asker.mailbox.find(identity))


def change_event(asker: Asker, call: GraphCall, identity: str) -> Object:
    """The fields that are given are other ones now."""
    found = asker.mailbox.find(identity)
    return _shown(call, asker.mailbox.change(found, fields(call.body, found.shown)))


def delete_event(asker: Asker, _call: GraphCall, identity: str) -> Answer:
    """Gone; of a series that occurrence only, if the id is an occurrence's."""
    asker.mailbox.remove(asker.mailbox.find(identity))
    return Answer(204, b"")


def _calendar(asker: Asker, identity: str | None) -> Object:
    return asker.mailbox.default() if identity is None else asker.mailbox.calendar(identity)


def _is_gone(event: Object) -> bool:
    """Occurrences that were cancelled are taken out of the calendar; a single meeting stays, marked as cancelled."""
    return event["deleted"] or (event["status"] == "cancelled" and event["original_start"] is not None)


def _of_occurrence(asker: Asker, place: Object, one: Object) -> Found:
    event = asker.mailbox.book.event(place, one["series"] or one["id"]) or one
    return Found(place, event, one, one["original_start"])


def _page(call: GraphCall, found: list[Found]) -> Object:
    return page(call.url, call.asked, found, lambda one: _shown(call, one))


def _shown(call: GraphCall, found: Found) -> Object:
    whole = with_property(found, graph_event(found, call.zone), call.query.get("$expand"))
    return chosen(whole, call.query.get("$select"))
