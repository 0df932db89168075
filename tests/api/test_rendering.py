"""Answers are written as REST framework writes them, to the byte."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.renderers import JSONRenderer

from bookings.states import State
from findr.api.rendering import WireRenderer
from findr.money import dollars

SAMPLES = sorted((Path(__file__).parents[2] / "docs" / "contract-samples").glob("*.json"))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
MONEY = st.integers(0, 2**31).map(dollars)
HOURS = st.floats(0, 100_000).map(lambda hours: round(hours, 1))
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | MONEY | HOURS | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=30,
)


def both(body):
    return WireRenderer().render(body), JSONRenderer().render(body)


@settings(max_examples=200, deadline=None, database=None)
@given(BODIES)
def test_any_answer_is_written_as_rest_framework_writes_it(body):
    ours, theirs = both(body)
    assert ours == theirs


def test_every_character_and_every_sample_is_written_so():
    everything = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    bodies = [everything, {everything[:0x3000]: 1}, *(json.loads(path.read_text(encoding="utf-8")) for path in SAMPLES)]
    assert len(SAMPLES) > 20
    for ours, theirs in map(both, bodies):
        assert ours == theirs


def test_what_json_does_not_know_is_left_to_rest_framework():
    rest = {
        "amount": Decimal("12.50"),
        "at": datetime(2026, 3, 8, 9, 59, 59, 999_999, tzinfo=UTC),
        "id": UUID(int=7),
        "state": State.CONFIRMED,
        "pair": (1, 2),
        "many": {3},
        4: 2**64,
    }
    for part in (*({key: value} for key, value in rest.items()), rest, None):
        ours, theirs = both(part)
        assert ours == theirs
    for impossible in ("\ud800", {"x": object()}):
        with pytest.raises((TypeError, UnicodeEncodeError)):
            WireRenderer().render(impossible)
