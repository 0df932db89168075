"""Web processes and a database on the cores of one machine, as a discrete-event simulation fed with measured CPU times.

A call is a row of slices. A slice of findr's needs its process, of which one thread runs Python at a time, and a core; a slice
of PostgreSQL's, of the vendor's stand-in or of the client's needs a core alone; the vendor's latency needs neither. Who waits is
served in the order of coming. What it leaves out: locks of rows, the disk, and the system's own scheduling.
"""

import heapq
import itertools
import random
import statistics
from collections import deque
from dataclasses import dataclass

SLICES = 8


@dataclass(frozen=True)
class Call:
    """What one call costs: milliseconds of CPU, of findr, PostgreSQL and everything else on the machine, and of waiting.

    Attributes:
        waits: how long each of the vendor's answers takes, one after the other.
    """

    findr: float
    postgresql: float
    beside: float = 0.0
    waits: tuple[float, ...] = ()

    def stages(self, process):
        """Where it is next, and for how long: a resource, or None for a wait."""
        parts = max(SLICES, len(self.waits) + 1)
        for number in range(parts):
            yield process, self.findr / parts
            yield None, self.postgresql / parts
            yield None, self.beside / parts
            if number < len(self.waits):
                yield "vendor", self.waits[number]


@dataclass(frozen=True)
class Outcome:
    """Calls per second and milliseconds from a call to its answer."""

    per_second: float
    p50: float
    p95: float


class Machine:
    """So many cores and web processes.

    Args:
        seed: of the lengths of slices, which vary as if drawn from an exponential distribution around the measured mean.
    """

    def __init__(self, cores, processes, seed=1):
        self.cores, self.processes, self.draw = cores, processes, random.Random(seed)
        self.now, self.events, self.order = 0.0, [], itertools.count()
        self.free_cores, self.waiting_for_core = cores, deque()
        self.busy, self.waiting_for_process = set(), [deque() for _ in range(processes)]

    def run_closed(self, call, clients, calls):
        """Each of the clients calls again as soon as it is answered."""
        left, took = itertools.count(), []

        def next_call(client):
            if next(left) < calls:
                self._begin(call, client % self.processes, lambda spent: (took.append(spent), next_call(client)))

        for client in range(clients):
            next_call(client)
        self._work()
        return self._outcome(took)

    def run_open(self, call, per_second, calls):
        """Calls come at random, so many per second on average, whoever waits."""
        took, at = [], 0.0
        for number in range(calls):
            at += self.draw.expovariate(per_second / 1000)
            self._at(at, lambda number=number: self._begin(call, number % self.processes, took.append))
        self._work()
        return self._outcome(took)

    def _outcome(self, took):
        cuts = statistics.quantiles(took, n=20)
        return Outcome(len(took) / self.now * 1000, cuts[9], cuts[18])

    def _begin(self, call, process, done):
        began, stages = self.now, call.stages(process)

        def go_on():
            where, mean = next(stages, ("end", 0.0))
            if where == "end":
                done(self.now - began)
            elif where == "vendor":
                self._at(self.now + mean, go_on)
            else:
                self._run(where, self.draw.expovariate(1 / mean) if mean else 0.0, go_on)

        go_on()

    def _run(self, process, length, then):
        """Take the process, if it is one's slice, then a core, both for so long."""
        if process in self.busy:
            self.waiting_for_process[process].append((process, length, then))
            return
        if process is not None:
            self.busy.add(process)
        self.waiting_for_core.append((process, length, then))
        self._next()

    def _next(self):
        if self.free_cores and self.waiting_for_core:
            process, length, then = self.waiting_for_core.popleft()
            self.free_cores -= 1
            self._at(self.now + length, lambda: self._end(process, then))

    def _end(self, process, then):
        self.free_cores += 1
        self._next()
        if process is not None:
            self.busy.discard(process)
            if self.waiting_for_process[process]:
                self._run(*self.waiting_for_process[process].popleft())
        then()

    def _at(self, moment, act):
        heapq.heappush(self.events, (moment, next(self.order), act))

    def _work(self):
        while self.events:
            self.now, _, act = heapq.heappop(self.events)
            act()
