"""An empty database for each test, and the demonstration's cast in it.

By a session of its own: it works without triggers and foreign keys, and a session that asks for that forgets each plan that
it has made. findr's own sessions keep theirs from test to test.
"""

import psycopg
from django.db import connection

from providers import demo

# Row by row, without triggers and foreign keys: of few rows that costs a tenth of what TRUNCATE does.
EMPTY_EVERY_TABLE = """
DO $$
DECLARE
    name regclass;
BEGIN
    FOR name IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE format('DELETE FROM %s', name);
    END LOOP;
END $$
"""
# The demonstration's cast is made once and copied from then on: it is what most tests begin with.
REMEMBER_THE_CAST = """
DO $$
DECLARE
    name text;
    filled boolean;
BEGIN
    CREATE SCHEMA remembered;
    FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled THEN EXECUTE format('CREATE TABLE remembered.%I AS TABLE public.%I', name, name); END IF;
    END LOOP;
END $$
"""
RECALL_THE_CAST = """
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'remembered'::regnamespace
    LOOP
        EXECUTE format('INSERT INTO public.%I SELECT * FROM remembered.%I', name, name);
    END LOOP;
END $$
"""


# Whoever still holds a lock when a test is over is told so, not waited for.
SETTINGS = "-c session_replication_role=replica -c lock_timeout=10s"
ADDRESS = ("dbname", "host", "port", "user", "password")


class Cleaner:
    """Cleans the database of this process."""

    def __init__(self) -> None:
        given = connection.get_connection_params()
        self._address = {name: given[name] for name in ADDRESS if name in given}
        self._begin()
        self._is_cast_known = False

    def empty_every_table(self) -> None:
        self._execute(EMPTY_EVERY_TABLE)

    def call_the_cast(self) -> None:
        """The demonstration, in an empty database."""
        if self._is_cast_known:
            self._execute(RECALL_THE_CAST)
        else:
            demo.load()
            self._execute(REMEMBER_THE_CAST)
            self._is_cast_known = True

    def close(self) -> None:
        self._session.close()

    def _begin(self) -> None:
        self._session = psycopg.connect(**self._address, options=SETTINGS, autocommit=True)

    def _execute(self, statement: str) -> None:
        try:
            self._session.execute(statement)
        except psycopg.OperationalError:
            if not self._session.closed:
                raise
            self._begin()  # A test had ended every session of the database.
            self._session.execute(statement)
