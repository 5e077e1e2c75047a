"""Push: tell the devices of those whom a message is for."""

from app.batch import Received, queue_source
from app.catalogue import PUSH_QUEUE
from app.models.told import Told
from app.runtime import App


@queue_source(PUSH_QUEUE)
async def push(app: App, message: Received) -> None:
    """Sends one message, as the topic told of it, to devices."""
    await app.pusher.push(Told.from_body(message.body))
