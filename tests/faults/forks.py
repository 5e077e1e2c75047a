"""Has commands done by processes of their own, and hears what they say until they end."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from laptop.places import here
from tests.faults.runner import Command


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process has said."""

    points: tuple[str, ...]  # those that it passed, in their order
    answers: tuple[Any, ...]  # one for each call that did not die
    wait_s: float  # for which it asked the queue to hide a job
    log: tuple[Mapping[str, Any], ...]
    status: int  # 0, or minus the number of the signal that killed it


@dataclass(frozen=True, slots=True)
class Forks:
    """See `warm`."""

    process: "subprocess.Popen[str]"

    def run(self, command: Command) -> Ended:
        """Has it done to its end, whichever that is."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asdict(command)) + "\n")
        self.process.stdin.flush()
        *said, last = self._until("ended")
        heard = {key: [line[key] for line in said if key in line] for key in ("point", "answer", "wait_s")}
        log = tuple(line for line in said if not heard.keys() & line.keys())
        wait_s = max(heard["wait_s"], default=0)
        return Ended(tuple(heard["point"]), tuple(heard["answer"]), wait_s, log, last["ended"])

    def _until(self, key: str) -> Iterator[Mapping[str, Any]]:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            line = json.loads(text)
            yield line
            if key in line:
                return
        raise AssertionError("the process that forks has ended; its standard error says why")


@contextmanager
def forks(environment: Mapping[str, str]) -> Iterator[Forks]:
    """Starts the process that forks, and ends it."""
    path = {"PYTHONPATH": f"{here().root}:{here().root / 'docker/local'}"}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.warm"],
        cwd=here().root,
        env={**environment, **path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Forks(process)
        finally:
            process.kill()
