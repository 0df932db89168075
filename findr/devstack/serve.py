"""bin/serve: all of findr on this machine, until Ctrl-C."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import FrameType

from findr.devstack import demo_calendars, demo_visits, environment, welcome
from findr.devstack.console import say
from findr.devstack.errors import CannotStart
from findr.devstack.processes import Child, Family, end_leftovers, wait_until, wrapped
from findr.devstack.servers import Servers
from findr.devstack.state import ROOT, Busy, State, find_state, fresh_log, last_lines, locked

# Where findr takes the payment vendor's events; the sandbox signs them with STRIPE_WEBHOOK_SECRET.
WEBHOOK_PATH = "/api/payments/webhook"
WATCH_SECONDS = 0.25
READY_SECONDS = 60.0
ALL_READY_SECONDS = 30.0
# One process for both: starting Django costs more than either on a second run.
PREPARE_DATABASE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=1)
call_command("load_demo")
"""


class StopAsked(BaseException):
    """Somebody pressed Ctrl-C, or the system wants this process to end."""


def main(arguments: list[str]) -> int:
    """Start everything, stay until asked to stop or until a process dies, stop everything."""
    if arguments:
        raise CannotStart(
            "It takes no arguments; PORT, SANDBOX_PORT and the rest are environment variables (.env.example)."
        )
    state = find_state()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with locked(state.serve_lock, wait=False):
            return _serve(state)
    except Busy as busy:
        raise CannotStart(f"It is already running on {state.folder} (process {busy.holder}).") from None
    except StopAsked:
        return 0


def _serve(state: State) -> int:
    if end_leftovers(state.children):
        say("ended the processes that an earlier run left behind")
    variables = environment.for_serving(state)
    check_port(variables, "PORT")
    check_port(variables, "SANDBOX_PORT")
    if variables["WEB_PROCESSES"] not in map(str, range(1, 65)):
        raise CannotStart(f"WEB_PROCESSES is '{variables['WEB_PROCESSES']}', which is no number from 1 to 64.")
    family = Family(state.children)
    servers = Servers(state, variables)
    try:
        _start(state, family, servers, variables)
        while not (dead := family.first_dead()):
            time.sleep(WATCH_SECONDS)
        raise dead.died()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        _stop_all(family)
        servers.tidy()
        say("everything has stopped; the data stays")


def _start(state: State, family: Family, servers: Servers, variables: dict[str, str]) -> None:
    python, port = str(state.python), variables["PORT"]
    sandbox = _start_python(
        family,
        state,
        {"SANDBOX_STRIPE_WEBHOOK_URL": f"http://127.0.0.1:{port}{WEBHOOK_PATH}", **variables},
        "sandbox",
        "-m",
        "findr.sandbox",
        "--port",
        variables["SANDBOX_PORT"],
        "--state",
        str(state.sandbox),
    )
    variables |= servers.start(family)
    _write_environment(state, variables)
    wait_until(lambda: answers(variables["SANDBOX_PORT"], "/__health"), sandbox, READY_SECONDS)
    say("the vendors' sandbox is up")
    _prepare_database(python, state, variables)
    say("the database is migrated and has its demo data")
    web = _start_web(family, state, variables)
    worker = _start_python(family, state, variables, "worker", "manage.py", "run_worker", "--concurrency", "8")
    wait_until(lambda: answers(port, "/healthz"), web, READY_SECONDS)
    say("the API answers")
    demo_calendars.load(variables)
    demo_visits.load(variables)
    _wait_for_all(port, worker)
    print(welcome.text(state, variables), flush=True)


def _start_web(family: Family, state: State, variables: Mapping[str, str]) -> Child:
    """So many processes at one port, each of which takes a connection when it is free; the first of them.

    They share one listening socket: with a socket each (SO_REUSEPORT) connections wait for a busy process beside an idle one.
    """
    with socket.create_server(("127.0.0.1", int(variables["PORT"])), backlog=1024) as listening:
        shared = listening.fileno()
        webs = [
            _start_python(
                family,
                state,
                variables,
                f"daphne-{number}" if number else "daphne",
                *("-m", "daphne", "--fd", str(shared), "findr.asgi:application"),
                descriptors=[shared],
            )
            for number in range(int(variables["WEB_PROCESSES"]))
        ]
    return webs[0]


def _start_python(
    family: Family,
    state: State,
    variables: Mapping[str, str],
    name: str,
    *arguments: str,
    descriptors: Sequence[int] = (),
) -> Child:
    log = state.logs / f"{name}.log"
    return family.start(name, [state.python, *arguments], log=log, env=variables, cwd=ROOT, descriptors=descriptors)


def _prepare_database(python: str, state: State, variables: Mapping[str, str]) -> None:
    log = fresh_log(state.logs / "migrate.log")
    with log.open("ab") as output:
        command = wrapped([python, "-c", PREPARE_DATABASE], death_signal=signal.SIGTERM)
        done = subprocess.run(command, cwd=ROOT, env=variables, stdout=output, stderr=output, check=False)
    if done.returncode:
        raise CannotStart(f"The database could not be prepared; the log is {log}.", last_lines(log))


def _write_environment(state: State, variables: Mapping[str, str]) -> None:
    """Only what differs from the caller's own environment: the rest is not ours to keep."""
    changed = {key: value for key, value in variables.items() if os.environ.get(key) != value}
    named = {key: variables[key] for key in ("DATABASE_URL", "REDIS_URL", "PORT", "SANDBOX_PORT", *environment.SECRETS)}
    environment.write(state.env, changed | named)


def check_port(variables: Mapping[str, str], name: str) -> None:
    """Raises CannotStart when the variable is no port number, or something else listens there."""
    value = variables[name]
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise CannotStart(f"{name} is '{value}', which is not a port number.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(value)))
        except OSError as problem:
            raise CannotStart(
                f"Port {value} cannot be used ({problem.strerror}): free it, or set {name} to another."
            ) from None


def answers(port: str, path: str) -> bool:
    """Whether a local server answers 200 there."""
    return ask(port, path)[0] == 200


def ask(port: str, path: str) -> tuple[int, str]:
    """The status and body of a local GET; status 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as problem:
        return 0, str(problem)
    finally:
        connection.close()


def _wait_for_all(port: str, worker: Child) -> None:
    """Wait for web and worker; a stack that is not ready yet stays up, so that one can look into it."""
    deadline = time.monotonic() + ALL_READY_SECONDS
    for path in ("/readyz", "/workerz"):
        while (answer := ask(port, path))[0] != 200:
            if not worker.is_alive:
                raise worker.died()
            if time.monotonic() > deadline:
                say(f"WARNING: after {ALL_READY_SECONDS:.0f} s {path} still answers {answer[0]}: {answer[1].strip()}")
                return
            time.sleep(WATCH_SECONDS)
    say("everything is ready")


def _stop_all(family: Family) -> None:
    """First those that use the servers, then the servers."""
    say("stopping")
    servers = [child for child in family.children if child.name in ("PostgreSQL", "Redis")]
    family.end(*[child for child in family.children if child not in servers])
    family.end(*servers)


def _stop(number: int, frame: FrameType | None) -> None:
    raise StopAsked
