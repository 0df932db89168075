"""Nothing in findr asks what time it is but its clock: whoever asked the machine would live at another moment in tests."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("findr", "bookings", "providers", "calendars", "notifications")
ASKS = re.compile(
    r"\b(datetime\.now|timezone\.now|time\.time|utcnow|date\.today|gmtime)\s*\("
    r"|\blocaltime\(\)"
    r"|(?i:(?<![.\w])(?<!def )now\(\)|\bcurrent_(date|time|timestamp)\b|\b(statement|clock|transaction)_timestamp\b)"
    r"|\bauto_now|\bNow\(\)|\{% now"
)
# The clocks themselves; the queue's own time, which nobody moves; when a line was logged, or refused by a vendor; how long a command took.
OTHERS = {
    "findr/clock.py": 1,
    "findr/sandbox/clock.py": 1,
    "findr/sandbox/microsoft/errors.py": 1,
    "findr/sandbox/numbered_log.py": 1,
    "findr/outbox/jobs.py": 3,
    "findr/outbox/heartbeats.py": 1,
    "findr/outbox/periodic_runs.py": 5,
}


def asking(text):
    return len(ASKS.findall(text))


def test_nothing_asks_another_clock():
    files = [
        path
        for folder in (*PRODUCT, "templates")
        for path in (ROOT / folder).rglob("*.*")
        if path.suffix in (".py", ".html", ".sql") and not {"migrations", "devstack"} & set(path.parts)
    ]
    found = {str(path.relative_to(ROOT)): asking(path.read_text()) for path in files}

    assert {path: number for path, number in found.items() if number} == OTHERS


@pytest.mark.parametrize(
    "code",
    [
        "datetime.now(UTC)",
        "timezone.now()",
        "int(time.time())",
        "date.today()",
        "timezone.localtime()",
        "'SELECT 1 WHERE start < now()'",
        "'start > CURRENT_DATE'",
        "models.DateTimeField(auto_now_add=True)",
        "filter(start__gt=Now())",
    ],
)
def test_whoever_asks_is_seen(code):
    assert asking(code) == 1


@pytest.mark.parametrize(
    "code",
    ["clock.now()", "def now() -> datetime:", "self.clock.now()", "time.monotonic()", "timezone.localtime(start)"],
)
def test_whoever_does_not_is_not(code):
    assert asking(code) == 0
