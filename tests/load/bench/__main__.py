"""What findr's calls cost: `bin/bench [--against TREE] [--servers daphne,granian] [--works create,list] [--rounds 5] [--calls 160] [--due 1000]`

Every server has its turn in each of several short rounds, so that a machine whose speed varies is as slow for one as for the
other. Beside findr there is, where node is present, the careful Node server (tests/load/careful_node), and with `--against`
another checkout. All of them have the same PostgreSQL, and the sandbox's Stripe as vendor.

Prints for each kind of work the medians of the rounds: calls per second, p50 and p95 in milliseconds, the CPU time per call in
milliseconds of the server's processes, of PostgreSQL, Redis, the sandbox and the clients, and how long an answer is; and the
ratios to careful Node and to the other checkout, of the CPU time of server and PostgreSQL together and of p50. Last come requests
that expire, in a process of their own.
"""

import argparse
import os
import sys
from pathlib import Path

from careful import careful_node, shape
from contenders import ROOT, SERVERS, CannotMeasure, Expiry, findr_on, make_tree
from cpu import Meter
from raw_clients import play
from table import lines_of
from work import WORKS, measure

EXPIRY = "expiry"


def main():
    sys.path.insert(0, str(ROOT))
    given = options().parse_args()
    works = {name: WORKS[name] for name in given.works.split(",") if name != EXPIRY}
    from findr.sandbox.client import SandboxClient
    from findr.sandbox.process import launch, stop

    process, base = launch()
    running = []
    try:
        sandbox = SandboxClient(base)
        for vendor in ("stripe", "google", "microsoft"):
            os.environ[f"{vendor.upper()}_BASE"] = getattr(sandbox, vendor).base_url
        trees = checkouts(given, works, base)
        contenders = who(given, trees)
        for contender in contenders:
            running.append(contender)
            contender.start()
        say_what_differs(contenders)
        meter = Meter(process.pid)
        for work in works.values():
            print("\n".join(run(work, contenders, given, sandbox, meter)), end="\n\n", flush=True)
        if EXPIRY in given.works.split(","):
            processes = [Expiry(tree) for tree in trees]
            running += processes
            print("\n".join(run_expiry(processes, given)))
    except CannotMeasure as problem:
        sys.exit(f"bin/bench: {problem}")
    finally:
        for contender in running:
            contender.stop()
        stop(process)


def options():
    words = argparse.ArgumentParser(prog="bin/bench", description=__doc__.partition("\n\n")[0])
    words.add_argument("--against", type=Path, help="another checkout, such as a worktree of an older commit")
    words.add_argument("--servers", default=",".join(server.name for server in SERVERS))
    words.add_argument("--works", default=",".join([*WORKS, EXPIRY]), help=f"of {', '.join([*WORKS, EXPIRY])}")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument(
        "--calls", type=int, default=160, help="in each round, of each server; lists and answers have fewer"
    )
    words.add_argument("--big", type=int, default=20_000, help="bookings of the practice that has many")
    words.add_argument("--waiting", type=int, default=300, help="how many of these wait for an answer")
    words.add_argument("--due", type=int, default=1000, help="requests that expire in each round")
    words.add_argument("--without-node", action="store_true")
    return words


def servers_of(given):
    """Those that were asked for and are installed."""
    return [server for server in SERVERS if server.name in given.servers.split(",") and server.is_installed]


def checkouts(given, works, sandbox):
    """This one, and the one that it is compared with; as many patients in each as will be needed."""
    creating = [work for work in works.values() if work.uses_patients]
    patients = (len(servers_of(given)) + 1) * (given.rounds + 1) * max(20, given.calls) * len(creating) + 2
    folders = {"findr": ROOT} | ({"before": given.against.resolve()} if given.against else {})
    return [
        make_tree(name, folder, number, sandbox, patients, given.big, given.waiting)
        for number, (name, folder) in enumerate(folders.items(), start=1)
    ]


def who(given, trees):
    """All that are measured, in the order in which they are printed; what is left out, and why, is said."""
    from findr.devstack.state import find_state

    servers = servers_of(given)
    for name in given.servers.split(","):
        if name not in [server.name for server in servers]:
            print(f"{name} is not installed here, and left out.")
    contenders = [findr_on(server, tree) for tree in trees for server in servers]
    try:
        if not given.without_node:
            contenders.append(careful_node(trees[0], find_state().caches))
    except CannotMeasure as problem:
        print(f"Careful Node is left out: {problem}.")
    return contenders


def say_what_differs(contenders):
    """Whether careful Node still answers what findr does: the names in both answers, held against each other."""
    node = next((one for one in contenders if not one.is_findr), None)
    if node is None:
        return
    for name in ("create", "list"):
        work = WORKS[name]
        here, there = (shape(play(one.port, work.requests(one, 1), 1)[0][1]) for one in (contenders[0], node))
        told = f"only findr: {sorted(here - there)}; only Node: {sorted(there - here)}" if here != there else "the same"
        print(f"Names in the answer of findr and of careful Node, {work.name}: {told}.")


def run(work, contenders, given, sandbox, meter):
    """All rounds of one kind of work; the lines of the table for it."""
    sandbox.behave()
    if work.delay_ms:
        sandbox.misbehave({"path": "*", "action": "delay", "seconds": work.delay_ms / 1000, "times": None})
    able = [one for one in contenders if one.is_findr or work.is_nodes]
    rounds = {one.name: [] for one in able}
    number = max(20, round(given.calls * work.share))
    for turn in range(given.rounds + 1):
        # By turns from the front and from the back: whoever comes last finds the same as whoever comes first.
        for one in able if turn % 2 else reversed(able):
            figures = measure(one, work.requests(one, number), work, meter)
            if turn:  # The first warms: connections, plans, caches.
                rounds[one.name].append(figures)
    name = work.name.format(big=f"{given.big:,}", waiting=given.waiting)
    return lines_of(name, rounds, [one for one in rounds if one == "careful Node" or one.startswith("before")])


def run_expiry(processes, given):
    """The same of requests that expire."""
    rounds = {one.name: [] for one in processes}
    for turn in range(given.rounds + 1):
        for one in processes if turn % 2 else reversed(processes):
            figures = one.round(given.due)
            if turn:
                rounds[one.name].append(figures)
    return lines_of(f"expiry, {given.due} due at once", rounds, ["before"])


if __name__ == "__main__":
    main()
