"""The Redis channel of each recipient, and what is said on it: a number, a blank, and the frame as it is stored.

Channels are shared by all databases of a Redis (https://redis.io/docs/latest/develop/pubsub/), so the database's number
is part of their name.
"""

from redis import Redis


def prefix_of(redis: Redis) -> str:
    """What the channels of an installation begin with."""
    return f"findr:{redis.connection_pool.connection_kwargs.get('db') or 0}:feed:"


def message(seq: int, text: str) -> bytes:
    """An event for everybody who listens."""
    return b"%d %s" % (seq, text.encode())


def read(data: bytes) -> tuple[int, str]:
    """Number and frame."""
    seq, _, text = data.partition(b" ")
    return int(seq), text.decode()
