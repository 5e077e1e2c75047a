"""What the peers have in common that are written in Python: orders come in, one line of JSON each, and reports go out.

An order says how many ids to post to and from which number on; its report says what that cost this process. The
peers in Go and JavaScript speak the same.
"""

import asyncio
import gc
import json
import platform
import resource
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TypeAlias

PAYLOAD = b"x" * 290


@dataclass(frozen=True, slots=True)
class Order:
    first: int  # number of the first id
    count: int
    rate: float = 0.0  # ids that fall due in a second; 0: each as soon as there is room for it
    stamped: bool = False  # notes how long each took, which costs time of its own


@dataclass(slots=True)
class Load:
    """One order that is being carried out. `names` may be shared by tasks, and by threads."""

    order: Order
    names: Iterator[str] = field(init=False)
    outcomes: Counter[str] = field(default_factory=Counter)
    took_us: list[int] = field(default_factory=list)
    answered_s: float = 0.0  # from the start to the last answer, where some ids never get one
    _due: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        numbers = range(self.order.first, self.order.first + self.order.count)
        self.names = map("FYnv{:08d}jMCKlg=".format, numbers)

    @property
    def stamped(self) -> bool:
        return self.order.stamped

    def wait_s(self, name: str) -> float:
        """Notes when an id is meant to go out, and returns in how many seconds that is; asked if `stamped`."""
        now = time.perf_counter()
        due = self._began + (int(name[4:12]) - self.order.first) / self.order.rate if self.order.rate else now
        self._due[name] = due
        return max(0.0, due - now)

    def landed(self, name: str, *, answered: bool = True) -> None:
        """Notes that an id is over; told if `stamped`."""
        now = time.perf_counter()
        self.took_us.append(round((now - self._due[name]) * 1e6))
        if answered:
            self.answered_s = now - self._began


Client: TypeAlias = Callable[[Load], Awaitable[None]]


def say(**report: object) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


async def serve(client: Client, *packages: str) -> None:
    """Introduces itself, then carries out orders until there are no more."""
    say(versions={"python": platform.python_version(), **{name: version(name) for name in packages}})
    while line := await asyncio.to_thread(sys.stdin.readline):
        await _carry_out(client, Order(**json.loads(line)))


async def _carry_out(client: Client, order: Order) -> None:
    gc.collect()
    cpu, began = cpu_s(), time.perf_counter()
    load = Load(order)
    await client(load)
    wall_s, spent_s = time.perf_counter() - began, cpu_s() - cpu
    say(
        posted=load.outcomes["posted"],
        cpu_s=spent_s,
        wall_s=wall_s,
        took_us=load.took_us,
        outcomes=load.outcomes,
        answered_s=load.answered_s,
        peak_mb=peak_mb(),
    )


def cpu_s() -> float:
    """Returns the CPU time of this process, all threads, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_mb() -> float:
    """Returns the most memory that this process ever had resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
