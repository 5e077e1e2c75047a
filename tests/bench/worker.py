"""The worker itself, as Lambda runs it: `python -m tests.bench.worker MANAGEMENT_ENDPOINT`.

One job of the queue, one segment of the connections. Only the worker's share of the quota is lifted: it would be what
is measured.
"""

import os
import sys
import time
from functools import cached_property

from app import catalogue
from app.application import App
from app.aws import Clients
from app.delivery.parts import Parts
from app.handlers.deliveries import deliver
from app.models.deliveries import Job
from app.runtime import core
from app.settings import Settings
from tests.bench.aws_stand_in import WORK
from tests.bench.peers.orders import cpu_s, peak_mb, say

UNGOVERNED = 1_000_000_000  # posts a second


class Worker(App):
    @cached_property
    def worker(self) -> Parts:
        return self._parts(UNGOVERNED)


class Context:
    """Lambda's, for an invocation that has just begun."""

    aws_request_id = "invocation"

    def __init__(self, timeout_s: float) -> None:
        self._ends_at = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends_at - time.monotonic()) * 1000))


def main(endpoint: str) -> None:
    settings = Settings.read({name: name for name in catalogue.variables()} | _where(endpoint))
    core().app = Worker(settings, Clients(endpoint))
    imported_mb = peak_mb()
    for _ in sys.stdin:  # each line is one invocation
        cpu, began = cpu_s(), time.perf_counter()
        answer = deliver(_event(), Context(_timeout_s()))
        wall_s = time.perf_counter() - began
        say(answer=answer, wall_s=wall_s, cpu_s=cpu_s() - cpu, imported_mb=imported_mb, peak_mb=peak_mb())
    core().close()


def _where(endpoint: str) -> dict[str, str]:
    return {"MANAGEMENT_ENDPOINT": endpoint, "DELIVERIES_QUEUE": os.environ["AWS_ENDPOINT_URL_SQS"] + "/1/deliveries"}


def _timeout_s() -> float:
    return next(each.timeout_s for each in catalogue.FUNCTIONS if each.handler == "app.handlers.deliveries.deliver")


def _event() -> dict[str, object]:
    body = Job(message_id=WORK.message_id, part=WORK.parts[0]).model_dump_json(by_alias=True)
    record = {"messageId": "q", "receiptHandle": "r", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
    return {"Records": [record]}


if __name__ == "__main__":
    main(sys.argv[1])
