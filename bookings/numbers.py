"""The number by which people call a booking (contract 2.2)."""

from collections import deque
from datetime import datetime
from threading import Lock

from django.db import connection

from findr import clock

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_NUMBERS = len(ALPHABET) ** 5
# Coprime to 31, so that the scrambling is one-to-one: no two of 28 million consecutive bookings share a number.
_STRIDE, _SHIFT = 17_364_553, 8_191_337
# So many are drawn at once, for this process alone; those that it does not come to use are nobody's.
_BLOCK = 20
_drawn: deque[int] = deque()
_one_at_a_time = Lock()


def next_number(at: datetime | None = None) -> str:
    """`FH-YYYYMMDD-XXXXX`: a scrambled sequence, so that it cannot collide and tells nothing (contract 2.2)."""
    with _one_at_a_time:
        if not _drawn:
            _draw()
        sequence = _drawn.popleft()
    return f"FH-{at or clock.now():%Y%m%d}-{scramble(sequence)}"


def _draw() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('bookings_number') FROM generate_series(1, %s)", [_BLOCK])
        _drawn.extend(number for (number,) in cursor.fetchall())


def scramble(sequence: int) -> str:
    """Five characters for a running number; one-to-one below 31 to the power of 5."""
    rest = (sequence * _STRIDE + _SHIFT) % _NUMBERS
    letters = []
    for _ in range(5):
        rest, digit = divmod(rest, len(ALPHABET))
        letters.append(ALPHABET[digit])
    return "".join(reversed(letters))
