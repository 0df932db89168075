"""The mails of a booking: what each says, whether it is still true, and the appointment that goes with it as a file."""
