"""The edge to what hands over work in batches: an SQS queue, and the clock."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from app import resources
from app.application import App
from app.log import log, log_exception
from app.runtime import Context, LambdaFunction, OpenApp, at

RESERVE_S = 2.0  # kept of the time-out, so that a message that takes too long still gets its place in the answer
AGAIN_S = 10  # after a failure; as often again for each further one, up to a quarter of an hour
MOST_AGAIN_S = 900


class Received(NamedTuple):
    """One message of a queue."""

    message_id: str  # SQS's own
    receipt: str
    body: str
    receives: int  # this one included
    deadline: float  # time.monotonic() when it has to be done

    @classmethod
    def of(cls, record: Mapping[str, Any], deadline: float) -> "Received":
        receives = int(record["attributes"]["ApproximateReceiveCount"])
        return cls(record["messageId"], record["receiptHandle"], record["body"], receives, deadline)


QueueHandler: TypeAlias = Callable[[App, Received], Awaitable[None]]
ScheduleHandler: TypeAlias = Callable[[App], Awaitable[None]]


def queue_source(queue: resources.Queue) -> Callable[[QueueHandler], LambdaFunction]:
    """Makes a handler into a Lambda function that works off messages of a queue, each regardless of the others.

    A message whose handler raises is not acknowledged: the queue brings it again soon, and after its last receive
    puts it with the dead letters.
    """

    def decorate(handler: QueueHandler) -> LambdaFunction:
        async def answer(open_app: OpenApp, event: Any, context: Context) -> dict[str, Any]:
            deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE_S
            messages = [Received.of(record, deadline) for record in at(event).get("Records", ())]
            done = await asyncio.gather(*(_handle(open_app(), queue, handler, message) for message in messages))
            failed = [message.message_id for message, fine in zip(messages, done, strict=True) if not fine]
            return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}

        return LambdaFunction(answer)

    return decorate


def schedule(handler: ScheduleHandler) -> LambdaFunction:
    """Makes a handler into a Lambda function that is called by the clock; what it raises counts as its error."""

    async def answer(open_app: OpenApp, event: Any, context: Context) -> None:  # noqa: ARG001 - the alias has it
        started = time.monotonic()
        async with asyncio.timeout(context.get_remaining_time_in_millis() / 1000 - RESERVE_S):
            await handler(open_app())
        log("schedule", ms=round((time.monotonic() - started) * 1000, 1))

    return LambdaFunction(answer)


async def _handle(app: App, queue: resources.Queue, handler: QueueHandler, message: Received) -> bool:
    started = time.monotonic()
    fine = True
    try:
        async with asyncio.timeout(message.deadline - started):
            await handler(app, message)
    except Exception as error:  # noqa: BLE001 - the others go on, and the queue brings this one again
        log_exception("message failed", error, queueMessageId=message.message_id, receives=message.receives)
        fine = False
        await _bring_soon(app, queue, message)
    ms = round((time.monotonic() - started) * 1000, 1)
    log("message", queue=queue.name, queueMessageId=message.message_id, receives=message.receives, fine=fine, ms=ms)
    return fine


async def _bring_soon(app: App, queue: resources.Queue, message: Received) -> None:
    """Has the message come again before the long time that is meant for an invocation that has died."""
    wait_s = min(MOST_AGAIN_S, AGAIN_S * 2 ** (message.receives - 1))
    try:
        async with asyncio.timeout(RESERVE_S / 2):
            await app.queue(queue).hide(message.receipt, wait_s)
    except Exception as error:  # noqa: BLE001 - then it comes later
        log_exception("message comes late", error, queueMessageId=message.message_id)
