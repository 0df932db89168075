"""What becomes of a message that is to be sent: the vendor's own name of it, or why it was not taken."""

from collections.abc import Mapping
from uuid import UUID


class Refused(Exception):
    """The vendor has decided: this message will never be taken. The text is kept as the delivery's `error`."""


class TryLater(Exception):
    """It may work later, or nobody knows whether it was taken.

    Args:
        message: why, as the delivery's `error` keeps it.
        retry_after: seconds that the vendor asked for; None leaves it to the back-off.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotSent(Exception):
    """There is a reason of ours not to send it, such as `switched_off`: the delivery is dropped with this word."""


# Of some deliveries, by their ids: the vendor's own name of the message; or NotSent, Refused or TryLater. Any other exception
# is a defect: nobody knows, and it is tried again.
Answers = Mapping[UUID, str | Exception]
