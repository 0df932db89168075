"""The calendar vendors: the protocol that findr needs (`base.py`), and one adapter for each."""
