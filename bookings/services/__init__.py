"""Everything that changes a booking: one function for each thing that happens in the product.

A public service is one short transaction, or a vendor's call between two of them. Services do not call each other;
what they share are the plain steps of `steps.py`, which never open a transaction.
"""
