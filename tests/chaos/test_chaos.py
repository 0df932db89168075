"""Journeys through the HTTP API while everything is killed and the vendor misbehaves: in the end all is as it should be.

`bin/test --chaos MINUTES SEED` plays longer ones, and any of them again.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import SystemRandom

import pytest

RUN = Path(__file__).with_name("run.py")
SECONDS = float(os.environ.get("FINDR_CHAOS_SECONDS", "15"))
# To start everything, to settle, to judge.
MORE_SECONDS = 400.0


@pytest.mark.lesson(10, 13, 15, 17, 18, 20, 33, 34)
def test_nothing_is_broken_after_chaos(tmp_path, figures):
    seed = SystemRandom().randrange(1_000_000)
    report_file = tmp_path / "report.json"
    command = [sys.executable, str(RUN), str(SECONDS / 60), str(seed), "--report", str(report_file)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS + MORE_SECONDS, check=False)

    said = f"seed {seed}, {SECONDS:g} s\n{done.stdout[-20_000:]}\n{done.stderr[-5_000:]}"
    assert done.returncode == 0, said
    report = json.loads(report_file.read_text())
    assert report["findings"] == [], said
    assert report["journeys"] > SECONDS / 2, said
    figures.append(
        f"chaos, seed {seed}: {report['journeys']} journeys in {report['minutes']} minutes, kills {report['kills']},"
        f" faults met {sum(report['faults met'].values())}, final states {report['final states']},"
        f" told {report['told']}"
    )
