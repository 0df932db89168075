"""Whether a mail still tells what is so (lesson 34): of a booking that has moved on only the last change is mailed."""

from bookings.effects import is_told
from bookings.mail_kinds import MailKind
from bookings.mails.stories import Story
from bookings.states import CANCELLED, VISITS, State
from findr import clock

# In which states each may be read.
TRUE_IN: dict[MailKind, tuple[State, ...]] = {
    MailKind.REQUEST_SENT: (State.PENDING_CONFIRMATION, State.CONFIRMING),
    MailKind.TIMES_SUGGESTED: (State.RESCHEDULE_PROPOSED,),
    MailKind.CONFIRMED: VISITS,
    MailKind.MOVED: VISITS,
    MailKind.REMINDER_DAY: (State.CONFIRMED,),
    MailKind.REMINDER_HOUR: (State.CONFIRMED,),
    MailKind.DECLINED: CANCELLED,
    MailKind.CANCELLED: CANCELLED,
    MailKind.EXPIRED: (State.EXPIRED,),
    MailKind.PAYMENT_FAILED: (State.PAYMENT_FAILED,),
    MailKind.NEW_REQUEST: (State.PENDING_CONFIRMATION,),
    MailKind.EXPIRING: (State.PENDING_CONFIRMATION,),
    MailKind.REQUEST_EXPIRED: (State.EXPIRED,),
    MailKind.VISIT_BOOKED: VISITS,
    MailKind.VISIT_MOVED: VISITS,
    MailKind.CALLED_OFF: CANCELLED,
    MailKind.NOT_PAID: (State.PAYMENT_FAILED,),
}
_UNTIL_THE_DEADLINE = (MailKind.REQUEST_SENT, MailKind.TIMES_SUGGESTED, MailKind.NEW_REQUEST, MailKind.EXPIRING)
_UNTIL_THE_START = (MailKind.REMINDER_DAY, MailKind.REMINDER_HOUR)


def why_untrue(kind: MailKind, story: Story) -> str:
    """Why nobody should read it any more, in a word (`Delivery.reason`); blank while it is true."""
    booking, now = story.booking, clock.now()
    told = [event for event in story.history if is_told(event)]
    if State(booking.state) not in TRUE_IN[kind] or (told and told[-1].id > story.cause.id):
        return "moved_on"
    if kind in _UNTIL_THE_DEADLINE and booking.expires_at and booking.expires_at <= now:
        return "too_late"
    if kind in _UNTIL_THE_START and booking.start <= now:
        return "too_late"
    return ""
