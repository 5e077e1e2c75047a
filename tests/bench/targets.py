"""What is to be reached, and whether it was; the figures are looked up in the result by their path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.figures import Spread, best, ratios

OURS, GO = "ours", "go"
AIOBOTO3 = ("aioboto3_gather", "aioboto3_workers")


@dataclass(frozen=True, slots=True)
class Target:
    figure: str
    path: str
    limit: float
    at_most: bool = True

    def verdict(self, result: Mapping[str, Any]) -> dict[str, object]:
        """Returns the value and whether it will do; neither is known if it was not measured."""
        value = found(result, self.path)
        met = None if value is None else (value <= self.limit if self.at_most else value >= self.limit)
        target = f"{'<=' if self.at_most else '>='} {self.limit:g}"
        return {"figure": self.figure, "value": value, "target": target, "met": met}


TARGETS = (
    Target("CPU for a post, answered at once, us", "sinks/at_once/peers/ours/cpu_us_per_post/median", 25),
    Target("CPU for a post, answered after 10 ms, us", "sinks/at_10_ms/peers/ours/cpu_us_per_post/median", 45),
    Target("aioboto3's CPU to ours, at once", "sinks/at_once/ratios/cpu_vs_aioboto3/median", 20, at_most=False),
    Target("aioboto3's CPU to ours, 10 ms", "sinks/at_10_ms/ratios/cpu_vs_aioboto3/median", 20, at_most=False),
    Target("aws-sdk-go-v2's CPU to ours, at once", "sinks/at_once/ratios/cpu_vs_go/median", 3, at_most=False),
    Target("aws-sdk-go-v2's CPU to ours, 10 ms", "sinks/at_10_ms/ratios/cpu_vs_go/median", 3, at_most=False),
    Target("100,000 connections, handler entry to last answer, s", "handler/100000/calm/last_answer_s", 11),
    Target("the same, 1 % gone and 0.1 % hanging, s more", "handler/100000/faulty/extra_s", 2),
    Target("the same, most memory resident, MB", "handler/100000/calm/peak_mb", 120),
    Target("100,000 connections, the lane alone, s", "lane/standing_start/100000/last_answer_s", 11),
    Target("the lane alone, 1 % gone and 0.1 % hanging, s more", "lane/faulty/100000/extra_s", 2),
    Target("Cost of a post from 1,000 to 100,000, drift", "lane/cost_drift/100000/median", 0.15),
    Target("One hanging of 100 delays the others by, s", "lane/hanging/delay_s", 1),
)


def verdicts(result: Mapping[str, Any]) -> list[dict[str, object]]:
    return [target.verdict(result) for target in TARGETS]


def found(result: Mapping[str, Any], path: str) -> Any:
    """Returns what stands at a path, or None."""
    here: Any = result
    for name in path.split("/"):
        here = here.get(name) if isinstance(here, Mapping) else None
    return here


def sink_ratios(costs: Mapping[str, Sequence[float]]) -> dict[str, Spread | None]:
    """Returns how much more CPU the others use than we do; of aioboto3 the shape that does better."""
    ours = costs[OURS]
    aioboto3 = best({name: costs[name] for name in AIOBOTO3 if name in costs})
    return {
        "cpu_vs_aioboto3": ratios(costs[aioboto3], ours) if aioboto3 else None,
        "cpu_vs_go": ratios(costs[GO], ours) if GO in costs else None,
    }


def headline(result: Mapping[str, Any]) -> dict[str, float | None]:
    """Returns the figures of the sink that answers at once, in short."""
    return {
        "cpu_vs_aioboto3": found(result, "sinks/at_once/ratios/cpu_vs_aioboto3/median"),
        "cpu_vs_go": found(result, "sinks/at_once/ratios/cpu_vs_go/median"),
        "posts_per_s": found(result, "sinks/at_once/peers/ours/posts_per_s/median"),
        "cpu_us_per_post": found(result, "sinks/at_once/peers/ours/cpu_us_per_post/median"),
    }
