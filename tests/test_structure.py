"""How large files and functions are, and that tests borrow from helpers only."""

import ast
import re
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("findr", "bookings", "providers", "calendars", "notifications")
# More is reviewed, and parted unless there is a reason; 300 is where one should begin to think about it.
LONGEST_FILE = 320


def sources(*folders):
    """Python as people write it: migrations are generated."""
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts]


def lengths(paths):
    return {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in paths}


def function_lengths(paths):
    found = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found[f"{path.relative_to(ROOT)}:{node.lineno}"] = node.end_lineno - node.lineno + 1
    return found


def p95(numbers):
    return quantiles(numbers, n=20)[-1]


def test_no_file_is_longer_than_one_can_read():
    files = lengths([*sources(*PRODUCT, "tests"), ROOT / "manage.py"])

    assert {path: lines for path, lines in files.items() if lines > LONGEST_FILE} == {}


def test_files_of_the_product_are_small():
    lines = [number for number in lengths(sources(*PRODUCT)).values() if number]

    assert median(lines) <= 60
    assert p95(lines) <= 250


def test_functions_of_the_product_are_short():
    assert p95(list(function_lengths(sources(*PRODUCT)).values())) <= 25


def test_no_test_borrows_from_a_test():
    """What two tests need is in a helper, which no run collects, or in a conftest."""
    borrowed = re.compile(r"(?m)^\s*(?:from|import)\s+(?:[\w.]*\.)?test_\w+")
    borrowers = {
        str(path.relative_to(ROOT)): borrowed.findall(path.read_text())
        for path in sources("tests")
        if borrowed.search(path.read_text())
    }

    assert borrowers == {}


def test_the_measures_can_fail():
    assert p95([1] * 90 + [100] * 10) > 25
    assert max(function_lengths([Path(__file__)]).values()) < LONGEST_FILE
