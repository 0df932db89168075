"""All that staff may decide about a booking, in the order in which the console offers it."""

from bookings.admin.actions.answers import CONFIRM, DECLINE, EXPIRE
from bookings.admin.actions.calendar import CALENDAR
from bookings.admin.actions.cancel_and_refund import CANCEL, REFUND
from bookings.admin.actions.mails import MAIL
from bookings.admin.actions.moves import MOVE
from bookings.admin.actions.pushes import PUSH
from bookings.admin.actions.suggestions import SUGGEST

ACTIONS = {
    staff_action.name: staff_action
    for staff_action in (CONFIRM, DECLINE, EXPIRE, SUGGEST, MOVE, CALENDAR, MAIL, PUSH, CANCEL, REFUND)
}
