"""A web process's memory in large pages."""

import subprocess
import sys
from pathlib import Path

from findr.huge_pages import BYTES, own_memory

THERE = Path("/sys/kernel/mm/transparent_hugepage/enabled")
MAPS = """\
55d000000000-55d000600000 rw-p 00000000 00:00 0                          [heap]
7f0000100000-7f0000500000 rw-p 00000000 00:00 0
7f0001000000-7f0001180000 rw-p 00000000 00:00 0
7f0002000000-7f0002800000 r--p 00000000 fe:00 123                        /usr/lib/a library.so
7f0003000000-7f0003800000 rw-p 00800000 fe:00 123                        /usr/lib/a library.so
7f0004000000-7f0004800000 r-xp 00000000 00:00 0
7f0005000000-7f0005800000 rw-s 00000000 00:01 456                        /dev/zero (deleted)
7ffc00000000-7ffc00800000 rw-p 00000000 00:00 0                          [stack]
"""
PROGRAM = """
from findr.huge_pages import advise
mine = [str(number) * 20 for number in range(300_000)]
before = hash(tuple(mine))
agreed = advise()
assert hash(tuple(mine)) == before
print(agreed)
"""


def test_what_is_nobody_elses_and_in_no_file_is_moved_by_the_whole_page():
    assert list(own_memory(MAPS)) == [
        (0x55D000000000, 0x55D000600000),
        (0x7F0000200000, 0x7F0000400000),
    ]


def test_the_memory_of_a_process_that_was_moved_says_what_it_said():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=True)

    # How much of it the kernel has room for, it alone knows.
    assert int(done.stdout) > 8 * BYTES or not THERE.exists()
