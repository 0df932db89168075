"""Lines that a run wants to have read: they close its output, whichever process wrote them."""

import pytest

NOTES = pytest.StashKey[list[str]]()


def notes_of(config):
    """The lines so far, to be added to."""
    return config.stash.setdefault(NOTES, [])
