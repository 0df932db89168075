"""The ledger: each vendor has a part of its own, on disk too, and its own indexes."""

from __future__ import annotations

import pytest

from findr.sandbox.ledger import Ledger


@pytest.fixture
def opened(tmp_path):
    """Opens a ledger with two vendors that have a kind of one name, and closes it again."""
    made = []

    def start():
        if made:
            made[-1].close()
        made.append(Ledger(tmp_path))
        return made[-1], made[-1].of("one", {"event": ("owner",)}), made[-1].of("two", {"event": ("room",)})

    yield start
    made[-1].close()


def ids(found):
    return [thing["id"] for thing in found]


def test_the_same_kind_and_id_of_two_vendors_are_two_things(opened):
    _, one, two = opened()
    one.put("event", {"id": "e1", "owner": "pat", "room": "red"})
    two.put("event", {"id": "e1", "owner": "sam", "room": "blue"})

    two.drop("event", "e1")

    assert one.get("event", "e1")["owner"] == "pat"
    assert ids(one.newest_first("event", owner="pat")) == ["e1"]
    assert (two.all("event"), ids(two.newest_first("event", room="blue"))) == ({}, [])


def test_an_index_is_of_one_vendor_and_follows_each_change(opened):
    _, one, two = opened()
    for number in range(3):
        one.put("event", {"id": f"e{number}", "owner": "pat", "room": "red"})
    two.put("event", {"id": "e9", "owner": "pat", "room": "red"})

    one.put("event", {"id": "e1", "owner": "sam", "room": "red"})
    one.drop("event", "e0")

    assert ids(one.newest_first("event", owner="pat")) == ["e2"]
    assert ids(one.newest_first("event", owner="sam")) == ["e1"]
    assert ids(one.newest_first("event", room="red")) == ["e2", "e1"]
    assert ids(two.newest_first("event", owner="pat", room="red")) == ["e9"]


def test_a_restart_and_a_reset_keep_the_vendors_apart(opened):
    whole, one, two = opened()
    one.put("event", {"id": "e1", "owner": "pat"})
    two.put("event", {"id": "e1", "room": "blue"})
    one.drop("event", "e1")
    one.put("event", {"id": "e2", "owner": "pat"})
    whole.commit()
    one.put("event", {"id": "lost", "owner": "pat"})
    whole._dirty.clear()  # Killed before its commit.

    whole, one, two = opened()
    assert (ids(one.newest_first("event", owner="pat")), list(two.all("event"))) == (["e2"], ["e1"])
    whole.reset()
    assert (one.all("event"), ids(two.newest_first("event", room="blue"))) == ({}, [])
    _, one, two = opened()
    assert (one.all("event"), two.all("event")) == ({}, {})
