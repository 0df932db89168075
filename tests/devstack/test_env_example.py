""".env.example names every variable, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(
    r'(?:env\.[a-z]+|secret|database_url|rate|number_of|environ\.get|getenv)\(\s*"([A-Z][A-Z_]+)"|environ\["([A-Z_]+)"\]'
)
# The system's own, and Django's.
NOT_OURS = {"HOME", "PATH", "UV_SYSTEM_CERTS", "DJANGO_SETTINGS_MODULE"}
# Read by the shape of a dictionary and not by a call.
READ_OTHERWISE = {"PORT", "SANDBOX_PORT"}


def test_the_example_has_every_variable_and_no_other():
    sources = [ROOT / "findr" / "settings.py", *(ROOT / "findr" / "devstack").glob("*.py")]
    read = {one or other for source in sources for one, other in READ.findall(source.read_text())}
    named = re.findall(r"^#?([A-Z][A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert len(named) == len(set(named))
    assert set(named) == (read - NOT_OURS) | READ_OTHERWISE
