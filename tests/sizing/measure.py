"""Measures one function: a cold start, every case at every size, and how long it takes to say that AWS is away."""

import json
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.sizing.border import Border, Outage, Trouble
from tests.sizing.cases import Case, fine
from tests.sizing.container import VCPU_MB, Contained
from tests.sizing.latency import Asked, in_sequence_ms
from tests.sizing.town import Town

SIZES_MB = (256, 512, 1024, VCPU_MB)
INVOCATIONS, HEAVY_INVOCATIONS = 15, 4  # of a case at each size
WARM_UP = 3


@dataclass(frozen=True, slots=True)
class Invocation:
    cpu_ms: float
    wall_ms: float
    asked: Sequence[Asked]
    answer_bytes: int


@dataclass(frozen=True, slots=True)
class Bench:
    """One function in its container, with its own town behind its own border."""

    town: Town
    border: Border
    function: Contained

    def start(self, case: Case) -> tuple[float, float]:
        """Returns the CPU, in ms, of a start and of the first invocation.

        It is started by an event that makes no sense, which is refused without a call of AWS (but by the clock's).
        """
        self.function.emulator.invoke({})
        return self.function.cpu_ms(), self.invoke(case).cpu_ms

    def invoke(self, case: Case) -> Invocation:
        event = case.make(self.town)
        self.border.begin()
        before, began = self.function.cpu_ms(), time.monotonic()
        answer = self.function.emulator.invoke(event)
        wall_ms = (time.monotonic() - began) * 1000
        if not fine(answer):
            raise RuntimeError(f"{case.key}: {answer}")
        size = len(str(answer.get("body", ""))) if isinstance(answer, dict) else 0
        return Invocation(self.function.cpu_ms() - before, wall_ms, self.border.asked, size)

    def case(self, case: Case) -> dict[str, Any]:
        """Returns what a case took at each size, and what it asked for at all of them."""
        for _ in range(WARM_UP):
            self.invoke(case)
        written = self._written()
        sizes = {size: self._at(size, case) for size in SIZES_MB}
        everything = [each for some in sizes.values() for each in some]
        lines, characters = (new - old for new, old in zip(self._written(), written, strict=True))
        return {
            "function": case.function,
            "invocations": len(everything),
            "cpu_ms": _spread([each.cpu_ms for each in everything]),
            "waits_ms": round(statistics.median(in_sequence_ms(each.asked) for each in everything), 1),
            "sizes": {str(size): _at_size(some) for size, some in sizes.items()},
            "requests": _requests(everything),
            "read_units": _mean([sum(asked.read_units for asked in each.asked) for each in everything]),
            "write_units": _mean([sum(asked.write_units for asked in each.asked) for each in everything]),
            "log_bytes": round(characters / len(everything)),
            "log_lines": round(lines / len(everything), 1),
            "posted_bytes": _mean([sum(asked.posted_bytes for asked in each.asked) for each in everything]),
            "answer_bytes": round(statistics.mean(each.answer_bytes for each in everything)),
        }

    def _at(self, memory_mb: int, case: Case) -> list[Invocation]:
        self.function.resize(memory_mb)
        count = HEAVY_INVOCATIONS if case.heavy else INVOCATIONS
        return [self.invoke(case) for _ in range(count)]

    def _written(self) -> tuple[int, int]:
        lines = self.function.log_lines()
        return len(lines), sum(len(line.encode()) for line in lines)

    def outages(self, case: Case, operations: Sequence[str]) -> list[dict[str, Any]]:
        """Returns how long it took to fail, for outages that begin at each of these operations."""
        self.function.resize(VCPU_MB)
        return [self._outage(case, Outage(trouble, name)) for name in operations for trouble in Trouble]

    def _outage(self, case: Case, outage: Outage) -> dict[str, Any]:
        event = case.make(self.town)
        self.border.begin(outage)
        began = time.monotonic()
        try:
            answer = _said(self.function.emulator.invoke(event))
        except json.JSONDecodeError:  # the emulator says that in plain words
            answer = "ended by its time-out"
        took_s = time.monotonic() - began
        self.border.begin()
        return {
            "function": case.function,
            "doing": case.name,
            "trouble": f"{outage.operation} {outage.trouble.value}",
            "seconds": round(took_s, 1),
            "answer": answer,
        }


def _at_size(invocations: Sequence[Invocation]) -> dict[str, float]:
    cpu = sorted(each.cpu_ms for each in invocations)
    return {
        "cpu_p50_ms": round(statistics.median(cpu), 2),
        "cpu_most_ms": round(cpu[-1], 2),
        "wall_p50_ms": round(statistics.median(each.wall_ms for each in invocations), 1),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    p99 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return {"p50": round(statistics.median(ordered), 2), "mean": _mean(ordered), "p99": round(p99, 2)}


def _mean(values: Sequence[float]) -> float:
    return round(statistics.mean(values), 2)


def _requests(invocations: Sequence[Invocation]) -> dict[str, float]:
    """Returns how often an invocation asks for each operation, on average."""
    counts = Counter(f"{asked.service} {asked.operation}" for each in invocations for asked in each.asked)
    return {name: round(count / len(invocations), 2) for name, count in sorted(counts.items())}


def _said(answer: Any) -> str:
    match answer:
        case {"statusCode": int(status)}:
            return str(status)
        case {"batchItemFailures": failures}:
            return "failed, to be brought again" if failures else "done"
        case {"policyDocument": {"Statement": [{"Effect": effect}]}}:
            return str(effect)
        case {"errorType": name}:
            return str(name)
        case _:
            return "done" if answer is None or isinstance(answer, dict) else str(answer)
