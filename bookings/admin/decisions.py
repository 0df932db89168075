"""All that staff may decide about a booking, in the order in which the console offers it."""

from bookings.admin.answering import CONFIRM, DECLINE, EXPIRE
from bookings.admin.giving_back import CANCEL, REFUND
from bookings.admin.suggesting import SUGGEST

DECISIONS = {decision.name: decision for decision in (CONFIRM, DECLINE, EXPIRE, SUGGEST, CANCEL, REFUND)}
