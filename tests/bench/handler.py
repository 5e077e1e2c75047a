"""The whole worker, from the entry of its handler to its end: it streams the connections from a stand-in of the table.

Beyond the lane it pays for the SDK: its import, the pages of the table, the progress that it writes after each page.
"""

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.bench.peer import ask, environment, started
from tests.bench.sinks import Sink, free_port, nginx, running
from tests.lane.certificates import Pems

SERVICES = ("DYNAMODB", "SNS", "SQS")
MOST_INVOCATIONS = 5


def through_the_handler(folder: Path, pems: Pems, connections: int) -> Mapping[str, object]:
    """Measures an announcement to so many connections, once calm and once with connections that fail."""
    calm, faulty = (_worked_off(sink, folder, pems, connections) for sink in (Sink.AFTER_10_MS, Sink.FAULTY))
    ends = (faulty["last_answer_s"], calm["last_answer_s"])
    extra_s = None if None in ends else round(ends[0] - ends[1], 2)
    return {str(connections): {"calm": calm, "faulty": {**faulty, "extra_s": extra_s}}}


def _worked_off(sink: Sink, folder: Path, pems: Pems, connections: int) -> Mapping[str, Any]:
    """Measures one worker from a standing start.

    Where it puts the rest of its part back because its time ends, it is invoked again at once. What has to wait
    because it was missed is not waited for.
    """
    with _stand_in(pems, connections) as aws, nginx(sink, folder, pems) as url:
        variables = environment(pems, **{f"AWS_ENDPOINT_URL_{service}": aws for service in SERVICES})
        with started([sys.executable, "-m", "tests.bench.worker", url], variables) as worker:
            reports = [_invoke(worker)]
            while not (state := _state(aws, pems)).settled and len(reports) < MOST_INVOCATIONS:
                reports.append(_invoke(worker))
        return _summary(reports, state, connections)


@dataclass(frozen=True, slots=True)
class State:
    """How far the worker says it has come."""

    put_back_s: int | None  # what its last job has to wait
    closed: bool
    told: int  # connections, of which some may have to be tried again

    @property
    def settled(self) -> bool:
        """Nothing is left, or only what was missed."""
        return self.closed or bool(self.put_back_s)


@contextmanager
def _stand_in(pems: Pems, connections: int) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.aws_stand_in", str(port), str(connections)]
    with running(command, port, environment(pems)):
        yield f"https://localhost:{port}"


def _invoke(worker: "subprocess.Popen[str]") -> Mapping[str, Any]:
    report: Mapping[str, Any] = ask(worker, {})
    if report["answer"]["batchItemFailures"]:
        raise ChildProcessError("the worker has failed")
    return report


def _state(aws: str, pems: Pems) -> State:
    with urlopen(aws, context=ssl.create_default_context(cafile=str(pems.roots))) as answer:  # noqa: S310 - our own
        return State(**json.load(answer))


def _summary(reports: Sequence[Mapping[str, Any]], state: State, connections: int) -> Mapping[str, Any]:
    """Says how long it took, if every connection was told."""
    wall_s = round(sum(report["wall_s"] for report in reports), 2)
    return {
        "connections": connections,
        "told": state.told,
        "invocations": len(reports),
        "last_answer_s": wall_s if state.settled and state.told == connections else None,
        "cpu_us_per_post": round(sum(report["cpu_s"] for report in reports) / connections * 1e6, 1),
        "peak_mb": round(reports[-1]["peak_mb"]),
        "imported_mb": round(reports[0]["imported_mb"]),
    }
