"""The number by which people call a booking (contract 2.2)."""

from datetime import datetime

from django.db import connection

from findr import clock

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_NUMBERS = len(ALPHABET) ** 5
# Coprime to 31, so that the scrambling is one-to-one: no two of 28 million consecutive bookings share a number.
_STRIDE, _SHIFT = 17_364_553, 8_191_337


def next_number(at: datetime | None = None) -> str:
    """`FH-YYYYMMDD-XXXXX`: a scrambled sequence, so that it cannot collide and tells nothing (contract 2.2)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('bookings_number')")
        (sequence,) = cursor.fetchone()
    return f"FH-{at or clock.now():%Y%m%d}-{scramble(sequence)}"


def scramble(sequence: int) -> str:
    """Five characters for a running number; one-to-one below 31 to the power of 5."""
    rest = (sequence * _STRIDE + _SHIFT) % _NUMBERS
    letters = []
    for _ in range(5):
        rest, digit = divmod(rest, len(ALPHABET))
        letters.append(ALPHABET[digit])
    return "".join(reversed(letters))
