"""The result as people read it: a table for the terminal, and a page for the documentation."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.catalogue import WORKER_POSTS_PER_S
from app.models.work import SEGMENTS
from tests.bench.targets import found

SINKS = {"at_once": "answers at once", "at_10_ms": "answers after 10 ms"}
GOVERNED_S = 100_000 / (SEGMENTS * WORKER_POSTS_PER_S)


def table(result: Mapping[str, Any]) -> str:
    """Returns what was measured as tables in Markdown, which are readable as they are."""
    parts = [_sink_table(result, name) for name in SINKS]
    return "\n".join([*parts, _growth_table(result), _targets_table(result)])


def page(result: Mapping[str, Any]) -> str:
    """Returns docs/benchmark.md."""
    return f"""# Benchmark

Written by `make bench PUBLISH=1`; do not edit.{" This was a quick run." if result["quick"] else ""}

![CPU time of the client for one post](benchmark.svg)

{table(result)}
## How it was measured

* Every client is a process of its own on one core, the sink (nginx) is another on another. They take turns within one
  run: compare the ratios, because the machine is shared with others.
* Equal work: 290 bytes to each of the same ids, TLS 1.3 with one cipher, verified certificates, as many connections as
  stated and all of them open before the clock starts. In a round of its own the sink counts that each id came in
  once and whole, and botocore checks the signatures.
* CPU is the process's own, user and system (getrusage), divided by its posts. "Of ours" compares medians of all rounds;
  the targets compare round by round, and of aioboto3 the better shape.
* p50 and p99 run from the moment at which a post is meant to go out, at half of what the client can do.
* Handler: one worker works off one segment, its first SDK call and connections included; a stand-in of the table
  answers each call after 5 ms. There and for the lane the share of the quota is lifted. In AWS it sets the time:
  {SEGMENTS} workers of {WORKER_POSTS_PER_S:,} posts a second take {GOVERNED_S:.0f} s for 100,000 connections.
{_left_out(result)}
{_conditions(result)}"""


def _sink_table(result: Mapping[str, Any], name: str) -> str:
    sink = result["sinks"][name]
    ours = found(sink, "peers/ours/cpu_us_per_post/median")
    head = ("client", "CPU for a post, us", "range", "of ours", "posts/s", "p50, ms", "p99, ms", "at posts/s")
    rows = [_peer_row(peer, ours) for peer in sink["peers"].values()]
    return f"Sink that {SINKS[name]}, {sink['connections']} connections:\n\n{_markdown(head, rows)}"


def _peer_row(peer: Mapping[str, Any], ours: float) -> tuple[str, ...]:
    cost, latency = peer["cpu_us_per_post"], peer["latency"] or {}
    return (
        peer["title"],
        f"{cost['median']:,.1f}",
        f"{cost['low']:,.1f} to {cost['high']:,.1f}",
        f"{cost['median'] / ours:.1f}",
        f"{peer['posts_per_s']['median']:,.0f}",
        *(_number(latency.get(name)) for name in ("p50_ms", "p99_ms", "rate")),
    )


def _growth_table(result: Mapping[str, Any]) -> str:
    head = ("connections, 10 ms each", "lane, s", "posts/s", "CPU for a post, us", "handler, s", "most memory, MB")
    sizes = found(result, "lane/standing_start") or {}
    return _markdown(head, [_growth_row(result, size) for size in sizes]) if sizes else ""


def _growth_row(result: Mapping[str, Any], size: str) -> tuple[str, ...]:
    paths = (
        f"lane/standing_start/{size}/last_answer_s",
        f"lane/standing_start/{size}/posts_per_s",
        f"lane/cpu_us_per_post/{size}/median",
        f"handler/{size}/calm/last_answer_s",
        f"handler/{size}/calm/peak_mb",
    )
    return (f"{int(size):,}", *(_number(found(result, path)) for path in paths))


def _targets_table(result: Mapping[str, Any]) -> str:
    words = {True: "yes", False: "**no**", None: "not measured"}
    rows = [(each["figure"], _number(each["value"]), each["target"], words[each["met"]]) for each in result["targets"]]
    return _markdown(("figure", "measured", "target", "met"), rows)


def _conditions(result: Mapping[str, Any]) -> str:
    facts = {**result["conditions"], **result["versions"]}
    return _markdown(("measured on", ""), [(name, str(value)) for name, value in facts.items()])


def _left_out(result: Mapping[str, Any]) -> str:
    return "".join(f"* Left out: {name}, which {reason}.\n" for name, reason in result["absent"].items())


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def _markdown(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Returns a table whose columns are as wide as they have to be."""
    lines = [head, *rows]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(head))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "".join(f"| {' | '.join(_padded(line, widths))} |\n" for line in lines)


def _padded(line: tuple[str, ...], widths: list[int]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
