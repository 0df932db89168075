"""The tables of docs/reliability.md: written by the tests, and held to what they see in every run.

`FINDR_WRITE_RELIABILITY=1` writes what is seen; otherwise a row that differs from the document fails its test.
"""

import os
import re
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
WRITES = bool(os.environ.get("FINDR_WRITE_RELIABILITY"))


def hold(name, heads, rows, *, of=None):
    """The table called `name` says this, whole; or, of what its rows begin with `of`, exactly this."""
    seen, lines = [_line(row) for row in rows], _lines(name)
    at = [number for number, line in enumerate(lines) if number > 1 and of in (None, _cells(line)[0])]
    if WRITES:
        where = at[0] if at else len(lines)
        body = [line for number, line in enumerate(lines) if number > 1 and number not in at]
        body[where - 2 : where - 2] = seen
        _write(name, [_line(heads), _line(["---"] * len(heads)), *body])
        return
    assert [lines[0], *(lines[number] for number in at)] == [_line(heads), *seen], (
        f"docs/reliability.md, table {name}: written by FINDR_WRITE_RELIABILITY=1."
    )


def beginnings(name):
    """What the rows of a table begin with, each once."""
    return list(dict.fromkeys(_cells(line)[0] for line in _lines(name)[2:]))


def number(name, of, column):
    """What the document says in this column of the row that begins so."""
    return next(int(cells[column]) for cells in map(_cells, _lines(name)[2:]) if cells[0] == of)


def text():
    return DOCUMENT.read_text()


def _place(name):
    return re.compile(rf"(?s)(<!-- table: {re.escape(name)} -->\n).*?(<!-- end -->)")


def _lines(name):
    found = _place(name).search(text())
    assert found, f"docs/reliability.md has no table called {name}."
    return found[0].splitlines()[1:-1]


def _write(name, lines):
    DOCUMENT.write_text(_place(name).sub(lambda found: "\n".join([found[1].strip(), *lines, found[2]]), text()))


def _line(cells):
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]
