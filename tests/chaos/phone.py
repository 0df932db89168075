"""How apps and portals talk to findr: one call, or a call that is repeated with its key until it is answered."""

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from chaos.diary import Diary, Entry
from chaos.people import Somebody
from chaos.plan import Journey

TIMEOUT_SECONDS = 30.0
# What a client waits out: nobody is there, the database is away, or its own first call is still running.
TRY_AGAIN = {"idempotency_conflict", "temporarily_unavailable", "rate_limited", "decision_in_progress"}
PAUSE_SECONDS = 0.4
PATIENCE_SECONDS = 45.0


@dataclass(frozen=True)
class Call:
    """One call as an app makes it."""

    action: str
    tag: str
    path: str
    body: dict[str, Any]
    method: str = "POST"


@dataclass
class Phone:
    """In somebody's hand."""

    owner: Somebody
    port: int
    diary: Diary
    over: threading.Event

    def get(self, action: str, path: str, tag: str = "") -> Entry:
        """A look, made once: the next one comes soon."""
        return self._once(Call(action, tag, path, {}, method="GET"), key="")

    def do(self, call: Call, how: str) -> Entry:
        """Make a call as often as the plan says (`plan.HOWS`); the answer of the first that succeeded, or of the last."""
        key = str(uuid4())
        match how:
            case "at_once":
                return self._together((call, key), (call, key))
            case "other_key":
                return self._together((call, key), (call, str(uuid4())))
            case "again":
                first = self.persist(call, key)
                self.persist(call, key)
                return first
            case _:
                return self.persist(call, key)

    def together(self, *calls: Call) -> Entry:
        """Different calls at one moment."""
        return self._together(*((call, str(uuid4())) for call in calls))

    def _together(self, *pairs: tuple[Call, str]) -> Entry:
        with ThreadPoolExecutor(len(pairs)) as pool:
            entries = list(pool.map(lambda pair: self.persist(*pair), pairs))
        return next((entry for entry in entries if 200 <= entry.status < 300), entries[-1])

    def persist(self, call: Call, key: str) -> Entry:
        """Repeat it with its key until it is answered for good, as long as patience lasts."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            entry = self._once(call, key)
            passing = entry.status == 0 or entry.code in TRY_AGAIN
            if not passing or time.monotonic() > deadline:
                return entry
            self.over.wait(PAUSE_SECONDS)

    def _once(self, call: Call, key: str) -> Entry:
        began = time.monotonic()
        status, body, trouble = 0, None, ""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
        try:
            headers = {"Authorization": f"Bearer {self.owner.token}"}
            content = None
            if call.method != "GET":
                content = json.dumps(call.body)
                headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
            connection.request(call.method, call.path, content, headers)
            answer = connection.getresponse()
            raw, status = answer.read(), answer.status
            body = json.loads(raw)
        except ValueError:
            body = raw.decode(errors="replace")[:500]
        except (OSError, http.client.HTTPException) as problem:
            status, trouble = 0, f"{type(problem).__name__}: {problem}"
        finally:
            connection.close()
        entry = Entry(
            self.owner.name, call.action, call.tag, call.path, key, status, body, began, time.monotonic(), trouble
        )
        self.diary.write(entry)
        return entry


def tag_of(journey: Journey, call: str = "") -> str:
    """What tells in a booking's notes which journey it belongs to."""
    return f"j{journey.number}{f'/{call}' if call else ''}"
