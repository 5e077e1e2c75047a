"""One run of the benchmark: what is measured, in which order, and how much of it."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.conditions import conditions
from tests.bench.equal_work import verify
from tests.bench.field import absent, peers
from tests.bench.handler import through_the_handler
from tests.bench.lane import lane
from tests.bench.peer import Peer
from tests.bench.rounds import Measured, Plan, compare
from tests.bench.sinks import Sink, nginx
from tests.bench.targets import AIOBOTO3, GO, OURS, headline, sink_ratios, verdicts
from tests.lane.certificates import Pems

WINDOWS = {"at_once": (Sink.AT_ONCE, 64), "at_10_ms": (Sink.AFTER_10_MS, 128)}
NOTHING_NEW_S = 32.0  # a quick run begins nothing more after so many seconds


@dataclass(frozen=True, slots=True)
class Scope:
    """How much is measured."""

    plan: Plan
    largest: int  # fan-out
    quick: bool


FULL = Scope(Plan(rounds=7, round_s=2.0), largest=100_000, quick=False)
QUICK = Scope(Plan(rounds=3, round_s=0.3, latencies=False, most_s=15.0), largest=10_000, quick=True)


@dataclass(frozen=True, slots=True)
class Bench:
    scope: Scope
    folder: Path
    pems: Pems
    began: float  # in the time of time.monotonic

    def run(self) -> dict[str, Any]:
        """Measures everything; what a quick run has no time for is None."""
        versions: dict[str, str] = {}
        result: dict[str, Any] = {"quick": self.scope.quick, "conditions": conditions(), "versions": versions}
        result["equal_work"] = None if self.scope.quick else self._equal_work()
        result["sinks"] = {name: self._sink(name, versions) for name in WINDOWS}
        result["lane"] = self._unless_late("The lane with more and more connections", self._lane)
        result["handler"] = None if self.scope.quick else self._handler()
        result["absent"] = absent()
        result["targets"] = verdicts(result)
        result["ratios"] = headline(result)
        return result

    @property
    def _peers(self) -> list[Peer]:
        return peers(self.pems)

    def _sink(self, name: str, versions: dict[str, str]) -> Mapping[str, object]:
        sink, window = WINDOWS[name]
        _tell(f"Peers take turns on the sink {name}")
        with nginx(sink, self.folder, self.pems) as url:
            measured = compare(self._turn_takers(name), url, window, self.pems, self.scope.plan)
        for each in measured:
            versions.update(each.versions)
        return _summary(measured, window)

    def _turn_takers(self, sink: str) -> list[Peer]:
        """A quick run leaves out, on the second sink, those of whom no target speaks."""
        if not self.scope.quick or sink == "at_once":
            return self._peers
        return [peer for peer in self._peers if peer.name in (OURS, GO, *AIOBOTO3)]

    def _lane(self) -> Mapping[str, object]:
        return lane(self._peers[0], self.folder, self.pems, self.scope.largest)

    def _handler(self) -> Mapping[str, object] | None:
        _tell("The same through the handler")
        try:
            return through_the_handler(self.folder, self.pems, self.scope.largest)
        except ChildProcessError as error:  # it has told why; the other figures are worth keeping
            _tell(str(error))
            return None

    def _equal_work(self) -> Mapping[str, object]:
        _tell("Whether every peer does the same work")
        return verify(self._peers, WINDOWS["at_10_ms"][1], self.folder, self.pems)

    def _unless_late(self, what: str, part: Callable[[], Mapping[str, object]]) -> Mapping[str, object] | None:
        late = self.scope.quick and time.monotonic() - self.began > NOTHING_NEW_S
        _tell(f"No time left: {what}" if late else what)
        return None if late else part()


def _summary(measured: Sequence[Measured], window: int) -> Mapping[str, object]:
    compared = sink_ratios({each.peer.name: each.costs_us for each in measured})
    return {
        "connections": window,
        "peers": {each.peer.name: each.summary() for each in measured},
        "ratios": {name: ratio and ratio._asdict() for name, ratio in compared.items()},
    }


def _tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")
