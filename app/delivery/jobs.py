"""Puts parts of deliveries on the queue, to be gone on with by a worker."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from app.channels.queue import Queue
from app.models.deliveries import Delivery, Job, Progress
from app.stores.deliveries import Deliveries


class Jobs(NamedTuple):
    """First the queue, then the note that it was done: a crash in between brings a job twice, which is harmless."""

    deliveries: Deliveries
    queue: Queue
    now: Callable[[], datetime]

    async def put_all(self, delivery: Delivery) -> Delivery:
        """Puts a job for each open part on the queue, and returns how the delivery stands then."""
        jobs = [Job(message_id=delivery.message_id, part=part) for part in sorted(delivery.parts)]
        await self.queue.send_all(_body(job) for job in jobs)
        return await self._noted(delivery, taken_up=delivery.state == "failed")

    async def put_back(self, delivery: Delivery, progress: Progress, wait_s: int) -> Delivery:
        """Puts one part on the queue, to be gone on with after so many seconds, at most 900.

        Not if the delivery is too old: then the sweeper gives it up, and nothing goes round for ever.
        """
        if delivery.is_too_old(self.now()):
            return delivery
        await self.queue.send(_body(progress.job), wait_s)
        return await self._noted(delivery)

    async def _noted(self, delivery: Delivery, *, taken_up: bool = False) -> Delivery:
        if not await self.deliveries.queued(delivery.message_id, self.now(), taken_up=taken_up):
            return delivery  # which has ended meanwhile
        return delivery.model_copy(update={"state": "delivering"})


def _body(job: Job) -> str:
    return job.model_dump_json(by_alias=True)
