"""The laptop stack of its own that the functions find behind them, and what it would give them for an environment."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from laptop import endpoints
from laptop.endpoints import Endpoints
from laptop.ministack import REGION
from laptop.stack import Clients
from laptop.synth import STACK
from tests.bench.cores import SINKS, pinned

ROOT = Path(__file__).parents[2]
_NAMED = re.compile(rf"{STACK}-([A-Za-z]+)[0-9A-F]{{8}}[0-9A-F]*.*")  # "site-communications-dev-GetUser0F3A8B7C-..."


@contextmanager
def running(state: Path) -> Iterator[Endpoints]:
    """Starts the stack apart from any other, as `make run` does, and ends it whatever happens."""
    try:
        _laptop(state, "up", "--detach")
        yield endpoints.read(state / "endpoints.json")
    finally:
        _laptop(state, "down")


def environments(found: Endpoints) -> Mapping[str, Mapping[str, str]]:
    """Returns what each deployed function has in its environment, by the function's name in the catalogue."""
    deployed = Clients(found.aws).client("lambda").get_paginator("list_functions")
    return {
        named[1]: {**each["Environment"]["Variables"], **_access(found)}
        for page in deployed.paginate()
        for each in page["Functions"]
        if (named := _NAMED.fullmatch(each["FunctionName"]))
    }


def _access(found: Endpoints) -> Mapping[str, str]:
    """Returns what Lambda adds: where AWS is, and whoever may do everything there."""
    return {
        "PYTHONPATH": "/var/task",
        "AWS_ENDPOINT_URL": found.aws,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def _laptop(state: Path, *arguments: str) -> None:
    """Runs a command of the laptop stack; all that it starts stays off the core that is measured."""
    folders = {"PYTHONPATH": str(ROOT / "docker/local"), "LAPTOP_STATE": str(state)}
    command = pinned(SINKS, [sys.executable, "-m", "laptop", *arguments])
    subprocess.run(command, cwd=ROOT, env={**os.environ, **folders}, check=True, stdout=sys.stderr)  # noqa: S603
