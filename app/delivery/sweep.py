"""Finds deliveries that were accepted and that nobody works on: they go to the queue again, or are given up."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from app.delivery.jobs import Jobs
from app.log import log, log_exception, metrics
from app.models.deliveries import Delivery
from app.models.ids import MessageId
from app.stores.deliveries import Deliveries
from app.together import together

AT_ONCE = 10  # deliveries

Swept: TypeAlias = Literal["queued", "failed", "kept"]


class Sweeper(NamedTuple):
    deliveries: Deliveries
    jobs: Jobs
    now: Callable[[], datetime]

    async def sweep(self) -> None:
        """Looks through all open deliveries once; raises UnavailableError if they cannot be read."""
        some: list[MessageId] = []
        async for message_id in self.deliveries.due(self.now()):
            some.append(message_id)
            if len(some) == AT_ONCE:
                await self._sweep_some(some)
                some = []
        await self._sweep_some(some)

    async def _sweep_some(self, message_ids: list[MessageId]) -> None:
        swept = await together(self._sweep_one(message_id) for message_id in message_ids)
        metrics(DeliveriesFailed=0, DeliveriesQueuedAgain=swept.count("queued"))  # the others were counted before

    async def _sweep_one(self, message_id: MessageId) -> Swept:
        try:
            delivery = await self.deliveries.get(message_id)
            if delivery is None or not delivery.is_due(self.now()):  # the index was late
                return "kept"
            if delivery.is_too_old(self.now()):
                return await self._give_up(delivery)
            await self.jobs.put_all(delivery)
        except Exception as error:  # noqa: BLE001 - the others go on; this one is found again in a minute
            log_exception("not swept", error, messageId=message_id)
            return "kept"
        log("queued again", level="WARN", messageId=message_id, state=delivery.state)
        return "queued"

    async def _give_up(self, delivery: Delivery) -> Swept:
        # An alarm stands on this one. First, because nobody finds the delivery again once it is given up: a crash in
        # between counts it twice.
        metrics(DeliveriesFailed=1)
        if not await self.deliveries.fail(delivery.message_id):
            return "kept"
        log("delivery failed", level="ERROR", messageId=delivery.message_id, parts=len(delivery.parts))
        return "failed"
