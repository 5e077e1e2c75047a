"""A client that is measured: a process of its own that carries out orders, see peers/orders.py."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.cores import PEERS, pinned
from tests.bench.peers.orders import Order
from tests.lane.certificates import Pems
from tests.lane.fake_connections import ACCESS_KEY, SECRET_KEY

ROOT = Path(__file__).resolve().parents[2]
REGION = "eu-west-1"
WARM = 90_000_000  # the numbers from here on are of ids that only open connections
ENDS_S = 5.0


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    title: str
    command: tuple[str, ...]  # without endpoint and window, which come after it
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """What carrying out an order has cost a peer."""

    posted: int
    cpu_s: float
    wall_s: float
    peak_mb: float
    took_us: list[int]
    outcomes: Mapping[str, int] = field(default_factory=dict)
    answered_s: float = 0.0

    @property
    def cpu_us(self) -> float:
        return self.cpu_s / self.posted * 1e6

    @property
    def rate(self) -> float:
        return self.posted / self.wall_s


@dataclass(frozen=True, slots=True)
class Running:
    """A peer that waits for orders."""

    peer: Peer
    window: int
    process: "subprocess.Popen[str]"
    versions: Mapping[str, str]

    def carry_out(self, order: Order) -> Report:
        """Returns the report; raises ChildProcessError if the peer has failed."""
        return Report(**ask(self.process, asdict(order)))

    def warm_up(self) -> None:
        """Has it open its connections, and do everything else that it does only once."""
        self.carry_out(Order(WARM, 2 * self.window))


@contextmanager
def running(peer: Peer, endpoint: str, window: int, pems: Pems) -> Iterator[Running]:
    """Starts a peer that has so many connections to an endpoint, and ends it."""
    command = [*peer.command, endpoint, str(window)]
    with started(command, environment(pems, **peer.environment)) as process:
        yield Running(peer, window, process, heard(process)["versions"])


@contextmanager
def started(command: list[str], variables: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """Starts a program on the core of the peers, and ends it."""
    process = subprocess.Popen(  # noqa: S603
        pinned(PEERS, command), env=variables, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
        process.communicate(timeout=ENDS_S)
    finally:
        process.kill()
        process.communicate()


def environment(pems: Pems, **more: str) -> dict[str, str]:
    """Returns all that a program gets to see, so that nothing of this machine's settings has a part in it."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CA_BUNDLE": str(pems.roots),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **more,
    }


def ask(process: "subprocess.Popen[str]", order: Mapping[str, Any]) -> Any:
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    return heard(process)


def heard(process: "subprocess.Popen[str]") -> Any:
    """Returns the next thing that a program reports; raises ChildProcessError if it has ended.

    Lines of the log, and metrics, are no reports; those that say more than that all is well are shown.
    """
    assert process.stdout is not None
    for line in process.stdout:
        said = json.loads(line)
        if "event" not in said and "_aws" not in said:
            return said
        if said.get("level", "INFO") != "INFO":
            sys.stderr.write(line)
    raise ChildProcessError(f"ended with {process.wait()}: {process.args!r}")
