"""findr behind the real nginx, with docs/nginx.conf: REST goes to `web`, the live feed to `socket`, and limits hold."""

import json
import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest
from live import listening
from publishing import published
from web import ROOT, Server, started
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from findr.devstack.processes import Family, wait_until
from findr.errors import TemporarilyUnavailable, TooLarge, body_of

# Debian's package puts it where only root looks.
PROGRAM = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
CREDENTIALS = json.dumps({"email": "pat@example.test", "password": "findr-demo-1"}).encode()
JSON = {"Content-Type": "application/json"}
LIMIT = 64 * 1024
MEGABYTE = 1024 * 1024
WRONG = json.dumps({"email": "pat@example.test", "password": "wrong"}).encode()
# One may fail once, so that who is who shows at the second try.
LIMITS = {"NUM_PROXIES": "1", "RATE_SIGN_IN_FAILURES": "1/900", "RATE_SIGN_IN_FAILURES_BY_ADDRESS": "1000/900"}


@pytest.fixture(scope="module")
def folder():
    place = Path(tempfile.mkdtemp(prefix="findr-t-"))
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def both(django_db_setup, django_db_blocker, folder):
    """nginx, with both processes behind it."""
    with (
        django_db_blocker.unblock(),
        started(folder / "web", "web", WEB_PROCESSES="2", WEB_THREADS="2", **LIMITS) as web,
        started(folder / "socket", "socket", NUM_PROXIES="1") as feed,
    ):
        family = Family(folder / "children")
        try:
            yield nginx(family, folder, web.port, feed.port)
        finally:
            family.end()


@pytest.fixture
def _installed(figures):
    if not PROGRAM:
        sentence = "nginx is not installed (apt-get install nginx): nothing was tried behind it."
        assert os.environ.get("FINDR_NGINX") != "required", sentence
        figures.append(sentence)
        pytest.skip(sentence)


@pytest.fixture
def server(_installed, request):
    """Started once for all of them, where nginx is installed."""
    return request.getfixturevalue("both")


def nginx(family, folder, web, feed):
    """docs/nginx.conf on ports of this run; only what is needed to run beside another nginx, and as anybody, is added."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    text = (ROOT / "docs" / "nginx.conf").read_text().replace("http {", f"http {{ {own}", 1)
    for written, used in (("127.0.0.1:8080", port), ("127.0.0.1:3001", web), ("127.0.0.1:3002", feed)):
        assert text.count(written) == 1
        text = text.replace(written, f"127.0.0.1:{used}")
    name = folder / f"nginx-{port}.conf"
    name.write_text(text)
    given = f"daemon off; pid {folder}/nginx-{port}.pid; error_log stderr;"
    user = "user root;" if os.getuid() == 0 else ""
    command = [PROGRAM, "-e", "stderr", "-c", name, "-g", given + user]
    child = family.start("nginx", command, log=folder / "nginx.log", env={}, cwd=folder)
    wait_until(lambda: _listens(port), child, 10)
    return Server(port, folder / "nginx.log", child.process.pid)


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_api_the_console_and_the_live_feed_are_at_one_address(server, stage, patient):
    signed_in = server.ask("POST", "/api/users/login", CREDENTIALS, **JSON)
    in_chunks = server.ask("POST", "/api/users/login", iter([CREDENTIALS[:7], CREDENTIALS[7:]]), **JSON)
    page = server.ask("GET", "/admin/login/", Host=f"127.0.0.1:{server.port}")
    with listening(server, patient) as phone:
        published(patient.id)
        assert phone.next()["seq"] == 1
    with pytest.raises(InvalidStatus) as refused, connect(f"ws://127.0.0.1:{server.port}/api/users/me", proxy=None):
        pass

    assert (signed_in.status, in_chunks.status, page.status) == (200, 200, 200)
    assert server.ask("GET", "/api/users/me", Authorization=f"Bearer {signed_in.body['token']}").status == 200
    assert server.ask("GET", "/healthz").body == {"alive": True}
    assert refused.value.response.status_code == 401


def test_slow_senders_keep_no_thread(server, stage):
    """More of them than there are threads: whoever sends at once is answered at once, and the slow ones in the end."""
    head = (
        b"POST /api/users/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
    )
    slow = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(10)]
    for client in slow:
        client.sendall(head + b"Content-Length: %d\r\n\r\n" % len(CREDENTIALS) + CREDENTIALS[:5])

    assert server.ask("POST", "/api/users/login", CREDENTIALS, **JSON).status == 200
    for client in slow:
        client.sendall(CREDENTIALS[5:])
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        client.close()


def test_a_body_over_the_limit_is_refused_in_the_words_of_the_wire(server, stage):
    fits = server.ask("POST", "/api/users/login", CREDENTIALS + b" " * (LIMIT - len(CREDENTIALS)), **JSON)
    refused = [
        server.ask("POST", "/api/users/login", CREDENTIALS + b" " * LIMIT),
        server.ask("POST", "/api/users/login", iter([b"x" * LIMIT, b"x"])),
    ]
    pages = [server.ask("POST", "/admin/login/", b"a=" + b"x" * 3 * MEGABYTE) for _ in range(20)]

    assert fits.status == 200
    for one in refused:
        assert (one.status, one.body) == (413, body_of(TooLarge()))
        assert (one.headers["content-type"], one.headers["cache-control"]) == ("application/json", "no-store")
    # Not one that the proxy gave up because it was answered before it had sent all.
    assert {(page.status, b"nothing was saved" in page.content) for page in pages} == {(413, True)}


def test_an_address_is_the_one_that_nginx_saw_and_nobody_elses_word(server, stage):
    """The next failure from the same address is one too many, whatever was said of where it comes from."""
    said = [{}, {"X-Forwarded-For": "203.0.113.7"}, {"X_Forwarded_For": "203.0.113.8"}]
    statuses = [server.ask("POST", "/api/users/login", WRONG, **JSON, **more).status for more in said]

    assert statuses == [401, 429, 429]


def test_what_is_no_request_is_refused(server):
    for header in (b"Content-Length: x", b"Content-Length: 5\r\nTransfer-Encoding: chunked"):
        answer = server.say(b"POST /api/users/login HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n\r\n0\r\n\r\n" % header)
        assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.usefixtures("_installed")
def test_when_findr_is_away_the_app_is_told_to_try_again(folder):
    """An nginx before two ports at which nobody listens."""
    family = Family(folder / "alone")
    try:
        answer = nginx(family, folder, 1, 2).ask("GET", "/api/users/me")
    finally:
        family.end()

    assert (answer.status, answer.body) == (503, body_of(TemporarilyUnavailable()))
    assert (answer.headers["retry-after"], answer.headers["content-type"]) == ("1", "application/json")
    assert answer.headers["x-request-id"]
