"""Push: send what the notifications topic tells of to the phones of those who want it."""

from app.application import App
from app.batch import Received, queue_source
from app.models.told import Told
from app.resources import PUSH_QUEUE


@queue_source(PUSH_QUEUE)
async def push(app: App, message: Received) -> None:
    """Pushes one message to at most 50 people, or puts everyone on the queue; nothing where no platform is set up."""
    if not app.push_endpoints.configured:
        return
    told = Told.from_body(message.body)
    if told.to_everyone:
        await app.spreader(PUSH_QUEUE).spread(told)
    else:
        await app.pusher.push(told)
