"""The settings of how a process serves: its threads, how many of them work at once, and its sessions at PostgreSQL."""

from django.core.exceptions import ImproperlyConfigured

from findr.environment import database_options, database_url, env

# Threads of one web process. At most half of them wait for a vendor at any moment (findr/vendors/budget.py).
WEB_THREADS = env.int("WEB_THREADS", default=32)
# How many calls of the API they work on at once, while others wait for their turn or for a vendor; and how long one waits for
# its turn before it goes on all the same (findr/concurrency.py).
WEB_CALLS_AT_ONCE = max(1, env.int("WEB_CALLS_AT_ONCE", default=1))
WEB_QUEUE_SECONDS = env.float("WEB_QUEUE_SECONDS", default=0.25)
# Whether its memory is moved into pages of 2 MB (findr/huge_pages.py), for less of the CPU.
WEB_HUGE_PAGES = env.bool("WEB_HUGE_PAGES", default=True)
DATABASES = {"default": database_url("DATABASE_URL")}
# How long a call waits for a connection, if all are in use or PostgreSQL is away.
DATABASE_WAIT_SECONDS = 5.0
DATABASES["default"]["OPTIONS"] |= {
    # What is asked again and again is planned once for each connection. Connections must be findr's own from beginning to
    # end (PgBouncer: session mode): they keep prepared statements, and locks that outlast a transaction.
    "server_side_binding": True,
    "prepare_threshold": 3,
    "pool": {
        "min_size": 1,
        # One per web thread, and a few for the threads of a job that fans out.
        "max_size": env.int("DATABASE_POOL_SIZE", default=WEB_THREADS + 8),
        "timeout": DATABASE_WAIT_SECONDS,
    },
}
# Each session begins with what `options` in DATABASE_URL and PGOPTIONS ask for (findr/postgresql/session.py). Ours come
# last, since nothing may hang: a lock, a statement and an idle transaction each have an end.
DATABASE_SESSION = database_options(DATABASES["default"], "DATABASE_URL") | {
    "lock_timeout": "3s",
    "statement_timeout": "15s",
    # PostgreSQL's log quotes no parameter of a statement that failed: names, addresses.
    "log_parameter_max_length_on_error": "0",
    "idle_in_transaction_session_timeout": "30s",
    # And since times and races are reckoned with these.
    "timezone": "UTC",
    "datestyle": "ISO, MDY",
    "default_transaction_isolation": "read committed",
    # A plan is made once and kept, often when its tables are small and reading them whole is best; they grow within minutes.
    # Each statement of a call has an index that leads to its rows. Whoever reads much says so (bookings/reconciliation/pages.py).
    "enable_seqscan": "off",
}
# The release step: a long migration is none that hangs, but one that waits for a lock has everybody wait behind it.
MIGRATION_LOCK_SECONDS = env.float("MIGRATION_LOCK_SECONDS", default=3.0)
if not MIGRATION_LOCK_SECONDS >= 0.001:
    raise ImproperlyConfigured("MIGRATION_LOCK_SECONDS must be above 0: everybody waits behind a migration that waits.")
MIGRATION_SESSION = {
    "lock_timeout": f"{round(MIGRATION_LOCK_SECONDS * 1000)}ms",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "enable_seqscan": "on",
}
