"""What the documents say of the code is so."""

import re
from pathlib import Path

from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[1]
NAMED = re.compile(r"`([A-Z]\w+)\.(\w+)`")


def test_every_lesson_is_proved_by_a_test():
    marks = [one for path in ROOT.glob("tests/**/*.py") for one in re.findall(r"lesson\(([\d, ]+)\)", path.read_text())]
    proved = {int(number) for mark in marks for number in re.findall(r"\d+", mark)}
    told = [int(number) for number in re.findall(r"(?m)^\| (\d+) \|", (ROOT / "docs/lessons.md").read_text())]

    assert told == list(range(1, len(told) + 1))
    assert set(told) == proved


def test_the_methods_that_the_architecture_names_exist():
    source = "\n".join(
        path.read_text() for app in ("bookings", "providers", "findr") for path in (ROOT / app).rglob("*.py")
    )

    for kind, method in NAMED.findall((ROOT / "ARCHITECTURE.md").read_text()):
        body = re.search(rf"(?ms)^class {kind}\b.*?(?=^\S)", source)
        assert body, kind
        assert f"def {method}(" in body[0]


def test_the_commands_that_the_documents_name_exist():
    documents = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    named = {
        word for path in documents for word in re.findall(r"(?:manage\.py|bin/manage)\s+([a-z_]+)", path.read_text())
    }

    assert named
    assert named <= set(get_commands())
