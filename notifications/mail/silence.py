"""Which mailboxes are not written to (lesson 67)."""

from findr import emails
from notifications.models import SilencedAddress


def silence(address: str, reason: SilencedAddress.Reason) -> None:
    """Write to this mailbox no more. Twice is once."""
    SilencedAddress.objects.bulk_create(
        [SilencedAddress(address=emails.as_typed(address), reason=reason)], ignore_conflicts=True
    )


def is_silenced(address: str) -> bool:
    """Whether it is not written to."""
    return SilencedAddress.objects.filter(address=emails.as_typed(address)).exists()


def end_silence(address: str) -> None:
    """Staff know that it works again."""
    SilencedAddress.objects.filter(address=emails.as_typed(address)).delete()
