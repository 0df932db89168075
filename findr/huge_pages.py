"""The memory of a web process in large pages.

A call looks here and there into a hundred megabytes of Python's objects. With pages of 4 kB the processor has to look up anew
where most of these lie, in a virtual machine in two tables at once. In pages of 2 MB a create takes some 6 % less of the CPU
(docs/performance.md).

https://docs.kernel.org/admin-guide/mm/transhuge.html - https://man7.org/linux/man-pages/man2/madvise.2.html
"""

import ctypes
from collections.abc import Iterator
from pathlib import Path

BYTES = 2 * 1024 * 1024
# "Use them from now on", and "change what is there now", which kernels know from 6.1 on.
MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25
MAPS = Path("/proc/self/maps")


def advise() -> int:
    """Have what is in memory by now moved into large pages: for how many bytes the kernel agreed.

    It is advice: where the system has none, or none left, nothing changes.
    """
    if not MAPS.exists():  # Linux alone has them.
        return 0
    libc = ctypes.CDLL(None)
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    agreed = 0
    for start, end in own_memory(MAPS.read_text()):
        if libc.madvise(start, end - start, MADV_HUGEPAGE) == 0:
            libc.madvise(start, end - start, MADV_COLLAPSE)
            agreed += end - start
    return agreed


def own_memory(maps: str) -> Iterator[tuple[int, int]]:
    """Where a process keeps what is nobody else's and in no file: whole large pages of it, first and last address.

    Args:
        maps: https://man7.org/linux/man-pages/man5/proc_pid_maps.5.html
    """
    for line in maps.splitlines():
        addresses, rights, *_, name = [*line.split(maxsplit=5), ""][:6]
        if rights != "rw-p" or name.strip() not in ("", "[heap]"):
            continue
        first, last = (int(address, 16) for address in addresses.split("-"))
        start, end = -(-first // BYTES) * BYTES, last // BYTES * BYTES
        if start < end:
            yield start, end
