"""Practices: who they are, what they offer, when they are open, how they want to be booked."""
