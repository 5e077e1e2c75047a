"""Deliveries: work off what is on the queue, and sweep up what nobody works on."""

from app.application import App
from app.batch import Received, queue_source, schedule
from app.models.deliveries import Job
from app.resources import DELIVERIES_QUEUE


@queue_source(DELIVERIES_QUEUE)
async def deliver(app: App, message: Received) -> None:
    """Goes on with one part of a delivery."""
    await app.worker.work_off(Job.model_validate_json(message.body, by_alias=True, by_name=False), message.deadline)


@schedule
async def sweep(app: App) -> None:
    """Puts the deliveries on the queue that nobody works on."""
    await app.sweeper.sweep()
