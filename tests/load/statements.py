"""What does PostgreSQL do for a create? `bin/test --exec python tests/load/statements.py [--creates 300] [--lines 30]`

Creates one after the other in this process, on a PostgreSQL of its own that counts its statements (pg_stat_statements, those of
triggers too, which have a dash). Prints its CPU time per create, how often each statement ran for one and how many milliseconds
it took to execute and to plan; then which share of the updates of each table were HOT.
"""

import argparse
import os
import re
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "load")]
WARMING = 30
COUNTING = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "all",
    "pg_stat_statements.track_planning": "on",
    "autovacuum": "off",
}
STATEMENTS = """
    SELECT toplevel, calls, total_exec_time, total_plan_time, query FROM pg_stat_statements
    JOIN pg_database ON pg_database.oid = dbid WHERE datname = current_database() ORDER BY total_exec_time + total_plan_time DESC
"""
UPDATES = "SELECT relname, n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE n_tup_upd > 0 ORDER BY relname"


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--creates", type=int, default=300)
    options.add_argument("--lines", type=int, default=30)
    given = options.parse_args()
    with counting_postgres() as url:
        os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "findr.settings"}
        os.environ |= dict.fromkeys(("RATE_CREATE_BOOKING", "RATE_WRITE"), "1000000/60")
        from findr.sandbox.client import SandboxClient
        from findr.sandbox.process import start_sandbox

        with start_sandbox() as base:
            os.environ["STRIPE_BASE"] = SandboxClient(base).stripe.base_url
            measure(given)


@contextmanager
def counting_postgres():
    """A PostgreSQL for the block that counts statements; its address."""
    from findr.devstack.postgres import Cluster
    from findr.devstack.postgres_programs import find_programs
    from findr.devstack.processes import Family
    from findr.devstack.state import find_state

    state = find_state()
    programs = find_programs(state.folder)
    with tempfile.TemporaryDirectory(prefix="findr-count-") as name:
        folder = Path(name)
        programs.own(folder)
        family = Family(folder / "children")
        cluster = Cluster(
            programs, folder / "data", folder, folder / "postgres.log", settings=COUNTING, throw_away=True
        )
        try:
            cluster.start(family)
            yield cluster.url
        finally:
            family.end()


def measure(given):
    import django

    django.setup()
    from create import prepare
    from django.db import connection

    bodies = prepare(given.creates + WARMING, None)
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION pg_stat_statements")
        cursor.execute("ANALYZE")
    asked(bodies[:WARMING])
    counted("create", lambda: asked(bodies[WARMING:]), given)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(UPDATES)
        for table, updates, hot in cursor.fetchall():
            print(f"{table:<40}{updates:>8} updates, {hot / updates:.0%} HOT")


def asked(bodies):
    from cast import call

    for token, body in bodies:
        answer = call("POST", "/api/bookings", body, Authorization=f"Bearer {token}")
        assert answer.status == 201, answer.body


def counted(name, act, given):
    from create import cpu_of_postgres
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_statements_reset()")
        before = cpu_of_postgres()
        act()
        cpu = (cpu_of_postgres() - before) / given.creates * 1000
        cursor.execute(STATEMENTS)
        rows = cursor.fetchall()
    timed = sum(execution + planning for top, _, execution, planning, _ in rows if top) / given.creates
    print(f"{name}: CPU of PostgreSQL {cpu:.2f} ms, of it {timed:.2f} ms in statements")
    print(f"{'calls':>8}{'ms':>8}{'plan':>8}")
    for top, calls, execution, planning, text in rows[: given.lines]:
        told = re.sub(r"\s+", " ", text)[:110]
        print(
            f"{calls / given.creates:>8.2f}{execution / given.creates:>8.3f}{planning / given.creates:>8.3f}  {'' if top else '- '}{told}"
        )


if __name__ == "__main__":
    main()
