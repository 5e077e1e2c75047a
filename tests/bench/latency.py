"""Measures how long a message takes from one person to the other, on the stack that runs: see `make run`.

    PYTHONPATH=. .venv/bin/python tests/bench/latency.py

Both times start just before `POST /messages` is sent: "frame" ends when the recipient's WebSocket has the frame,
"answer" when the sender has the HTTP answer. Prints a table, and the result as JSON in the last line.
"""

import asyncio
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
STATE = Path(os.environ.get("LAPTOP_STATE") or LOCAL)
WARM_UPS, MESSAGES = 10, 200
FRAME_S = 30
SHARES = {"p50": 0.50, "p90": 0.90, "p99": 0.99, "max": 1.0}
KINDS = ("frame", "answer")


async def main() -> None:
    endpoints = json.loads((STATE / "endpoints.json").read_text())
    people = {person["name"]: person for person in endpoints["people"]}
    async with aiohttp.ClientSession() as http:
        socket = await _connect(http, endpoints, people["Bob"])
        once = [await _once(http, socket, endpoints["http"], people) for _ in range(WARM_UPS + MESSAGES)][WARM_UPS:]
        await socket.close()
    _report(_result([frame for frame, _ in once], [answer for _, answer in once]))


async def _connect(http: aiohttp.ClientSession, endpoints: Any, person: Any) -> aiohttp.ClientWebSocketResponse:
    async with http.post(endpoints["http"] + "/tickets", headers=_authorization(person)) as answer:
        answer.raise_for_status()
        ticket = (await answer.json())["ticket"]
    return await http.ws_connect(endpoints["websocket"], params={"ticket": ticket})


async def _once(
    http: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse, base: str, people: Any
) -> tuple[float, float]:
    """Sends one message; returns the milliseconds until the frame and until the answer."""
    started = time.perf_counter()
    arrival = asyncio.create_task(_arrival(socket))
    body = {"recipientIds": [people["Bob"]["userId"]], "content": "How long does this take?"}
    async with http.post(base + "/messages", json=body, headers=_authorization(people["Alice"])) as answer:
        sent = await answer.json(content_type=None)
        answered = time.perf_counter()
        if answer.status != 201:
            raise SystemExit(f"POST /messages answered {answer.status}: {sent}")
    message, arrived = await arrival
    if message != sent["messageId"]:
        raise SystemExit("Somebody else writes to Bob; the measurement needs him for itself")
    return (arrived - started) * 1000, (answered - started) * 1000


async def _arrival(socket: aiohttp.ClientWebSocketResponse) -> tuple[str, float]:
    frame = await socket.receive_json(timeout=FRAME_S)
    return frame["messageId"], time.perf_counter()


def _authorization(person: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {person['accessToken']}"}


def _result(frames: Sequence[float], answers: Sequence[float]) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "messages": MESSAGES,
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("aiohttp", "aioboto3", "pydantic", "orjson")},
            "ministack": _ministack(),
        },
        "frame_ms": _shares(frames),
        "answer_ms": _shares(answers),
    }


def _shares(times_ms: Sequence[float]) -> dict[str, float]:
    """The time that each share of the messages stays below; the mean besides."""
    ordered = sorted(times_ms)
    ranks = {name: max(0, round(share * len(ordered)) - 1) for name, share in SHARES.items()}
    return {name: round(ordered[rank], 2) for name, rank in ranks.items()} | {
        "mean": round(statistics.fmean(ordered), 2)
    }


def _ministack() -> str | None:
    """The version of the stand-in, which has an environment of its own."""
    found = next(LOCAL.glob("ministack/lib/python*/site-packages/ministack-*.dist-info"), None)
    return found.name.removeprefix("ministack-").removesuffix(".dist-info") if found else None


def _report(result: dict[str, Any]) -> None:
    columns = [*SHARES, "mean"]
    lines = [f"{'ms':<8}" + "".join(f"{name:>9}" for name in columns)]
    lines += [f"{kind:<8}" + "".join(f"{result[f'{kind}_ms'][name]:>9.1f}" for name in columns) for kind in KINDS]
    LOCAL.mkdir(exist_ok=True)
    (LOCAL / "latency.json").write_text(json.dumps(result, indent=2) + "\n")
    sys.stdout.write("\n".join([*lines, "", json.dumps(result)]) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
