"""503 only for what a web process cannot do without; the worker has a check of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cast import call
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

ROOT = Path(__file__).resolve().parents[2]


def test_with_a_migration_missing_it_is_not_ready(stage):
    recorder = MigrationRecorder(connection)
    ((app, newest),) = MigrationLoader(connection).graph.leaf_nodes("findr")
    recorder.record_unapplied(app, newest)
    try:
        answer = call("GET", "/readyz")
    finally:
        recorder.record_applied(app, newest)

    assert (answer.status, answer.body["migrations"], answer.body["database"]) == (503, False, True)


ASK = """
import json, django
django.setup()
from django.test import Client
for path in ("/readyz", "/workerz"):
    answer = Client(HTTP_HOST="10.9.8.7").get(path)
    print(answer.status_code, json.dumps(answer.json()))
"""
AWAY = "postgresql://findr@127.0.0.1:1/findr?connect_timeout=1"


def without_database(*command):
    environment = {**os.environ, "DATABASE_URL": AWAY}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_without_its_database_it_is_not_ready():
    result = without_database(sys.executable, "-c", ASK)

    assert result.stdout.splitlines() == [
        '503 {"database": false, "migrations": false, "redis": true, "worker": false, "periodicJobs": false, '
        '"degraded": ["worker", "periodicJobs"], "lateJobs": null}',
        '503 {"worker": false}',
    ]


def test_behind_tls_and_under_its_own_name_alone_probes_are_answered(stage, settings):
    settings.ALLOWED_HOSTS = ["findr.example"]
    settings.SECURE_SSL_REDIRECT = True

    assert call("GET", "/readyz", Host="10.9.8.7").status == 200
    assert call("GET", "/workerz", Host="10.9.8.7").status == 503
    assert call("GET", "/admin/login/", Host="findr.example").status == 301


def test_the_worker_has_a_command_that_says_whether_it_lives(stage, capsys):
    with pytest.raises(CommandError, match=r"No worker has given a sign of life in the last minute\."):
        call_command("check_worker")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '2 minutes')")
    with pytest.raises(CommandError):
        call_command("check_worker")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '50 seconds')")

    call_command("check_worker")

    assert capsys.readouterr().out == "A worker lives.\n"


def test_without_its_database_the_command_says_so():
    result = without_database(sys.executable, "manage.py", "check_worker")

    assert result.returncode == 1
    assert "CommandError: The database does not say: " in result.stderr
