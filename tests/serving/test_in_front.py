"""What stands in front of the application: how much is taken in, for how long, and what is written down of it."""

import json
import socket
import time as machine
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from web import lines_about, started

RECEIVE_SECONDS = 2
MEGABYTE = 1024 * 1024
LOGIN = b"POST /api/users/login HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-ID: big-1\r\n"
CONSOLE_LOGIN = b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker, tmp_path_factory):
    log = tmp_path_factory.mktemp("daphne") / "log"
    with django_db_blocker.unblock(), started(log, RECEIVE_SECONDS=str(RECEIVE_SECONDS)) as server:
        yield server


@pytest.fixture(scope="module")
def patient_server(django_db_setup, django_db_blocker, tmp_path_factory):
    """One that waits as long as it does by default: on a busy machine a large body takes its time."""
    with django_db_blocker.unblock(), started(tmp_path_factory.mktemp("patient") / "log") as server:
        yield server


def peak_memory(server):
    """The most that the process ever had, in bytes."""
    (line,) = [line for line in Path(f"/proc/{server.pid}/status").read_text().splitlines() if "VmHWM" in line]
    return int(line.split()[1]) * 1024


def temporary_files(server):
    """Files that are open and stand in no folder."""
    found = []
    for link in Path(f"/proc/{server.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # Closed meanwhile.
            found.append(str(link.readlink()))
    return [one for one in found if one.endswith("(deleted)")]


def answer_to(server, *parts):
    """All that comes back while these are being sent, and after it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        for part in parts:
            client.sendall(part)
        return b"".join(iter(lambda: client.recv(65536), b""))


def parts_of(answer):
    """Status line, headers in lower case, body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return status, dict(line.lower().split(": ", 1) for line in lines), body


# --- How much -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("more", [b"", b"Expect: 100-continue\r\n", b"Authorization: Bearer x\r\n"])
def test_a_body_is_refused_on_its_declared_length(more, server):
    """Before any of it was sent."""
    answer = answer_to(server, LOGIN + more + b"Content-Length: %d\r\n\r\n" % (200 * MEGABYTE))

    status, headers, body = parts_of(answer)
    assert (status, json.loads(body)["code"]) == ("HTTP/1.1 413 Request Entity Too Large", "too_large")
    assert (headers["x-request-id"], headers["cache-control"]) == ("big-1", "no-store")
    assert (headers["content-type"], headers["connection"]) == ("application/json", "close")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_body_in_chunks_is_refused_on_what_has_arrived(server):
    """The last chunk never comes."""
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"

    status, _, body = parts_of(answer_to(server, LOGIN + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 5))

    assert (status, json.loads(body)["code"]) == ("HTTP/1.1 413 Request Entity Too Large", "too_large")


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_large_body_costs_nothing_and_whoever_sends_it_reads_the_refusal(is_chunked, patient_server):
    server, many, piece = patient_server, 100, b"x" * MEGABYTE
    server.ask("GET", "/healthz")
    before, files = peak_memory(server), []

    def pieces():
        for _ in range(many):
            yield piece
            files.extend(temporary_files(server))

    length = {} if is_chunked else {"Content-Length": str(many * MEGABYTE)}
    client = server.connect()
    try:
        client.request("POST", "/api/users/login", pieces(), length, encode_chunked=is_chunked)
        answer = client.getresponse()
        answer.read()
    finally:
        client.close()

    assert answer.status == 413
    assert files == []
    assert peak_memory(server) - before < 16 * MEGABYTE


def test_a_form_of_the_console_may_be_larger_and_is_refused_with_a_page(server, stage):
    fits = server.ask("POST", "/admin/login/", b"a=" + b"x" * MEGABYTE)
    declared = parts_of(answer_to(server, CONSOLE_LOGIN + b"Content-Length: %d\r\n\r\n" % (3 * MEGABYTE)))
    many_fields = b"&".join(b"f%d=1" % number for number in range(1100))
    cookie = server.ask("GET", "/admin/login/").headers["set-cookie"].split(";")[0]
    form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    crowded = server.ask("POST", "/admin/login/", many_fields, **form)

    assert (fits.status, fits.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert declared[0] == "HTTP/1.1 413 Request Entity Too Large"
    for headers, page in ((declared[1], declared[2]), (crowded.headers, crowded.content)):
        assert headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'self'" in headers["content-security-policy"]
        assert b"nothing was saved" in page
    assert crowded.status == 413


def test_nobody_says_where_findr_is_mounted(server, stage):
    answer = server.ask("GET", "/admin", **{"Daphne-Root-Path": "/evil"})

    assert answer.headers["location"] == "/admin/"
    assert server.ask("GET", "/api/nope", **{"Daphne-Root-Path": "é".encode().decode("latin-1")}).status == 404


def test_a_header_with_an_underscore_is_no_header_of_findrs(server):
    """To Django it would be the one with a hyphen, which only a proxy writes."""
    answer = server.ask("GET", "/api/nope", X_Request_ID="another")

    assert UUID(answer.headers["x-request-id"])


@pytest.mark.parametrize("target", ["/api/caf\u00e9", "/api/bookings?q=caf\u00e9"])
def test_what_daphne_itself_refuses_is_json_too(target, server):
    answer = answer_to(server, b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" % target.encode())

    status, headers, body = parts_of(answer)
    assert (status, json.loads(body)["code"]) == ("HTTP/1.1 400 Bad Request", "validation")
    assert headers["content-type"] == "application/json"


# --- For how long -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (b"GET /api/users/me HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"X-Drop: 1\r\n"),
        (b"GET /api/users", b"x"),
        (LOGIN + b"Content-Length: 50000\r\n\r\n", b"x"),
        (LOGIN + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (LOGIN + b"Content-Length: 99999999\r\n\r\n", b"x"),
    ],
    ids=["headers", "first line", "body", "chunks", "refused"],
)
def test_a_connection_that_drips_is_ended(begin, drop, server):
    began = machine.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(begin)
        client.settimeout(0.1)
        is_open = True
        while is_open and machine.monotonic() - began < 20:
            try:
                client.sendall(drop)
                is_open = client.recv(65536) != b""
            except TimeoutError:
                continue
            except ConnectionError:
                is_open = False

    assert not is_open
    assert RECEIVE_SECONDS - 0.5 < machine.monotonic() - began < RECEIVE_SECONDS + 8


def test_a_connection_that_is_kept_has_its_time_anew_for_each_request(server):
    client = server.connect()
    server.ask_on(client, "GET", "/healthz")
    client.sock.settimeout(RECEIVE_SECONDS + 1)
    with pytest.raises(TimeoutError):
        client.sock.recv(1)

    again = server.ask_on(client, "GET", "/healthz")
    client.close()

    assert again.status == 200


# --- What is written down ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "told", "status"),
    [
        ("/api/users/me?token=s3cret.s3cret", "/api/users/me", 401),
        ("/admin/accounts/user/?q=lee%40example.test", "/admin/accounts/user/", 302),
        ("/api/bookings/lee@example.test", "/api/bookings/*", 401),
        ("/api/providers/lee%40example.test?s3cret", "/api/providers/*", 404),
        (f"/api/users/devices/{'s3cret' * 30}", "/api/users/devices/*", 405),
        ("/healthz?lee@example.test", "/healthz", 200),
    ],
)
def test_each_request_has_one_line_without_what_it_was_about(path, told, status, server, stage):
    identifier = f"line-{abs(hash(path))}"
    answer = server.ask("GET", path, **{"X-Request-ID": identifier})

    (line,) = lines_about(server, identifier)
    assert answer.status == status
    assert (line["method"], line["path"], line["status"]) == ("GET", told, status)
    assert line["bytes"] == len(answer.content)
    assert line["milliseconds"] >= 0
    assert not [line for line in server.lines if "s3cret" in line or "lee" in line]


def test_a_refused_body_and_a_socket_have_their_lines(server):
    answer_to(server, LOGIN.replace(b"big-1", b"big-2") + b"Content-Length: 9999999\r\n\r\n")
    answer_to(
        server,
        b"GET /api/bookings?token=s3cret HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    )

    (line,) = lines_about(server, "big-2")
    assert (line["path"], line["status"]) == ("/api/users/login", 413)
    assert [line for line in server.lines if "WebSocket /api/bookings rejected" in line]
    assert not [line for line in server.lines if "s3cret" in line]
