"""One cold start: a fresh container of the image on one core, its first event, and what that took."""

import http.client
import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.cores import PEERS
from tests.image.docker_cli import AS_UNDER_LAMBDA, IMAGE, docker
from tests.image.emulator import PATH
from tests.startup.subjects import Subject, fine

FOLDER = Path(__file__).parent
ANSWER_S = 60
LISTENING_S = 20
_CGROUPS = Path("/sys/fs/cgroup")


class FailedStartError(Exception):
    """The function did not do what it was asked for, so that there is nothing to measure."""


@dataclass(frozen=True, slots=True)
class Start:
    wall_ms: float  # from the first event to its answer: the emulator starts Python when the first event comes
    cpu_ms: float | None  # of all that ran in the container meanwhile; None where the machine does not tell


def cold_start(subject: Subject, environment: Mapping[str, str]) -> Start:
    """Starts a container, waits for its emulator, and measures the first event; raises FailedStartError."""
    event = json.dumps(subject.event()).encode()
    with _container(subject, environment) as (identifier, port):
        used, began = _cpu_ms(identifier), time.perf_counter()
        answer = _ask(port, event)
        took = (time.perf_counter() - began) * 1000
        spent = _cpu_ms(identifier)
    if not fine(subject, answer):
        raise FailedStartError(f"{subject.name} answered {json.dumps(answer)[:300]}")
    return Start(took, None if used is None or spent is None else spent - used)


@contextmanager
def _container(subject: Subject, environment: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The host's network, because the stand-in for AWS listens on its loopback; therefore ports of its own."""
    port, api_port = _free_port(), _free_port()
    identifier = docker(
        "run",
        "--detach",
        *AS_UNDER_LAMBDA,
        "--network=host",
        f"--cpuset-cpus={PEERS}",
        f"--volume={FOLDER / 'peers'}:/var/task/peers:ro",
        *(f"--env={name}={value}" for name, value in environment.items()),
        "--entrypoint=aws-lambda-rie",
        IMAGE,
        f"--runtime-interface-emulator-address=127.0.0.1:{port}",
        f"--runtime-api-address=127.0.0.1:{api_port}",
        *subject.command,
    )
    try:
        _await_listener(port)
        yield identifier, port
    finally:
        docker("rm", "--force", "--volumes", identifier)


def _ask(port: int, event: bytes) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_S)
    try:
        connection.request("POST", PATH, event)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def _await_listener(port: int) -> None:
    deadline = time.monotonic() + LISTENING_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _cpu_ms(identifier: str) -> float | None:
    """Returns what the container has used until now, from its control group (version 1 or 2)."""
    older = _CGROUPS / "cpuacct/docker" / identifier / "cpuacct.usage"
    if older.exists():
        return int(older.read_text()) / 1e6
    for place in (f"docker/{identifier}", f"system.slice/docker-{identifier}.scope"):
        file = _CGROUPS / place / "cpu.stat"
        if file.exists():
            return int(file.read_text().split()[1]) / 1e3  # "usage_usec N" comes first
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
