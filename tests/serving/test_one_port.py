"""The server as the Procfile starts it: everything answers on one port, through Daphne and real sockets."""

import base64
import hashlib
import json
from uuid import UUID

import pytest
from django.db import connection
from web import started

LIMIT = 64 * 1024
CREDENTIALS = json.dumps({"email": "pat@example.test", "password": "findr-demo-1"}).encode()
TOO_LARGE = (413, "too_large", "Request is too large")


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), started(tmp_path_factory.mktemp("daphne") / "log") as server:
        yield server


def test_it_says_that_it_is_alive(server):
    answer = server.ask("GET", "/healthz", **{"X-Request-ID": "probe-7"})

    assert (answer.status, answer.body) == (200, {"alive": True})
    assert answer.headers["x-request-id"] == "probe-7"
    assert UUID(server.ask("GET", "/healthz").headers["x-request-id"])


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.9.8.7", "10.9.8.7:3001", "[::1]", "odd_name", "evil.example", "..", ""]
)
def test_it_says_what_it_lacks_and_when_it_is_ready(server, stage, host):
    """Whatever name it is asked by: the server knows itself as 127.0.0.1 alone."""
    lacking = server.ask("GET", "/readyz", Host=host), server.ask("GET", "/workerz", Host=host)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    ready = server.ask("GET", "/readyz", Host=host), server.ask("HEAD", "/workerz", Host=host)

    there = {"database": True, "migrations": True, "redis": True}
    assert [each.status for each in lacking] == [200, 503]
    on_time = {"periodicJobs": True, "lateJobs": []}
    assert [each.body for each in lacking] == [
        {**there, **on_time, "worker": False, "degraded": ["worker"]},
        {"worker": False},
    ]
    assert [each.status for each in ready] == [200, 200]
    assert ready[0].body == {**there, **on_time, "worker": True, "degraded": []}


def test_a_probe_without_a_host_name_is_answered(server):
    assert server.say(b"GET /readyz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 ")
    assert server.say(b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 ")


def test_it_answers_the_app(server, stage):
    signed_in = server.ask("POST", "/api/users/login", CREDENTIALS, **{"Content-Type": "application/json"})
    me = server.ask("GET", "/api/users/me", Authorization=f"Bearer {signed_in.body['token']}")
    stranger = server.ask("GET", "/api/users/me")

    assert (me.status, me.body["user"]["email"]) == (200, "pat@example.test")
    assert me.headers["content-type"] == "application/json"
    assert stranger.refusal == (401, "unauthorized", "Authentication required - no token provided")


def test_one_connection_serves_one_call_after_another(server, stage):
    client = server.connect()

    statuses = [
        server.ask_on(client, *call).status
        for call in (
            ("POST", "/api/users/login", b"x" * (LIMIT + 1)),
            ("POST", "/api/users/login", CREDENTIALS),
            ("GET", "/api/nope"),
            ("HEAD", "/api/users/me"),
            ("GET", "/healthz"),
        )
    ]
    client.close()

    assert statuses == [413, 200, 404, 401, 200]


def test_it_serves_the_admin_and_what_its_pages_need(server, stage):
    page = server.ask("GET", "/admin/login/")
    (style, *_) = [part.split(b'"')[0].decode() for part in page.content.split(b'href="')[1:] if b".css" in part[:200]]
    sheet = server.ask("GET", style)

    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"csrfmiddlewaretoken" in page.content
    assert (sheet.status, sheet.headers["content-type"].split(";")[0]) == (200, "text/css")
    assert server.ask("GET", "/admin").headers["location"] == "/admin/"


# --- Bodies ---------------------------------------------------------------------------------------------------------
def test_a_body_in_chunks_is_read_whole(server, stage):
    chunks = [CREDENTIALS[:10], CREDENTIALS[10:11], CREDENTIALS[11:]]

    assert server.ask("POST", "/api/users/login", iter(chunks)).status == 200
    assert server.ask("POST", "/api/users/login", iter([])).refusal[2] == "email is required"


@pytest.mark.parametrize(
    "as_sent", [lambda body: body, lambda body: iter([body[:5000], body[5000:]])], ids=["whole", "chunks"]
)
def test_a_body_over_the_limit_is_refused_and_one_at_the_limit_is_read(as_sent, server, stage):
    def filled(length):
        return CREDENTIALS + b" " * (length - len(CREDENTIALS))

    fits = server.ask("POST", "/api/users/login", as_sent(filled(LIMIT)))
    refused = [server.ask("POST", "/api/users/login", as_sent(filled(length))) for length in (LIMIT + 1, 50 * LIMIT)]

    assert fits.status == 200
    assert [one.refusal for one in refused] == [TOO_LARGE] * 2
    assert [one.headers["content-type"] for one in refused] == ["application/json"] * 2
    assert all(UUID(one.headers["x-request-id"]) for one in refused)


# --- What is not for us ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "a b", "[::1"])
def test_a_forged_host_is_a_plain_bad_request(host, server):
    answers = [server.ask("GET", path, Host=host) for path in ("/api/users/me", "/admin/login/")]

    assert {one.refusal for one in answers} == {(400, "validation", "request is invalid")}
    assert all(one.headers["content-type"] == "application/json" for one in answers)


@pytest.mark.parametrize("path", ["/api/bookings/realtime/", "/api/users/me", "/nope"])
def test_a_websocket_handshake_is_refused_and_not_left_hanging(path, server):
    key = base64.b64encode(hashlib.sha256(path.encode()).digest()[:16]).decode()
    handshake = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )

    answer = server.say(handshake.encode())

    assert answer.startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "text",
    [
        b"nonsense\r\n\r\n",
        b"GET /healthz\r\n\r\n",
        b"POST /api/users/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        b"POST /api/users/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["no request", "no version", "no length", "two lengths"],
)
def test_what_is_no_request_harms_nobody(text, server):
    answer = server.say(text)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert server.ask("GET", "/healthz").status == 200
