"""bin/bench: what findr's calls cost, measured on a throw-away stack (tests/load/bench)."""

from findr.devstack import test
from findr.devstack.state import ROOT, find_state


def main(arguments: list[str]) -> int:
    """Run the benchmark with these arguments; answers its exit code."""
    return test.main(["--exec", str(find_state().python), str(ROOT / "tests" / "load" / "bench"), *arguments])
