"""The tables of docs/reliability.md: written by the tests, and held to what they see in every run.

`FINDR_WRITE_RELIABILITY=1` writes what is seen; otherwise a row that differs from the document fails its test.
"""

import os
import re
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
WRITES = bool(os.environ.get("FINDR_WRITE_RELIABILITY"))


def table(heads, rows):
    lines = [f"| {' | '.join(str(cell) for cell in row)} |" for row in [heads, ["---"] * len(heads), *rows]]
    return "\n".join(lines)


def hold(name, heads, rows, *, is_whole):
    """The table called `name` says this; all of this, if `is_whole`."""
    text = DOCUMENT.read_text()
    place = re.compile(rf"(?s)(<!-- table: {re.escape(name)} -->\n).*?(<!-- end -->)")
    assert place.search(text), f"docs/reliability.md has no table called {name}."
    if WRITES:
        assert is_whole, "Only a whole table is written: set FINDR_EVERY_FAULT=1 as well."
        DOCUMENT.write_text(place.sub(lambda found: f"{found[1]}{table(heads, rows)}\n{found[2]}", text))
        return
    documented = place.search(text)[0].splitlines()[1:-1]
    seen = table(heads, rows).splitlines()
    missing = [line for line in seen if line not in documented]
    assert missing == [], f"docs/reliability.md, table {name}: written by FINDR_WRITE_RELIABILITY=1."
    assert not is_whole or documented == seen
