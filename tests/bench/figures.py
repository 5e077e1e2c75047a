"""The arithmetic of the benchmark: what is said about many measurements."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """The middle one of several measurements, and how far they lie apart."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float], digits: int = 1) -> "Spread":
        figures = (statistics.median(values), min(values), max(values))
        return cls(*(round(figure, digits or None) for figure in figures))


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> Spread:
    """Returns how many times ours theirs are, round by round: the machine of one round is the same for both."""
    return Spread.of([one / other for one, other in zip(theirs, ours, strict=True)])


def best(costs: Mapping[str, Sequence[float]]) -> str | None:
    """Returns the name whose median cost is the least; None if there is none."""
    return min(costs, key=lambda name: statistics.median(costs[name]), default=None)


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the least value that at least this share of all values does not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def drift(costs: Sequence[float]) -> float:
    """Returns by which share the highest cost exceeds the lowest."""
    return max(costs) / min(costs) - 1
