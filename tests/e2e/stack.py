"""Starts the laptop stack as a developer does, apart from any other, and ends it whatever happens."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from laptop import endpoints
from laptop.endpoints import Endpoints

ROOT = Path(__file__).resolve().parents[2]
START_S = 240  # a fresh checkout installs and synthesizes first; afterwards it takes seven seconds
STOP_S = 30
AUDIT = "audit.jsonl"  # what was asked of AWS, and by whom
_LOG_TAIL = 4000  # characters


@contextmanager
def running(state: Path) -> Iterator[Endpoints]:
    """Gives a stack of its own that keeps everything of its run in `state`."""
    try:
        _start(state)
        yield endpoints.read(state / "endpoints.json")
    finally:
        _make(state, "stop", timeout_s=STOP_S)


def environment(state: Path | None) -> dict[str, str]:
    """This process's environment, without what an outer `make` left in it."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    inherited.pop("LAPTOP_STATE", None)
    return inherited | ({"LAPTOP_STATE": str(state), "LAPTOP_AUDIT": str(state / AUDIT)} if state else {})


def log(state: Path) -> str:
    """What MiniStack wrote until now."""
    file = state / "ministack.log"
    return file.read_text(errors="replace") if file.exists() else ""


def _start(state: Path) -> None:
    started = _make(state, "run", "DETACH=1", f"PORT={_free_port()}", timeout_s=START_S)
    if started.returncode:
        output = started.stdout + started.stderr
        raise RuntimeError(f"The stack did not come up.\n{output}\nMiniStack's log:\n{log(state)[-_LOG_TAIL:]}")


def _make(state: Path, *arguments: str, timeout_s: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own Makefile
        ["make", *arguments],  # noqa: S607
        cwd=ROOT,
        env=environment(state),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
