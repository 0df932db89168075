"""A vendor's call that ends in time, whatever the vendor does."""

import time as real_time
from threading import Barrier, Event

import pytest

from findr.vendors.calls import VendorCalls
from findr.vendors.errors import VendorError


@pytest.fixture
def hang():
    """A call that does not end before the test does."""
    over = Event()
    yield lambda: over.wait(20)
    over.set()


def test_a_call_that_answers_is_answered():
    assert VendorCalls("Toy").within(5, lambda: 7) == 7


def test_a_call_that_hangs_ends_with_its_time(hang):
    began = real_time.monotonic()

    with pytest.raises(VendorError, match="Toy did not answer in time") as failure:
        VendorCalls("Toy").within(0.1, hang)

    assert failure.value.retryable
    assert real_time.monotonic() - began < 5


@pytest.mark.parametrize(
    "error", [ValueError("no"), TimeoutError("the socket's own"), VendorError("no", retryable=False)]
)
def test_what_the_call_raises_is_raised(error):
    def fail():
        raise error

    with pytest.raises(type(error)) as raised:
        VendorCalls("Toy").within(5, fail)

    assert raised.value is error


def test_a_vendor_that_hangs_keeps_no_other_waiting(hang, settings):
    settings.VENDOR_CALLS_AT_ONCE = 1
    slow, sound = VendorCalls("Slow"), VendorCalls("Sound")
    with pytest.raises(VendorError):
        slow.within(0.05, hang)

    assert sound.within(5, lambda: 7) == 7


def test_a_call_that_has_not_begun_in_time_is_never_made(hang, settings):
    settings.VENDOR_CALLS_AT_ONCE = 1
    calls, made = VendorCalls("Toy"), []
    with pytest.raises(VendorError):
        calls.within(0.05, hang)

    with pytest.raises(VendorError):
        calls.within(0.05, lambda: made.append(1))

    assert made == []


# --- Many at once -----------------------------------------------------------------------------------------------------
def test_many_calls_are_made_at_once_and_each_has_its_answer():
    """One after the other, the first would wait for the last in vain."""
    together, error = Barrier(3), ValueError("no")

    def fail():
        together.wait(20)
        raise error

    answers = list(
        VendorCalls("Toy").each_within(20, [lambda: together.wait(20) >= 0, fail, lambda: together.wait(20) >= 0])
    )

    assert {place: answer for some in answers for place, answer in some.items()} == {0: True, 1: error, 2: True}


def test_of_many_a_slow_one_keeps_no_answer_back(hang):
    answers = VendorCalls("Toy").each_within(1, [hang, lambda: 7])

    assert next(answers) == {1: 7}
    ((place, late),) = next(answers).items()
    assert (place, str(late), late.retryable) == (0, "Toy did not answer in time.", True)
    assert list(answers) == []


def test_of_many_those_that_have_not_begun_in_time_are_never_made(hang, settings):
    settings.VENDOR_CALLS_AT_ONCE = 1
    calls, made = VendorCalls("Toy"), []

    answers = list(calls.each_within(0.1, [hang, lambda: made.append(1)]))

    assert [sorted(some) for some in answers] == [[0, 1]]
    assert made == []


def test_no_calls_have_no_answers():
    assert list(VendorCalls("Toy").each_within(5, [])) == []
