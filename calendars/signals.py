"""What the calendars tell the apps above them, inside the transaction in which it became true."""

from django.dispatch import Signal

# What became of an event is about to be written down, and nothing is locked yet: whoever has rows that are locked before an
# event is locks them now. Argument: `booking_id`.
event_about_to_change = Signal()

# An event was written, or could not be. Arguments: `booking_id`; `what`: `created`, `updated`, `deleted` or `failed`;
# `error`: why it failed, as `CalendarError.code`, else blank. A failure is told once, and again after it worked.
event_synced = Signal()

# Somebody deleted or moved an event in the calendar itself. Arguments: `booking_id`; `what`: `deleted` or `moved`. It is told
# once, and again after the event was as it should be.
event_changed_outside = Signal()
