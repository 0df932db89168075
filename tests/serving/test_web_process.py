"""The Procfile's `web`: granian, several processes on one port, which takes in whole requests alone."""

import json
import os
import signal
import socket
import threading
import time as machine
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from web import lines_about, started

LOGIN = b"POST /api/users/login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-Request-ID: web-1\r\n"
CREDENTIALS = json.dumps({"email": "pat@example.test", "password": "findr-demo-1"}).encode()
JSON = {"Content-Type": "application/json"}
MEGABYTE = 1024 * 1024
NO_REQUEST = (400, "validation", "request is invalid")


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker, tmp_path_factory):
    log = tmp_path_factory.mktemp("web") / "log"
    with django_db_blocker.unblock(), started(log, "web", WEB_PROCESSES="2") as server:
        yield server


def workers(server):
    """The processes that answer."""
    return [int(pid) for pid in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()]


def refusal_in(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    status, said = int(head.split(b" ")[1]), json.loads(body)
    return (status, said["code"], said["error"]), head.decode().lower()


def test_it_answers_the_app_the_console_and_the_probes(server, stage):
    alive = server.ask("GET", "/healthz", **{"X-Request-ID": "probe-7"})
    signed_in = server.ask("POST", "/api/users/login", CREDENTIALS, **JSON)
    me = server.ask("GET", "/api/users/me", Authorization=f"Bearer {signed_in.body['token']}")
    page = server.ask("GET", "/admin/login/")
    (style, *_) = [part.split(b'"')[0].decode() for part in page.content.split(b'href="')[1:] if b".css" in part[:200]]

    assert (alive.status, alive.body, alive.headers["x-request-id"]) == (200, {"alive": True}, "probe-7")
    assert server.ask("GET", "/readyz", Host="10.9.8.7").status == 200
    assert (me.status, me.body["user"]["email"]) == (200, "pat@example.test")
    assert (page.status, server.ask("GET", style).headers["content-type"].split(";")[0]) == (200, "text/css")
    assert server.ask("GET", "/api/users/me").refusal[:2] == (401, "unauthorized")
    assert server.ask("HEAD", "/api/users/me").content == b""


def test_a_body_that_is_too_large_is_refused_on_its_declared_length(server):
    """Before any of it was sent; a form of the console may be larger, and is refused with a page."""
    told, head = refusal_in(server.say(LOGIN + b"Content-Length: %d\r\n\r\n" % (200 * MEGABYTE)))
    page = server.say(
        LOGIN.replace(b"/api/users/login", b"/admin/login/") + b"Content-Length: %d\r\n\r\n" % (5 * MEGABYTE)
    )

    assert told == (413, "too_large", "Request is too large")
    assert "x-request-id: web-1" in head
    assert "cache-control: no-store" in head
    assert page.startswith(b"HTTP/1.1 413 ")
    assert b"nothing was saved" in page
    assert server.ask("POST", "/admin/login/", b"a=" + b"x" * MEGABYTE).status == 403


@pytest.mark.parametrize(
    "request_",
    [
        LOGIN + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(CREDENTIALS), CREDENTIALS),
        LOGIN + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["chunks", "two lengths"],
)
def test_a_body_without_a_length_is_not_read(request_, server, stage):
    """One that breaks off would look like a whole one; the proxy gives each its length."""
    assert refusal_in(server.say(request_))[0] == NO_REQUEST


def test_a_body_that_breaks_off_is_no_request(server, stage):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(LOGIN + b"Content-Type: application/json\r\nContent-Length: 500\r\n\r\n" + CREDENTIALS)
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(65536), b""))

    assert refusal_in(answer)[0] == NO_REQUEST


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n\r\n",
        b"POST /api/users/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        b"POST /api/users/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % (b"X-More: 1\r\n" * 150),
    ],
    ids=["no request", "no length", "two lengths", "many headers"],
)
def test_what_is_no_request_harms_nobody(text, server):
    assert server.say(text)[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 431")
    assert server.ask("GET", "/healthz").status == 200


def test_each_request_has_one_line_without_what_it_was_about(server, stage):
    for number, (path, told, status) in enumerate(
        [
            ("/api/users/me?token=s3cret.s3cret", "/api/users/me", 401),
            ("/api/providers/lee%40example.test", "/api/providers/*", 404),
            ("/healthz?lee@example.test", "/healthz", 200),
        ]
    ):
        identifier = f"web-line-{number}"
        answer = server.ask("GET", path, **{"X-Request-ID": identifier})
        (line,) = lines_about(server, identifier)
        assert (answer.status, line["method"], line["path"], line["status"]) == (status, "GET", told, status)
        assert line["bytes"] == len(answer.content)
    assert UUID(server.ask("GET", "/healthz").headers["x-request-id"])
    assert not [line for line in server.lines if "s3cret" in line or "lee" in line]


def test_a_process_that_dies_is_followed_by_another(server, stage):
    """The others go on meanwhile."""
    before = workers(server)
    os.kill(before[0], signal.SIGKILL)
    deadline = machine.monotonic() + 60
    while (now := workers(server)) == before or len(now) < 2:
        assert machine.monotonic() < deadline, server.lines[-5:]
        with suppress(ConnectionError):
            assert server.ask("GET", "/healthz").status == 200
        machine.sleep(0.05)

    assert len(before) == 2
    assert before[1] in now


def test_whoever_is_being_answered_when_it_ends_is_answered(stage, tmp_path):
    """Their bodies are on their way when SIGTERM comes, and arrive when nobody else is let in any more."""
    head = LOGIN + b"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    clients = []
    with started(tmp_path / "log", "web", WEB_PROCESSES="1") as server:
        for _ in range(4):
            clients.append(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            clients[-1].sendall(head % len(CREDENTIALS))
            assert clients[-1].recv(65536).startswith(b"HTTP/1.1 100 ")  # A thread waits for the body.
        later = threading.Thread(target=_send_when_closed, args=[server, clients])
        later.start()
    later.join()
    answers = [b"".join(iter(lambda client=client: client.recv(65536), b"")) for client in clients]
    for client in clients:
        client.close()

    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 200"] * 4


def _send_when_closed(server, clients):
    deadline = machine.monotonic() + 20
    with suppress(ConnectionRefusedError):
        while machine.monotonic() < deadline:
            socket.create_connection(("127.0.0.1", server.port), timeout=20).close()
            machine.sleep(0.05)
    for client in clients:
        client.sendall(CREDENTIALS)
