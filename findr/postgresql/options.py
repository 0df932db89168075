"""libpq's `options`: settings that somebody wants their sessions to have, from an address or from the environment."""

import re

from psycopg import pq

# As PostgreSQL itself reads `options`: words between blanks, a backslash before a blank that belongs to one.
_WORD = re.compile(r"(?:\\.|\S)+")
_SETTING = re.compile(r"(?:-c|--)([A-Za-z_][\w.-]*)=(.*)", re.DOTALL)


def read_options(text: str) -> dict[str, str]:
    """The settings in libpq's `options`, such as `-c work_mem=8MB --search-path=findr`; the last word wins.

    Raises:
        ValueError: something else stands in it.
    """
    words = iter([re.sub(r"\\(.)", r"\1", word) for word in _WORD.findall(text)])
    found = {}
    for word in words:
        given = f"-c{next(words, '')}" if word == "-c" else word
        if not (match := _SETTING.fullmatch(given)):
            raise ValueError(f"'{word}' in it is neither -c name=value nor --name=value")
        found[match[1].replace("-", "_").lower()] = match[2]
    return found


def options_of_environment() -> str:
    """What libpq would take for `options` by itself: PGOPTIONS, or the service that PGSERVICE names."""
    (found,) = (option.val for option in pq.Conninfo.get_defaults() if option.keyword == b"options")
    return found.decode() if found else ""
