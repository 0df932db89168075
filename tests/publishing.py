"""Events of the feed without a booking behind them, committed as those of a change are."""

from findr.transactions import durable
from notifications.services import Frame, publish


def published(*recipients, times=1):
    """So many events for each of these, each in a transaction of its own; `number` counts them."""

    @durable
    def write(number):
        publish([Frame(recipient, "test", None, {"number": number}) for recipient in recipients])

    for number in range(1, times + 1):
        write(number)


@durable
def published_large(recipient, number):
    """An event of 150 KB: of sixty the network between two processes keeps the smaller part."""
    publish([Frame(recipient, "test", None, {"number": number, "filling": "x" * 150_000})])
