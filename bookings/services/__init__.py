"""Everything that changes a booking: one function for each thing that happens in the product.

A public service is one short transaction, or a vendor's call between two of them. A service never runs inside another
one's transaction: what they share are the plain steps of `transitions.py`, `holds.py` and `payments/operations.py`, which never open one.
"""
