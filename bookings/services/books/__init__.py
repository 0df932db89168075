"""The books must balance at any moment: bookings, payments, time holds and the vendor, held against each other.

Each check yields findings, one for each broken invariant. An open operation younger than its grace is a legal state of
its own: somebody is at work on it.
"""

from bookings.services.books.checking import check_books, summary
from bookings.services.books.finding import Finding, Progress, Remedy
from bookings.services.books.nightly import check_by_night, check_soon
from bookings.services.books.repairs import Repaired, repair, what_would_be_done, why_a_person

__all__ = [
    "Finding",
    "Progress",
    "Remedy",
    "Repaired",
    "check_books",
    "check_by_night",
    "check_soon",
    "repair",
    "summary",
    "what_would_be_done",
    "why_a_person",
]
