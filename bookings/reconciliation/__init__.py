"""The books must balance at any moment: bookings, payments, time holds and the vendor, held against each other.

Each check yields findings, one for each broken invariant. An open operation younger than its grace is a legal state of
its own: somebody is at work on it.
"""

from bookings.reconciliation.checking import check_books, summary
from bookings.reconciliation.finding import Finding, OnProgress, Remedy
from bookings.reconciliation.nightly import check_by_night, check_soon
from bookings.reconciliation.reach import begins as reach_begins
from bookings.reconciliation.repairs import Repaired, repair, what_would_be_done, why_a_person

__all__ = [
    "Finding",
    "OnProgress",
    "Remedy",
    "Repaired",
    "check_books",
    "check_by_night",
    "check_soon",
    "reach_begins",
    "repair",
    "summary",
    "what_would_be_done",
    "why_a_person",
]
