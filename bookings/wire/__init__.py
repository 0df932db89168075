"""Bookings as JSON (contract 7, 10.6, 12.2). Allow-lists: what is not named here never leaves.

Nothing here asks the database: what must be known beside a booking comes with its `BookingView`.
"""
