"""What the notifications ask of the apps above them."""

from django.dispatch import Signal

# Which notifications are no longer true, asked when they are about to be sent. Argument: `notifications`. A receiver answers
# with those of its own that are not, by their ids, and the reason, in a word as `Delivery.reason` keeps it.
asked_why_untrue = Signal()

# A recipient's last device is gone: no push reaches them any more (lesson 63). Arguments: `recipient`,
# `recipient_type`; `notification`: what did not reach them, or None. Sent inside the transaction in which the device is forgotten.
last_device_died = Signal()
# What a mail says, asked when it is about to be sent. Argument: `delivery`, by whose `booking_id`, `kind` and `cause` a
# receiver knows its own. It answers with the `Letter`; or, in a word, with why it is no longer true; None: not its own.
asked_for_letter = Signal()
