"""What accounts tell the apps above them, inside the transaction in which it became true."""

from django.dispatch import Signal

# An account was disabled, or all that it had open was closed: tokens, sessions, and whatever an app keeps open for it.
# Argument: `user`.
signed_out_everywhere = Signal()
