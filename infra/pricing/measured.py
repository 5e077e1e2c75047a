"""What was measured of each function and of each thing that it does: `measured.json`, which `make sizing` writes."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("measured.json")
VCPU_MB = 1769  # of memory; Lambda gives so much of a vCPU as there is of this


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that a function does: what an invocation takes, on average."""

    name: str
    function: str
    cpu_ms: float
    cpu_p50_ms: float
    cpu_p99_ms: float
    waits_ms: float  # for AWS, at the latencies that the measurement states
    requests: Mapping[str, float]  # "dynamodb query" -> how many
    read_units: float
    write_units: float
    log_bytes: float
    log_lines: float
    answer_bytes: float
    posted_bytes: float  # in frames to connections

    def billed_ms(self, memory_mb: int) -> float:
        """Returns what Lambda bills: whole milliseconds, in which the CPU is only a share of one."""
        return float(math.ceil(self.cpu_ms * max(1.0, VCPU_MB / memory_mb) + self.waits_ms))

    def p99_ms(self, memory_mb: int) -> float:
        """Returns how long an invocation takes with a p99 of CPU; that AWS answers late is not in it."""
        return self.cpu_p99_ms * max(1.0, VCPU_MB / memory_mb) + self.waits_ms

    @property
    def is_handshake(self) -> bool:
        """Whether it is the beginning or the end of a WebSocket connection, and no frame on it."""
        return self.name.endswith(("$connect", "$disconnect"))

    def asks(self, *names: str) -> float:
        """Returns how many requests go to a service, or to one of its operations."""
        return sum(count for name, count in self.requests.items() if name in names or name.split()[0] in names)


@dataclass(frozen=True, slots=True)
class Function:
    init_cpu_ms: float  # of starting it
    first_cpu_ms: float  # of its first invocation
    peak_mb: float
    metrics: tuple[str, ...]  # that it writes
    patience_s: float  # the time-out that it had in outages

    def start_ms(self, memory_mb: int) -> float:
        """Returns what a start adds: Lambda has it start at full speed, and then run at its share."""
        return self.init_cpu_ms + self.first_cpu_ms * max(1.0, VCPU_MB / memory_mb)


@dataclass(frozen=True, slots=True)
class Outage:
    """An outage of AWS, and what the function said in the end."""

    doing: str  # the case
    trouble: str
    seconds: float
    answer: str


@dataclass(frozen=True, slots=True)
class Measured:
    conditions: Mapping[str, Any]
    image_mb: float  # compressed
    functions: Mapping[str, Function]
    cases: Mapping[str, Case]
    outages: Mapping[str, tuple[Outage, ...]]  # by function, the shortest first


def read(file: Path = FILE) -> Measured:
    return parsed(json.loads(file.read_text()))


def parsed(found: Mapping[str, Any]) -> Measured:
    return Measured(
        conditions=found["conditions"],
        image_mb=found["image_mb"],
        functions={name: _function(each) for name, each in found["functions"].items()},
        cases={name: _case(name, each) for name, each in found["cases"].items()},
        outages={name: _outages(name, found["outages"]) for name in found["functions"]},
    )


def _case(name: str, found: Mapping[str, Any]) -> Case:
    cpu = found["cpu_ms"]
    of_cpu = {"cpu_ms": cpu["mean"], "cpu_p50_ms": cpu["p50"], "cpu_p99_ms": cpu["p99"]}
    others = {field.name: found[field.name] for field in fields(Case) if field.name in found}
    return Case(**{**others, **of_cpu, "name": name})


def _function(found: Mapping[str, Any]) -> Function:
    return Function(**{**found, "metrics": tuple(found["metrics"])})


def _outages(function: str, found: Sequence[Mapping[str, Any]]) -> tuple[Outage, ...]:
    names = [field.name for field in fields(Outage)]
    outages = (Outage(**{name: each[name] for name in names}) for each in found if each["function"] == function)
    return tuple(sorted(outages, key=lambda outage: outage.seconds))
