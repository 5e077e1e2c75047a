"""Where scenarios are played: one MiniStack, and a few processes that fork."""

import queue
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults import cloud
from tests.faults.cloud import Aws
from tests.faults.drive import Played, play
from tests.faults.forks import Forks, forks
from tests.faults.people import introduce
from tests.faults.scenarios import PEOPLE, QUIET, scenario
from tests.lane.certificates import certify

AT_ONCE = 3  # histories; MiniStack is the fourth that wants a processor


@dataclass(frozen=True, slots=True)
class Stage:
    aws: Aws
    users: str
    idle: "queue.SimpleQueue[Forks]"
    pool: ThreadPoolExecutor

    def begin(self, scenario_name: str, crash: str | None = None, bug: str | None = None) -> "Future[Played]":
        """Has a scenario played when there is room for it."""
        return self.pool.submit(self._play, scenario_name, crash, bug)

    def _play(self, scenario_name: str, crash: str | None, bug: str | None) -> Played:
        forks = self.idle.get()
        try:
            return play(scenario(scenario_name), self.aws, self.users, forks, crash, bug)
        finally:
            self.idle.put(forks)


@contextmanager
def opened(scratch: Path) -> Iterator[Stage]:
    """Starts all that is needed; `scratch` is an empty folder."""
    with ExitStack() as exits:
        url = exits.enter_context(cloud.running(scratch))
        aws = Aws.at(url)
        exits.callback(aws.close)
        idle: queue.SimpleQueue[Forks] = queue.SimpleQueue()
        environment = cloud.environment(url, certify(scratch).roots)
        for _ in range(AT_ONCE):
            idle.put(exits.enter_context(forks(environment)))
        pool = ThreadPoolExecutor(AT_ONCE)
        exits.callback(pool.shutdown, cancel_futures=True)
        yield Stage(aws, introduce(aws, PEOPLE, QUIET), idle, pool)
