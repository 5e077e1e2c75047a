"""The laptop stack of its own that the functions find behind them, and what it would give them for an environment."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.catalogue import FUNCTIONS, Function
from laptop import endpoints
from laptop.endpoints import Endpoints
from laptop.ministack import REGION
from laptop.stack import Clients
from laptop.synth import STACK
from tests.bench.cores import SINKS, pinned

ROOT = Path(__file__).parents[2]


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
    pages = Clients(found.aws).client("lambda").get_paginator("list_functions").paginate()
    deployed = {each["FunctionName"]: each["Environment"]["Variables"] for page in pages for each in page["Functions"]}
    return {
        function.name: {**next(deployed[name] for name in deployed if _is(function, name)), **_access(found)}
        for function in FUNCTIONS
    }


def _is(function: Function, deployed: str) -> bool:
    """Says whether "site-communications-dev-GetUser0F3A8B7C-..." is how this function was deployed."""
    return re.match(rf"{STACK}-{function.name}[0-9A-F]{{8}}", deployed) is not None


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
