"""The one stack that may run in a place: who it is, and how it ends."""

import dataclasses
import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from laptop import processes
from laptop.errors import LaptopError
from laptop.places import Places


@dataclass(frozen=True, slots=True)
class Run:
    """What has to be known to end a stack without harming a stranger."""

    pid: int
    started: str  # the identity of the process behind the number
    port: int
    instance: str  # the value of the label on its containers
    engine: str

    @property
    def alive(self) -> bool:
        return processes.identity(self.pid) == self.started


@contextmanager
def starting(places: Places) -> Iterator[None]:
    """Lets one start at a time through."""
    for folder in (places.local, places.state):
        folder.mkdir(parents=True, exist_ok=True)
    with places.lock.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaptopError("Another `make run` is starting in this checkout") from None
        yield


def save(places: Places, run: Run) -> None:
    unfinished = places.run.with_suffix(".part")
    unfinished.write_text(json.dumps(dataclasses.asdict(run)))
    unfinished.rename(places.run)


def load(places: Places) -> Run | None:
    """The run that was saved last, whether or not it is still alive."""
    try:
        return Run(**json.loads(places.run.read_bytes()))
    except FileNotFoundError:
        return None


def refuse_a_second(places: Places) -> None:
    """Raises LaptopError while a stack runs; clears away what a dead one left."""
    run = load(places)
    if run and run.alive:
        raise LaptopError(f"The stack runs already, on port {run.port}. End it with: make stop")
    end(places)


def end(places: Places) -> bool:
    """Ends the stack and removes all that it left; False when there was none to end."""
    run = load(places)
    places.endpoints.unlink(missing_ok=True)
    if run is None:
        return False
    ended = processes.end_group(run.pid, run.started)
    if run.engine == "docker":
        _remove_containers(run.instance)
    shutil.rmtree(places.scratch, ignore_errors=True)
    places.run.unlink(missing_ok=True)
    return ended


def _remove_containers(instance: str) -> None:
    found = _docker("ps", "--all", "--quiet", "--filter", f"label=ministack.instance={instance}")
    if found:
        _docker("rm", "--force", "--volumes", *found)


def _docker(*arguments: str) -> list[str]:
    command = ["docker", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()  # noqa: S603
