"""Whatever code, tests and documents refer to is in the repository: sections, samples, lessons, headings."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READ = (
    *(
        f"{folder}/**/*"
        for folder in ("bookings", "calendars", "findr", "notifications", "providers", "templates", "tests")
    ),
    *("*.md", "docs/*.md", "bin/*", ".ci/*", "pyproject.toml", "Procfile", ".env.example"),
)
KINDS = {"", ".py", ".md", ".html", ".css", ".js", ".sql", ".toml", ".example"}
NUMBER = r"\d+(?:\.\d+[a-z]?)?"
# "contract 7 objects C and B, 9.4, 9.5", "Contract 10 and 11", "contract 11.1-11.3".
BETWEEN = rf"(?:,? objects? [A-Z](?: and [A-Z])?)?(?:, | and |-|\u2013)(?={NUMBER})"
SECTIONS = re.compile(rf"\b[Cc]ontract,? ({NUMBER}(?:{BETWEEN}{NUMBER})*)")
LESSONS = re.compile(r"\b[Ll]essons?[ (](\d+(?:(?:, | and |-)\d+)*)")
RANGE = re.compile(rf"({NUMBER})[-\u2013]({NUMBER})")
POINTER = re.compile(r"(\w+\.md)`?, \"([^\"]+)\"")
# Documents that are not here, by name or by number.
ELSEWHERE = re.compile(r"\b[Dd]esign \d|\b(?:design|house|style|platform|vendors)\.md\b|\bshared/")


def texts():
    """Every text of ours, line ends and comment signs taken out, so that what is wrapped reads as one."""
    for pattern in READ:
        for path in ROOT.glob(pattern):
            if path.is_file() and path.suffix in KINDS and path != Path(__file__) and "specs" not in path.parts:
                yield path.relative_to(ROOT), re.sub(r"\s*\n\s*(?:#:? )?", " ", path.read_text())


TEXTS = dict(texts())
CONTRACT = (ROOT / "docs/contract.md").read_text()


def sections():
    return set(re.findall(rf"(?m)^#+ ({NUMBER})\.? ", CONTRACT))


def lessons():
    return set(re.findall(r"(?m)^\| (\d+) \|", (ROOT / "docs/lessons.md").read_text()))


def numbers_in(list_of_them):
    """All that "11.1-11.3, 12" names."""
    found = re.findall(NUMBER, RANGE.sub("", list_of_them))
    for first, last in RANGE.findall(list_of_them):
        chapter, _, start = first.rpartition(".")
        end = last.rpartition(".")[2]
        found += [f"{chapter}.{n}".lstrip(".") for n in range(int(start), int(end) + 1)]
    return set(found)


def missing(text, pattern, known):
    """What the text refers to and is not known."""
    return {number for found in pattern.findall(text) for number in numbers_in(found)} - known


@pytest.mark.parametrize(
    ("pattern", "known"), [(SECTIONS, sections()), (LESSONS, lessons())], ids=["contract", "lessons"]
)
def test_every_number_that_is_referred_to_exists(pattern, known):
    named = [text for text in TEXTS.values() if pattern.search(text)]
    lost = {str(path): found for path, text in TEXTS.items() if (found := missing(text, pattern, known))}

    assert len(named) > 5
    assert lost == {}


def test_no_document_outside_the_repository_is_referred_to():
    assert {str(path): ELSEWHERE.findall(text) for path, text in TEXTS.items() if ELSEWHERE.search(text)} == {}


def test_every_heading_that_is_pointed_to_exists():
    pointers = {found for text in TEXTS.values() for found in POINTER.findall(text)}
    documents = {path.name: path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]}

    assert pointers
    for name, heading in sorted(pointers):
        assert re.search(rf"(?m)^#+ {re.escape(heading)}$", documents[name].read_text()), (name, heading)


def test_every_sample_is_cited_and_every_cited_sample_is_there():
    samples = {path.name[:3] for path in ROOT.glob("docs/contract-samples/*.json")}
    cited = set(re.findall(r"\[(\d{3})\]", CONTRACT))
    for first, last in re.findall(r"\[(\d{3})\]-\[(\d{3})\]", CONTRACT):
        cited |= {number for number in samples if first <= number <= last}

    assert cited == samples


def test_every_link_of_a_document_leads_somewhere():
    dead = [
        (path.name, target)
        for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
        for target in re.findall(r"\]\((?!https?:|#)([^)\s]+)\)", path.read_text())
        if not (path.parent / target).exists()
    ]

    assert dead == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(contract 6.99)", {"6.99"}),
        ("(contract 7 objects C and B, 9.4, 9.98)", {"9.98"}),
        ("Contract 10 and 61: what", {"61"}),
        ("contract 10.1, 10.2, 11.1-11.9, 12)", {"11.7", "11.8", "11.9"}),
        ("contract 6.7. And 99 more.", set()),
        ("(contract 16.2a, 16.2b)", {"16.2b"}),
        ("in contract 15.4-15.6, written", set()),
    ],
)
def test_the_check_sees_a_number_that_does_not_exist(text, found):
    assert missing(text, SECTIONS, sections()) == found
