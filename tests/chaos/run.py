"""A run of chaos: `bin/test --chaos MINUTES [SEED]`. Prints the seed and the report; exit code 1 if anything is broken.

A throw-away world of its own is started, the plan of the seed is played in it, and the judge looks at what is left.
"""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import SystemRandom
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from chaos.plan import Plan, make_plan  # noqa: E402 - the paths come first
from chaos.world import World  # noqa: E402

SEEDS = 1_000_000
BOOKING = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
STORIES_TOLD = 6
# What the diary counts of them: entries, pushes that were spoilt, what the vendors forgot.
IN_CALENDARS = ("calendar ", "pushes ", "forgotten ")


def main() -> int:
    """Play one seed, and say what came of it."""
    options = argparse.ArgumentParser(prog="bin/test --chaos", description=__doc__)
    options.add_argument("minutes", type=float)
    options.add_argument("seed", type=int, nargs="?", help="as printed by an earlier run; without it a fresh one")
    options.add_argument("--report", type=Path, help="write the report as JSON there")
    given = options.parse_args()
    seed = SystemRandom().randrange(SEEDS) if given.seed is None else given.seed
    say(f"chaos: {given.minutes:g} minutes of seed {seed}")
    report = run(make_plan(seed, given.minutes * 60))
    if given.report:
        given.report.write_text(json.dumps(report))
    say(json.dumps({key: value for key, value in report.items() if key not in ("findings", "stories")}, indent=1))
    for line in (*report["findings"], *report["stories"]):
        say(line)
    say(f"seed {seed}: {len(report['findings'])} broken invariants")
    return 1 if report["findings"] else 0


def run(plan: Plan) -> dict[str, Any]:
    """Play a plan in a world of its own; the report. The world's folder stays if something was broken."""
    folder = Path(tempfile.mkdtemp(prefix=f"findr-chaos-{os.getpid()}-"))
    folder.chmod(0o700)
    world = World(folder)
    try:
        world.open()
        report = _play(plan, world)
    finally:
        world.close()
    if report["findings"] or os.environ.get("FINDR_CHAOS_KEEP"):
        report["stories"].append(f"the logs are in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return report


def _play(plan: Plan, world: World) -> dict[str, Any]:
    import django

    django.setup()
    from chaos.calendars import connect_calendars
    from chaos.judge import Judge
    from chaos.people import write_people
    from chaos.play import Play
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    people = write_people()
    connect_calendars(people, plan, world.sandbox)
    play = Play(plan, world, people)
    connection.close()
    connection.close_pool()  # Its connections do not live through what comes.
    world.serve()
    began = time.monotonic()
    play.run()
    played = time.monotonic() - began
    judge = Judge(play)
    findings = judge.verdict()
    (world.folder / "diary.txt").write_text("\n".join(map(str, [*play.diary.entries, *world.outages])))
    named = dict.fromkeys(name for line in findings for name in BOOKING.findall(line))
    stories = [line for name in list(named)[:STORIES_TOLD] for line in judge.story(name)]
    report = report_of(play, findings, stories, played, time.monotonic() - began - played)
    return {**report, "told": {one.way: one.figures() for one in judge.arrivals}}


def report_of(play: Any, findings: list[str], stories: list[str], played: float, judged: float) -> dict[str, Any]:
    """What happened, in numbers."""
    from chaos import logs
    from chaos.judge import final_states

    entries, counts = play.diary.entries, play.diary.counts
    answers = Counter(f"{one.action} {one.status} {one.code}".strip() for one in entries if one.action != "feed")
    waits = sorted(one.ended - one.began for one in entries if one.status)
    log = play.world.sandbox.log()
    stopped = {
        how: dict(Counter(one.target for one in play.world.outages if one.how == how))
        for how in ("killed", "frozen", "fell")
    }
    return {
        "seed": play.plan.seed,
        "minutes": round(played / 60, 2),
        "seconds to settle and judge": round(judged, 1),
        "journeys": counts["journeys"],
        "kills": stopped["killed"],
        "frozen": stopped["frozen"],
        "fell by itself": stopped["fell"],
        "faults planned": {key: number for key, number in sorted(counts.items()) if key.startswith("fault")},
        "faults met": dict(Counter(call["misbehaved"] for call in log if call["misbehaved"])),
        "happenings": {key: number for key, number in sorted(counts.items()) if key.startswith("happening")},
        "calendars": {key: number for key, number in sorted(counts.items()) if key.startswith(IN_CALENDARS)},
        "clock jumps": counts["clock jumps"],
        "vendor calls": len(log),
        "answers": dict(sorted(answers.items())),
        "calls": len(entries),
        "slowest answer": round(waits[-1], 1) if waits else None,
        "final states": dict(sorted(final_states().items())),
        "errors logged": dict(logs.complaints(play.world.folder)),
        "findings": findings,
        "stories": stories,
    }


def say(text: str) -> None:
    """One line for whoever watches."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
