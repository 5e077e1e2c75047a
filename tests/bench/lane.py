"""What our lane does with more and more connections, and with those that do not answer; each post takes 10 ms or more.

A fan-out "from a standing start" is the first of its process: the connections are opened within it.
"""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.figures import Spread, drift
from tests.bench.peer import Peer, Report, Running, running
from tests.bench.peers.orders import Order
from tests.bench.rounds import Latency
from tests.bench.sinks import Sink, nginx
from tests.lane.certificates import Pems

WINDOW = 128
SIZES = (1_000, 10_000, 100_000)
TURNS = 3  # of all sizes, for the cost of a post
AT_LEAST = 20_000  # posts of each size in a turn
STAMPED = 20_000  # posts that the percentiles are taken from
HUNDRED = Order(0, 100, stamped=True)  # of which the faulty sink lets one hang


def lane(ours: Peer, folder: Path, pems: Pems, largest: int) -> Mapping[str, object]:
    """Measures fan-outs of growing size, one of `largest` with connections that fail, and one that hangs."""
    with nginx(Sink.AFTER_10_MS, folder, pems) as url:
        first = {str(size): _first(ours, url, pems, Order(0, size)) for size in SIZES if size <= largest}
        steady = _steady(ours, url, pems, [size for size in SIZES if size <= largest])
        calm_99_s = _first(ours, url, pems, HUNDRED).answered_s
    with nginx(Sink.FAULTY, folder, pems) as url:
        faulty = _first(ours, url, pems, Order(0, largest))
        hanging = _first(ours, url, pems, HUNDRED)
    return {
        "standing_start": {size: _summary(report) for size, report in first.items()},
        **steady,
        "faulty": {str(largest): _summary(faulty) | {"extra_s": _extra_s(faulty, first[str(largest)])}},
        "hanging": {
            "others_s": round(hanging.answered_s, 3),
            "others_without_it_s": round(calm_99_s, 3),
            "delay_s": round(hanging.answered_s - calm_99_s, 3),
        },
    }


def _steady(ours: Peer, url: str, pems: Pems, sizes: Sequence[int]) -> Mapping[str, object]:
    """Measures with connections that are open already."""
    with running(ours, url, WINDOW, pems) as runner:
        runner.warm_up()
        turns = [_costs(runner, sizes) for _ in range(TURNS)]
        latency = _latency(runner)
    by_size = zip(sizes, zip(*turns, strict=True), strict=True)
    return {
        "cpu_us_per_post": {str(size): Spread.of(costs)._asdict() for size, costs in by_size},
        "cost_drift": {str(max(sizes)): Spread.of([drift(costs) for costs in turns], 3)._asdict()},
        "whole_window": {"p50_ms": latency.p50_ms, "p99_ms": latency.p99_ms},
    }


def _first(ours: Peer, url: str, pems: Pems, order: Order) -> Report:
    with running(ours, url, WINDOW, pems) as runner:
        return runner.carry_out(order)


def _costs(runner: Running, sizes: Sequence[int]) -> list[float]:
    """Measures the cost of a post in fan-outs of each size, one after the other: the machine is the same for all."""
    posts = min(AT_LEAST, max(sizes))
    return [_cost(runner, size, max(1, posts // size)) for size in sizes]


def _cost(runner: Running, size: int, times: int) -> float:
    return statistics.fmean(runner.carry_out(Order(0, size)).cpu_us for _ in range(times))


def _latency(runner: Running) -> Latency:
    report = runner.carry_out(Order(0, STAMPED, stamped=True))
    return Latency.of(report.rate, report.took_us)


def _extra_s(faulty: Report, calm: Report) -> float:
    return round(faulty.wall_s - calm.wall_s, 2)


def _summary(report: Report) -> dict[str, object]:
    return {
        "last_answer_s": round(report.wall_s, 2),
        "posts_per_s": round(report.rate),
        "peak_mb": round(report.peak_mb),
        "outcomes": dict(report.outcomes),
    }
