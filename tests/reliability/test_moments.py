"""The places at which tests let processes die have names of their own: moments of the product, none of the code's words."""

import ast
import re
from pathlib import Path

import pytest

from findr.transactions import durable

ROOT = Path(__file__).resolve().parents[2]
APPS = ("bookings", "calendars", "findr", "notifications", "providers")
WORDS = re.compile(r"[a-z][a-z' -]+")


def moments():
    """Service -> what its decorator says; None if it says nothing."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    for decorator in node.decorator_list:
                        if _name(decorator) == "durable":
                            yield f"{path.relative_to(ROOT)}: {node.name}", _said(decorator)


def _name(decorator):
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return getattr(called, "id", getattr(called, "attr", ""))


def _said(decorator):
    return ast.literal_eval(decorator.args[0]) if isinstance(decorator, ast.Call) else None


def test_every_durable_service_names_its_moment_in_words_of_the_product():
    named = dict(moments())

    assert len(named) > 20
    assert {service: said for service, said in named.items() if not WORDS.fullmatch(said or "")} == {}


def test_no_two_services_share_a_moment():
    said = [moment for _, moment in moments()]

    assert len(said) == len(set(said))


@pytest.mark.usefixtures("transactional_db")
def test_a_service_passes_its_moment_before_and_after_the_commit(settings, tmp_path):
    settings.FAULT_TRACE, settings.FAULT_AT = str(tmp_path / "trace"), 0

    assert durable("the request is written")(lambda: 5)() == 5
    assert durable(lambda word: word)("bare") == "bare"

    assert (tmp_path / "trace").read_text().splitlines() == [
        "the request is written: before the commit",
        "the request is written: after the commit",
        "a change is written: before the commit",
        "a change is written: after the commit",
    ]
