"""Measures what a post costs: `PYTHONPATH=. .venv/bin/python -m tests.lane.measure`, a quick look and no test.

CPU is this process's own (getrusage) over posts on warm connections; the sinks are other processes. The machine is
shared: compare the ratios of one run, not the figures of two.
"""

import argparse
import asyncio
import gc
import json
import os
import platform
import resource
import ssl
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from app.aws import Clients, Service
from app.delivery.endpoint import Endpoint
from app.delivery.fast_lane import FastLane
from app.delivery.governor import Governor
from app.delivery.lane import Outcome, PostLane
from app.delivery.sdk_lane import SdkLane
from app.delivery.signing import Credentials
from app.models.ids import ConnectionId
from tests.lane.certificates import certify
from tests.lane.sinks import nginx

RESULT = Path(".local/bench.json")
PAYLOAD = b"x" * 290
KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


@dataclass(frozen=True, slots=True)
class Figure:
    cpu_us: float  # for one post
    rate: float  # posts a second


async def ids(count: int) -> AsyncIterator[ConnectionId]:
    for n in range(count):
        yield ConnectionId(f"FYnv{n:08d}jMCKlg=")


async def measured(lane: PostLane, count: int) -> Figure:
    gc.collect()
    cpu, began, posted = _cpu_s(), time.perf_counter(), 0
    async with aclosing(lane.post(ids(count), PAYLOAD)) as outcomes:
        async for _, outcome in outcomes:
            posted += outcome is Outcome.POSTED
    assert posted == count, posted
    return Figure((_cpu_s() - cpu) / count * 1e6, count / (time.perf_counter() - began))


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def credentials() -> Credentials:
    return KEYS


async def compare(url: str, roots: Path, window: int, count: int, rounds: int) -> dict[str, list[Figure]]:
    """Lets the lanes take turns, after one round that opens connections and does not count."""
    fast = FastLane(Endpoint.parse(url), "eu-west-1", credentials, Governor(1e9), window=window, roots=roots)
    clients = Clients(url)
    sdk = SdkLane(Service(clients, "apigatewaymanagementapi"), window=min(window, 64))
    lanes: dict[str, tuple[PostLane, int]] = {"fast": (fast, count), "sdk": (sdk, max(200, count // 50))}
    figures: dict[str, list[Figure]] = {name: [] for name in lanes}
    for turn in range(rounds + 1):
        for name, (lane, posts) in lanes.items():
            figure = await measured(lane, posts)
            if turn:
                figures[name].append(figure)
    await fast.close()
    await clients.close()
    return figures


async def all_of(url: str, roots: Path, count: int) -> None:
    """Posts once to `count` connections from a standing start, as a handler would."""
    fast = FastLane(Endpoint.parse(url), "eu-west-1", credentials, Governor(1e9), window=128, roots=roots)
    before_kb, cpu, began, tally = _peak_kb(), _cpu_s(), time.perf_counter(), Counter[str]()
    async with aclosing(fast.post(ids(count), PAYLOAD)) as outcomes:
        async for _, outcome in outcomes:
            tally[outcome.value] += 1
    took_s = time.perf_counter() - began
    print(f"  {took_s:.2f} s, {(_cpu_s() - cpu) / count * 1e6:.1f} us CPU a post, {dict(tally)},")
    print(f"  peak {_peak_kb() / 1024:.0f} MB of which {(_peak_kb() - before_kb) / 1024:.1f} MB came while posting")
    await fast.close()


def show(title: str, figures: dict[str, list[Figure]]) -> dict[str, float]:
    """Prints the figures, and returns those that are worth keeping."""
    print(title)
    for name, found in figures.items():
        cpu, rate = _middle(found, lambda figure: figure.cpu_us), _middle(found, lambda figure: figure.rate)
        print(f"  {name:5} {cpu:8.1f} us CPU a post (best {min(f.cpu_us for f in found):.1f}) {rate:9,.0f} posts/s")
    ratios = [sdk.cpu_us / fast.cpu_us for fast, sdk in zip(figures["fast"], figures["sdk"], strict=True)]
    print(f"  ratio {statistics.median(ratios):8.1f} ({min(ratios):.1f} to {max(ratios):.1f})")
    fast = figures["fast"]
    return {
        "cpu_vs_aioboto3": round(statistics.median(ratios), 1),
        "posts_per_s": round(_middle(fast, lambda figure: figure.rate)),
        "cpu_us_per_post": round(_middle(fast, lambda figure: figure.cpu_us), 1),
    }


def conditions() -> dict[str, object]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "aioboto3": version("aioboto3"),
        "payload_bytes": len(PAYLOAD),
    }


def _middle(found: list[Figure], of: Callable[[Figure], float]) -> float:
    return statistics.median(of(figure) for figure in found)


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--count", type=int, default=40_000)
    reader.add_argument("--rounds", type=int, default=3)
    reader.add_argument("--all", type=int, default=0, help="post to so many connections once, at 10 ms, and no more")
    options = reader.parse_args()
    os.environ.update(
        AWS_ACCESS_KEY_ID=KEYS.access_key, AWS_SECRET_ACCESS_KEY=KEYS.secret_key, AWS_DEFAULT_REGION="eu-west-1"
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        pems = certify(folder)
        os.environ["AWS_CA_BUNDLE"] = str(pems.roots)
        for faults in (False, True) if options.all else ():
            url = stack.enter_context(nginx(folder, pems, 0.01, faults=faults))
            print(f"{options.all:,} connections at 10 ms" + (", 1 % gone, 0.1 % hanging" if faults else ""))
            asyncio.run(all_of(url, pems.roots, options.all))
        if options.all:
            return
        result: dict[str, object] = {"conditions": conditions()}
        for name, delay_s, window in (("at_once", 0.0, 64), ("after_10_ms", 0.01, 128)):
            url = stack.enter_context(nginx(folder, pems, delay_s))
            figures = asyncio.run(compare(url, pems.roots, window, options.count, options.rounds))
            result[name] = show(f"{name}, {window} connections", figures)
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(json.dumps(result, indent=2))
        print(json.dumps({**result, "ratios": result["at_once"]}))


if __name__ == "__main__":
    main()
