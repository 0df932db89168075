"""The live feed's part of the settings (notifications/realtime)."""

from findr.environment import env, number_of

# Open sockets of one identity; connects are in RATE_LIMITS.
SOCKETS_PER_IDENTITY = env.int("SOCKETS_PER_IDENTITY", default=20)
# Seconds. How often a web process looks into the table for what did not come, for tokens that ended and for the kill
# switch: an event that Redis lost is told within two.
SOCKET_LOOK_SECONDS = number_of("SOCKET_LOOK_SECONDS", default=1.5, above=0)
# How long a socket may take to authenticate by its first frame.
SOCKET_AUTHENTICATE_SECONDS = number_of("SOCKET_AUTHENTICATE_SECONDS", default=5.0, above=0)
# How often a quiet peer is pinged, and after how long without an answer it is dropped.
SOCKET_PING_SECONDS = number_of("SOCKET_PING_SECONDS", default=20.0, above=0)
SOCKET_PONG_SECONDS = number_of("SOCKET_PONG_SECONDS", default=30.0, above=0)
# A reader for whom more waits, or who takes longer for a page of what was missed, is too slow (4408).
SOCKET_OUTBOX_BYTES = env.int("SOCKET_OUTBOX_BYTES", default=1024 * 1024)
SOCKET_DRAIN_SECONDS = number_of("SOCKET_DRAIN_SECONDS", default=30.0, above=0)
# Threads, each with a database connection, that answer the sockets' questions.
SOCKET_THREADS = env.int("SOCKET_THREADS", default=4)
