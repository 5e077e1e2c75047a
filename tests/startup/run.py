"""Takes turns: in each round everybody is started once, and the peer three times, so that no minute favours anybody."""

import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Spread
from tests.startup.conditions import conditions
from tests.startup.containers import Start, cold_start
from tests.startup.stack import environments, running
from tests.startup.subjects import NOTHING, PEER, Subject, subjects

Starts = Mapping[str, Sequence[Start]]  # by the name of the subject, round by round


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int
    everything: bool  # or only what the issue asks for first


FULL, QUICK = Plan(9, everything=True), Plan(7, everything=False)


def measure(plan: Plan) -> Mapping[str, object]:
    """Starts a stack, measures all rounds, and returns the result."""
    before = conditions()
    with tempfile.TemporaryDirectory() as state, running(Path(state)) as endpoints:
        known = environments(endpoints)
        field = [one for one in subjects(endpoints) if plan.everything or one.foremost or one.function is None]
        starts = _rounds(field, known, plan.rounds)
    return {**before, "rounds": plan.rounds, **summary(starts)}


def summary(starts: Starts) -> Mapping[str, object]:
    """Returns figures and ratios; a ratio compares within one round, because the machine of one round is the same."""
    theirs = starts[PEER]
    return {
        "starts": {name: _figures(some) for name, some in starts.items()},
        "ratios": {
            name: _ratio([start.wall_ms for start in some], [start.wall_ms for start in theirs])
            for name, some in starts.items()
            if name not in (PEER, NOTHING)
        },
    }


def _rounds(field: Sequence[Subject], known: Mapping[str, Mapping[str, str]], rounds: int) -> Starts:
    starts: dict[str, list[Start]] = {subject.name: [] for subject in field}
    nothing, peer, *functions = field
    for turn in range(-1, rounds):  # the first one only fills the page cache
        shift = turn % len(functions)
        half = len(functions) // 2
        turned = [*functions[shift:], *functions[:shift]]
        order = [peer, nothing, *turned[:half], peer, *turned[half:], peer]
        found: dict[str, list[Start]] = {}
        for subject in order:
            name = subject.name if subject.function else "GetUser"
            found.setdefault(subject.name, []).append(cold_start(subject, known[name]))
        if turn >= 0:
            for name, some in found.items():
                starts[name].append(_middle(some))
        sys.stderr.write(f"round {turn + 1} of {rounds}\n")
    return starts


def _middle(some: Sequence[Start]) -> Start:
    return sorted(some, key=lambda start: start.wall_ms)[len(some) // 2]


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return round(statistics.median(one / other for one, other in zip(ours, theirs, strict=True)), 2)


def _figures(some: Sequence[Start]) -> Mapping[str, object]:
    cpu = [start.cpu_ms for start in some if start.cpu_ms is not None]
    return {
        "wall_ms": Spread.of([start.wall_ms for start in some], 0)._asdict(),
        "cpu_ms": Spread.of(cpu, 0)._asdict() if cpu else None,
    }
