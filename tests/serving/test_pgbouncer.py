"""findr behind the real PgBouncer: in session mode it works with all its limits, in the other modes it does not start."""

import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection
from web import SERVERS, web_command

from findr.devstack.postgres_programs import find_programs
from findr.devstack.processes import Family, wait_until

ROOT = Path(__file__).resolve().parents[2]
# Debian's package puts it where only root looks.
PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
PORT = 6432
# `unix_socket_dir` and the rest lead to the tests' own server; all else is as it comes.
CONFIGURATION = """
[databases]
* = {server}
[pgbouncer]
listen_addr =
listen_port = {own_port}
unix_socket_dir = {folder}
auth_type = any
{more}
"""
SHOWN = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "work_mem", "timezone")
# What a web process and a worker have, each on a connection of its own kind.
SHOW = f"""
import asyncio, django
django.setup()
from django.db import connection
from findr.outbox.worker import own_connector
names = {SHOWN!r}
with connection.cursor() as cursor:
    print(*[cursor.execute(f"SHOW {{name}}").fetchone()[0] for name in names])
async def main():
    connector = own_connector()
    await connector.open_async()
    async with connector._get_standalone_connection() as listening, connector.pool.connection() as pooled:
        for each in (listening, pooled):
            print(*[(await (await each.execute(f"SHOW {{name}}")).fetchone())[0] for name in names])
    await connector.close_async()
asyncio.run(main())
"""
REFUSAL = (
    "django.core.exceptions.ImproperlyConfigured: DATABASE_URL leads to a pooler that shares sessions between"
    " transactions: findr needs one in session mode (PgBouncer: pool_mode = session), or PostgreSQL itself."
)


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    return find_programs(tmp_path_factory.mktemp("state"))


@pytest.fixture
def behind(programs, transactional_db, figures):
    """`behind(lines of its configuration)`: the address of the tests' database behind a PgBouncer of its own."""
    if not PROGRAM:
        sentence = "PgBouncer is not installed (apt-get install pgbouncer): nothing was tried behind it."
        assert os.environ.get("FINDR_PGBOUNCER") != "required", sentence
        figures.append(sentence)
        pytest.skip(sentence)
    folder = Path(tempfile.mkdtemp(prefix="findr-t-"))
    family = Family(folder / "children")

    def start(more):
        place = connection.settings_dict
        server = " ".join(
            f"{each.lower()}={place[each]}" for each in ("HOST", "PORT", "USER", "PASSWORD") if place[each]
        )
        text = CONFIGURATION.format(server=server, own_port=PORT, folder=folder, more=more)
        (folder / "pgbouncer.ini").write_text(text)
        programs.own(folder)
        command = [PROGRAM, folder / "pgbouncer.ini"]
        child = family.start("PgBouncer", command, log=folder / "log", env={}, cwd=folder, identity=programs.identity)
        wait_until(lambda: _listens(folder / f".s.PGSQL.{PORT}"), child, 10)
        return f"postgresql:///{quote(place['NAME'])}?host={folder}&port={PORT}&user={place['USER']}"

    yield start
    family.end()
    shutil.rmtree(folder)


def _listens(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def run(command, **variables):
    environment = {**os.environ, **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("more", ["", "ignore_startup_parameters = options, extra_float_digits"])
def test_in_session_mode_every_connection_has_its_limits(behind, more):
    url = behind(f"pool_mode = session\n{more}")

    result = run(
        [sys.executable, "-c", SHOW], DATABASE_URL=f"{url}&options=-c%20work_mem%3D7MB", PGOPTIONS="-c lock_timeout=0"
    )

    assert result.stdout.splitlines() == ["3s 15s 30s 7MB UTC"] * 3, result.stderr


def test_a_pooler_with_a_single_session_is_not_taken_for_one_that_shares_it(behind):
    program = "import django; django.setup(); from django.db import connection; connection.ensure_connection()"

    result = run([sys.executable, "-c", program], DATABASE_URL=behind("default_pool_size = 1"))

    assert (result.returncode, result.stderr) == (0, "")


def test_as_it_comes_it_is_in_session_mode(behind):
    assert run([sys.executable, "-c", SHOW], DATABASE_URL=behind("")).returncode == 0


def test_a_migration_may_take_its_time_there(behind):
    url = behind("pool_mode = session")

    result = run([sys.executable, "manage.py", "migrate"], DATABASE_URL=url)

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("process", "more"),
    [
        ("release", "transaction"),
        ("release", "transaction\nserver_round_robin = 1"),
        ("release", "statement"),
        ("all", "transaction"),
        ("web", "transaction"),
        ("worker", "transaction"),
    ],
)
def test_in_another_mode_no_process_starts(behind, process, more):
    url = behind(f"pool_mode = {more}")
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    command = (
        web_command(0, process, WEB_PROCESSES="1")
        if process in SERVERS
        else [sys.executable, *shlex.split(lines[process])[1:]]
    )

    result = run(command, DATABASE_URL=url)

    assert (result.returncode, REFUSAL in result.stderr.splitlines()) == (1, True)
