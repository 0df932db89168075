"""The wire of bookings: contract 10, 11, 12."""
