"""The careful Node server beside findr (tests/load/careful_node): its packages, and a database with the same people in it."""

import json
import os
import shutil
import subprocess

import psycopg
from contenders import ROOT, CannotMeasure, Contender, free_port, new_database

FOLDER = ROOT / "tests" / "load" / "careful_node"
INSTALLS_WITHIN_SECONDS = 300
# Its table, the columns there that differ from those here, and which rows of which table of findr's are brought along.
BROUGHT = (
    ("users", {}, "accounts_user", "role = 'patient'"),
    ("providers", {}, "providers_provider", "true"),
    ("services", {}, "providers_service", "price_cents > 0"),
    ("bookings", {"start_at": "start", "end_at": "end"}, "bookings_booking", "patient_id = %(patient)s"),
    (
        "payments",
        {},
        "bookings_payment",
        "booking_id IN (SELECT id FROM bookings_booking WHERE patient_id = %(patient)s)",
    ),
)
COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'"


def careful_node(tree, state):
    """The server, ready to be started; CannotMeasure if this machine has no node, or cannot install its packages."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise CannotMeasure("there is no node here")
    packages = installed(npm, state)
    address = new_database("bench_node")
    bring(tree, address)
    port = free_port()
    environ = {**os.environ, "DATABASE_URL": address, "PORT": str(port), "NODE_PATH": str(packages), "POOL": "10"}
    return Contender("careful Node", [node, "server.js"], FOLDER, environ, tree, port, is_findr=False)


def installed(npm, state):
    """Its packages as locked, outside of the checkout; their folder."""
    place = state / "careful-node"
    place.mkdir(parents=True, exist_ok=True)
    wanted = [FOLDER / "package.json", FOLDER / "package-lock.json"]
    stamp = place / "installed"
    content = "".join(path.read_text() for path in wanted)
    if stamp.exists() and stamp.read_text() == content:
        return place / "node_modules"
    for path in wanted:
        shutil.copy(path, place)
    try:
        made = subprocess.run(
            [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=place,
            check=False,
            capture_output=True,
            timeout=INSTALLS_WITHIN_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise CannotMeasure("its packages could not be installed in time") from None
    if made.returncode:
        raise CannotMeasure(f"its packages could not be installed: {made.stderr.decode()[-300:].strip()}")
    stamp.write_text(content)
    return place / "node_modules"


def bring(tree, address):
    """Make its tables, and copy who and what findr's database has for the calls that both can answer."""
    with psycopg.connect(tree.environ["DATABASE_URL"]) as here, psycopg.connect(address, autocommit=True) as there:
        there.execute((FOLDER / "schema.sql").read_text())
        for table, renamed, source, rows in BROUGHT:
            columns = shared_columns(here, there, table, source, renamed)
            select = ", ".join(f'"{renamed.get(column, column)}"' for column in columns)
            condition = rows % {"patient": f"'{tree.told['one']['patient']}'"}
            with (
                here.cursor().copy(f"COPY (SELECT {select} FROM {source} WHERE {condition}) TO STDOUT") as given,
                there.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as taken,
            ):
                for data in given:
                    taken.write(data)
        # Not the empty ones: prepared plans would be made for tables of no page, and kept.
        there.execute("ANALYZE users, providers, services")


def shared_columns(here, there, table, source, renamed):
    """The columns of its table that findr has too; for those that it lacks its defaults stand."""
    known = {name for (name,) in here.execute(COLUMNS, [source])}
    return [name for (name,) in there.execute(COLUMNS, [table]) if renamed.get(name, name) in known]


def shape(value):
    """The names of everything in an answer, as paths such as `booking.provider.address.city`."""
    return set(paths(json.loads(value)))


def paths(value, before=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield f"{before}{name}"
            yield from paths(inner, f"{before}{name}.")
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, before)
