"""KEY=VALUE files, secrets, and what the processes are told."""

import pytest

from findr.devstack import environment
from findr.devstack.errors import CannotStart
from findr.devstack.state import State


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("KEY=value", "value"),
        ("  export KEY = value  ", "value"),
        ("KEY=", ""),
        ("KEY=a=b&c", "a=b&c"),
        ("KEY=value # a comment", "value"),
        ("KEY=no#comment", "no#comment"),
        ("KEY='two words # not a comment'", "two words # not a comment"),
        ('KEY="two words" # a comment', "two words"),
        ('KEY=""', ""),
    ],
)
def test_reads_a_line_as_a_shell_does(line, value):
    assert environment.parse(f"# before\n\n{line}\n") == {"KEY": value}


@pytest.mark.parametrize("line", ["KEY", "=value", "two words=value"])
def test_refuses_a_line_without_a_name_and_a_value(line):
    with pytest.raises(ValueError, match="line 2 is not KEY=VALUE"):
        environment.parse(f"GOOD=1\n{line}\n")


def test_names_the_file_that_cannot_be_read(tmp_path):
    (tmp_path / ".env").write_text("nonsense")

    with pytest.raises(CannotStart, match=r"\.env cannot be read: line 1"):
        environment.read(tmp_path / ".env")


def test_reads_back_what_it_wrote_and_nobody_else_can(tmp_path):
    values = {"PLAIN": "value", "ODD": 'it\'s "odd" # $HOME', "EMPTY": "", "URL": "postgresql:///findr?host=/a&user=b"}

    environment.write(tmp_path / "env", values)

    assert environment.read(tmp_path / "env") == values
    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600


def test_draws_the_secrets_once(tmp_path):
    first = environment.stored_secrets(tmp_path / "secrets")

    assert environment.stored_secrets(tmp_path / "secrets") == first
    assert set(first) == {"SECRET_KEY", "JWT_SECRET", "CALENDAR_TOKEN_KEYS", "FIREBASE_PRIVATE_KEY"}
    assert min(map(len, first.values())) >= 32


def test_serving_leaves_alone_what_is_set_already(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    (tmp_path / ".env").write_text("PORT=3002\nSANDBOX_PORT=4011\nNEW=from-file\n")
    monkeypatch.setenv("PORT", "3003")
    monkeypatch.delenv("SANDBOX_PORT", raising=False)
    monkeypatch.delenv("SANDBOX_URL", raising=False)
    monkeypatch.delenv("STRIPE_BASE", raising=False)
    monkeypatch.setenv("NO_PROXY", "example.test")

    variables = environment.for_serving(State(tmp_path))

    assert variables["PORT"] == "3003"
    assert variables["NEW"] == "from-file"
    assert variables["SANDBOX_URL"] == "http://127.0.0.1:4011"
    assert variables["STRIPE_BASE"] == "http://127.0.0.1:4011/stripe"
    assert variables["NO_PROXY"] == "example.test,127.0.0.1,localhost"
    assert variables["PATH"].startswith(f"{tmp_path}/venv/bin:")


def test_testing_ignores_what_is_set_already(tmp_path, monkeypatch):
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_never")

    variables = environment.for_testing(State(tmp_path))

    assert variables["STRIPE_SECRET_KEY"] == "sk_test_sandbox"
    assert variables["FINDR_ENV"] == "test"
