"""Bugs, to be planted in the process that dies: the one place where our own code is patched.

Each stands for a mistake that somebody may make one day; `test_faults_checker.py` says in which scenario it has to be
found, and by which claim.
"""

from collections.abc import AsyncGenerator, Callable
from typing import Any

from app import batch
from app.channels.queue import Queue
from app.channels.topic import NotificationsTopic
from app.delivery import dispatch, parts, sweep, telling
from app.delivery.course import Course
from app.delivery.parts import Part, Parts
from app.delivery.telling import Teller
from app.models.connections import Page
from app.models.deliveries import PATIENCE, Delivery, Tally
from app.models.ids import ConnectionId, UserId, new_message_id
from app.models.work import Work
from app.stores import deliveries
from app.stores.connections import Connections
from app.stores.deliveries import Deliveries
from app.stores.dynamo import DynamoTable

STRANGER = UserId("dan")
Plant = Callable[[], None]
BUGS: dict[str, Plant] = {}


def plant(name: str | None) -> None:
    """Breaks this process in one way; raises KeyError for an unknown one."""
    if name is not None:
        BUGS[name]()


def bug(sow: Plant) -> Plant:
    BUGS[sow.__name__.replace("_", " ")] = sow
    return sow


def _replace(owner: Any, name: str, new: Any) -> Any:
    """Puts something in the place of a member, and returns what was there."""
    old = getattr(owner, name)
    setattr(owner, name, new)
    return old


# Accepting.


@bug
def answers_before_it_writes() -> None:
    async def accept(*_: Any) -> bool:
        return True  # a task that writes would be frozen with the answer

    _replace(Deliveries, "accept", accept)


@bug
def forgets_the_key() -> None:
    _replace(dispatch, "keyed_message_id", lambda *_: new_message_id())


@bug
def loses_the_last_recipient() -> None:
    def to_map(self: Work) -> dict[str, Any]:
        item = old(self)
        return {**item, "recipientIds": item["recipientIds"][:-1]}

    old = _replace(Work, "to_map", to_map)


@bug
def writes_rows_for_a_stranger() -> None:
    def owners(self: Work) -> list[UserId]:
        return [*old(self), STRANGER]

    old = _replace(Work, "owners", owners)


@bug
def is_in_progress_for_ever() -> None:
    _replace(Delivery, "in_progress_s", lambda *_: 5)


# The queue.


@bug
def acknowledges_before_it_writes() -> None:
    async def handle(app: Any, queue: Any, handler: Any, message: Any) -> Any:
        url = app.queue(queue).url
        await (await app.clients.get("sqs")).delete_message(QueueUrl=url, ReceiptHandle=message.receipt)
        return await old(app, queue, handler, message)

    old = _replace(batch, "_handle", handle)


@bug
def swallows_a_failure() -> None:
    async def handle(app: Any, queue: Any, handler: Any, message: Any) -> bool:  # noqa: ARG001 - as the other
        try:
            await handler(app, message)
        except Exception:  # noqa: BLE001 - that is the bug
            return True
        return True

    _replace(batch, "_handle", handle)


@bug
def swallows_what_the_queue_refused() -> None:
    async def send_batch(self: Queue, bodies: list[str]) -> None:
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        await self.call("send_message_batch", QueueUrl=self.url, Entries=entries)

    _replace(Queue, "_send_batch", send_batch)


@bug
def notes_jobs_that_it_did_not_put() -> None:
    async def send_all(*_: Any) -> None:
        return None

    _replace(Queue, "send_all", send_all)


@bug
def puts_every_job_back() -> None:
    async def work_off(self: Parts, job: Any, deadline: float) -> None:
        await old(self, job, deadline)
        await self.jobs.queue.send(job.model_dump_json(by_alias=True))

    old = _replace(Parts, "work_off", work_off)


@bug
def cannot_read_the_work() -> None:
    async def work(*_: Any) -> Work:
        raise LookupError

    _replace(Deliveries, "work", work)


# Rows and progress.


@bug
def writes_rows_without_a_condition() -> None:
    def put_action(self: DynamoTable, item: Any, condition: str) -> Any:
        action = old(self, item, condition)
        del action["Put"]["ConditionExpression"]
        return action

    old = _replace(DynamoTable, "put_action", put_action)


@bug
def closes_a_part_before_it_posts() -> None:
    async def tell(self: Parts, part: Part, *rest: Any) -> Part:
        await self.deliveries.close(part.delivery, part.progress.part, Tally(), self.now())
        told: Part = await old(self, part, *rest)
        return told

    old = _replace(Parts, "_tell", tell)


@bug
def forgets_the_checkpoint() -> None:
    async def save(*_: Any) -> None:
        return None

    _replace(Deliveries, "save", save)


@bug
def saves_the_checkpoint_before_it_posts() -> None:
    async def ids(self: Course, pages: AsyncGenerator[Page, None]) -> AsyncGenerator[ConnectionId, None]:
        async for page in pages:
            self._begin(page)
            self._open, kept = {}, self._open
            await self._write_down()
            self._open = kept
            for connection in page.live:
                yield connection

    _replace(Course, "_ids", ids)


@bug
def loses_what_was_missed() -> None:
    def after(*given: Any, **named: Any) -> Any:
        return old(*given, **named).model_copy(update={"missed": []})

    old = _replace(parts, "after", after)


@bug
def ends_with_the_first_part() -> None:
    async def close(self: Deliveries, delivery: Delivery, *_: Any) -> Delivery:
        return await self._go(delivery.message_id, "delivered", "SET #state = :state REMOVE pending")

    _replace(Deliveries, "close", close)


@bug
def counts_twice() -> None:
    async def close(self: Deliveries, delivery: Delivery, part: str, tally: Tally, *rest: Any) -> Any:
        return await old(self, delivery, part, tally + tally, *rest)

    old = _replace(Deliveries, "close", close)


# Telling.


@bug
def forgets_whoever_answers_410() -> None:
    async def forget_gone(self: Connections, gone: Any, *_: Any) -> None:
        await self.delete_many(gone)

    _replace(Connections, "forget_gone", forget_gone)


@bug
def posts_to_a_stranger() -> None:
    async def page_of(self: Teller, people: Any) -> Any:
        return await old(self, [*people, STRANGER])

    old = _replace(Teller, "page_of", page_of)


@bug
def posts_another_content() -> None:
    def frame(work: Work) -> Any:
        return old(work.model_copy(update={"content": "Something else."}))

    old = _replace(telling, "frame", frame)


@bug
def publishes_only_at_the_first_attempt() -> None:
    async def publish(self: Parts, part: Part, *rest: Any) -> Any:
        return bool(part.progress.version) or await old(self, part, *rest)

    old = _replace(Parts, "_publish", publish)


@bug
def publishes_for_a_stranger() -> None:
    async def publish(self: NotificationsTopic, notification: Any, audience: Any, recipients: Any) -> None:
        await old(self, notification, audience, [*recipients, STRANGER])

    old = _replace(NotificationsTopic, "publish", publish)


# Sweeping.


@bug
def sweeps_only_what_is_pending() -> None:
    _replace(deliveries, "PATIENCE", {"pending": PATIENCE["pending"]})


@bug
def gives_up_at_once() -> None:
    _replace(Delivery, "is_too_old", lambda *_: True)


@bug
def never_gives_up() -> None:
    _replace(Delivery, "is_too_old", lambda *_: False)


@bug
def gives_up_without_a_word() -> None:
    _replace(sweep, "metrics", lambda **_: None)
