"""Sends drawn requests over real connections, and says what is wrong with an answer."""

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse

from fuzz.drawn import Drawn

AT_ONCE = 4
SECONDS = 30


@dataclass
class Answer:
    """What came back; status 0 if the connection was closed instead."""

    status: int
    headers: dict[str, str]
    body: bytes


class Line:
    """One connection after another."""

    def __init__(self, port: int) -> None:
        self.port, self.socket = port, None

    def send(self, drawn: Drawn) -> Answer:
        """The answer to one request."""
        try:
            if self.socket is None:
                self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
            self.socket.sendall(drawn.content)
            answer = self._read(drawn.method)
        except (ConnectionError, HTTPException) as problem:
            self.close()
            return Answer(0, {"problem": repr(problem)}, b"")
        if drawn.is_last or answer.status in (0, 101, 400, 408, 413) or answer.headers.get("connection") == "close":
            self.close()
        return answer

    def _read(self, method: bytes) -> Answer:
        response = HTTPResponse(self.socket, method=method.decode("latin-1"))
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        body = b"" if response.status == 101 else response.read()
        return Answer(response.status, headers, body)

    def close(self) -> None:
        """The next request has a new one."""
        if self.socket is not None:
            self.socket.close()
        self.socket = None


def play(port: int, requests: list[Drawn]) -> list[tuple[Drawn, Answer]]:
    """All of them, a few at once; each share in order."""

    def share(place: int) -> list[tuple[Drawn, Answer]]:
        line = Line(port)
        try:
            return [(one, line.send(one)) for one in requests[place::AT_ONCE]]
        finally:
            line.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [played for part in pool.map(share, range(AT_ONCE)) for played in part]


def wrong_with(drawn: Drawn, answer: Answer) -> str:
    """What no request may be answered with; blank if it is none of that."""
    path = drawn.target.split(b"?")[0]
    if answer.status >= 500:
        return f"answered {answer.status}"
    if "problem" in answer.headers:
        return "" if drawn.is_last else answer.headers["problem"]
    if not path.startswith(b"/api/") or answer.status < 200 or "x-request-id" not in answer.headers:
        return ""
    if answer.headers.get("cache-control") != "no-store":
        return "may be kept"
    if answer.body and not answer.headers.get("content-type", "").startswith("application/json"):
        return f"is {answer.headers.get('content-type')}"
    return ""
