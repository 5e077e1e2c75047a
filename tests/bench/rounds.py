"""Peers taking turns on one sink: what a post costs each of them, how many they can make, and how long one takes."""

import math
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from tests.bench.figures import Spread, percentile
from tests.bench.peer import Peer, Report, Running, running
from tests.bench.peers.orders import Order
from tests.lane.certificates import Pems

MARGIN = 1.15  # posts beyond those that its best round lets expect, so that a better one is long enough too
PROBE_S = 0.2  # the least that a first guess at the rate is made of
LOAD = 0.5  # of what a peer can do: how many a second fall due when it is asked how long one takes


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int
    round_s: float  # that each takes, at least, if the machine stays as it is
    latencies: bool = True
    most_s: float = math.inf  # for one sink; no further round is begun after it


@dataclass(frozen=True, slots=True)
class Latency:
    rate: float  # posts a second that fell due
    p50_ms: float
    p99_ms: float

    @classmethod
    def of(cls, rate: float, took_us: Sequence[int]) -> "Latency":
        return cls(round(rate), *(round(percentile(took_us, share) / 1000, 1) for share in (0.50, 0.99)))


@dataclass(frozen=True, slots=True)
class Measured:
    """All rounds of one peer on one sink."""

    peer: Peer
    reports: Sequence[Report]
    versions: Mapping[str, str]
    latency: Latency | None

    @property
    def costs_us(self) -> list[float]:
        return [report.cpu_us for report in self.reports]

    def summary(self) -> dict[str, object]:
        return {
            "title": self.peer.title,
            "cpu_us_per_post": Spread.of(self.costs_us)._asdict(),
            "posts_per_s": Spread.of([report.rate for report in self.reports], 0)._asdict(),
            "latency": None if self.latency is None else asdict(self.latency),
            "peak_mb": round(max(report.peak_mb for report in self.reports)),
            "rounds": len(self.reports),
            "shortest_round_s": round(min(report.wall_s for report in self.reports), 2),
        }


def compare(peers: Sequence[Peer], endpoint: str, window: int, pems: Pems, plan: Plan) -> list[Measured]:
    """Lets the peers take turns, each with its connections open and its code warm."""
    ends_at = time.monotonic() + plan.most_s
    with ExitStack() as stack:
        field = [runner for peer in peers if (runner := _joining(stack, peer, endpoint, window, pems))]
        rates = {runner.peer.name: _probe(runner) for runner in field}
        reports: dict[str, list[Report]] = {name: [] for name in rates}
        for turn in range(plan.rounds):
            if turn and time.monotonic() > ends_at:
                break
            for runner in _rotated(field, turn):
                report = _round(runner, rates[runner.peer.name], plan.round_s)
                rates[runner.peer.name] = max(rates[runner.peer.name], report.rate)
                reports[runner.peer.name].append(report)
        return [_measured(runner, reports[runner.peer.name], plan) for runner in field]


def _joining(stack: ExitStack, peer: Peer, endpoint: str, window: int, pems: Pems) -> Running | None:
    """Starts a peer; one that does not run on this machine is left out, and has said why."""
    try:
        runner = stack.enter_context(running(peer, endpoint, window, pems))
        runner.warm_up()
    except (ChildProcessError, OSError) as error:
        sys.stderr.write(f"{peer.title} is left out: {error}\n")
        return None
    return runner


def _measured(runner: Running, reports: Sequence[Report], plan: Plan) -> Measured:
    rate = min(report.rate for report in reports) * LOAD
    latency = _latency(runner, rate, plan.round_s) if plan.latencies else None
    return Measured(runner.peer, reports, runner.versions, latency)


def _round(runner: Running, rate: float, round_s: float) -> Report:
    runner.warm_up()
    return runner.carry_out(Order(0, round(rate * round_s * MARGIN)))


def _probe(runner: Running) -> float:
    """Returns about how many posts a second a peer can make."""
    report = runner.carry_out(Order(0, 2 * runner.window))
    while report.wall_s < PROBE_S:
        report = runner.carry_out(Order(0, 4 * report.posted))
    return report.rate


def _latency(runner: Running, rate: float, round_s: float) -> Latency:
    """Measures from when each post is meant to go out, so that one that has to wait for another counts as late."""
    runner.warm_up()
    report = runner.carry_out(Order(0, round(rate * round_s), rate, stamped=True))
    return Latency.of(rate, report.took_us)


def _rotated(field: Sequence[Running], turn: int) -> list[Running]:
    first = turn % len(field)
    return [*field[first:], *field[:first]]
