""".env.example names every variable, and no other."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = re.compile(r"(env|\w*\.?environ|os\.getenv)\b")
NAME = re.compile(r"[A-Z][A-Z_]+")
READERS = {
    *("secret", "database_url", "rate", "number_of", "all_or_none", "sandbox_base", "encryption_keys"),
    "push_address",
}
# The system's own, and Django's.
NOT_OURS = {"HOME", "FINDR_TEST_START", "PATH", "UV_SYSTEM_CERTS", "DJANGO_SETTINGS_MODULE"}
# Read by the shape of a dictionary and not by a call.
READ_OTHERWISE = {"PORT", "SANDBOX_PORT", "WEB_PROCESSES"}


def read_by(source):
    """The names that a module reads, as arguments of a reader or as keys of `os.environ`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            words = node.args if called in READERS else node.args[:1] if SOURCES.match(called) else []
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ"):
            words = [node.slice]
        else:
            continue
        yield from (word.value for word in words if isinstance(word, ast.Constant) and isinstance(word.value, str))


def test_the_example_has_every_variable_and_no_other():
    settings = [*(ROOT / "findr").glob("*settings.py"), ROOT / "findr" / "environment.py"]
    sources = [*settings, *(ROOT / "findr" / "devstack").glob("*.py")]
    read = {name for source in sources for name in read_by(source.read_text()) if NAME.fullmatch(name)}
    named = re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert len(named) == len(set(named))
    assert set(named) == (read - NOT_OURS) | READ_OTHERWISE
