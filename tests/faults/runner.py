"""One execution environment of send, deliver or sweep: the real entry points, on ports that are watched.

It wraps what `App` hands out and changes nothing in app/ but figures: a page of a segment has PAGE connections, so that
few of them are several pages; the index `pending` has one shard, so that a sweep is short; a throttled post is given up
at once, so that nobody waits for it; and a busy machine is no failure. What the app asks the queue to hide for some
seconds can be received at once: time passes by the clock that a run is given, and the run says how long was asked for.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from app.application import App
from app.aws import Clients, Service, ServiceName
from app.delivery import tidy
from app.delivery.fast_lane import FastLane
from app.delivery.lane import Outcome, PostLane
from app.errors import UnavailableError
from app.handlers.deliveries import deliver, sweep
from app.handlers.messages import send
from app.models import deliveries
from app.models.ids import ConnectionId
from app.models.times import utc_now
from app.settings import Settings
from app.stores import connections
from tests.faults.effects import READS, Watch, effect, marks, say
from tests.faults.planted import plant

PAGE = 4
WINDOW = 2  # posts in flight
STREAM = 40  # posts, at most
BUSY_S = 20.0
HANDLERS = {"send": send, "deliver": deliver, "sweep": sweep}
DELAYS = ("DelaySeconds", "VisibilityTimeout")


@dataclass(frozen=True, slots=True)
class Call:
    """One event for the function; a run."""

    name: str  # "deliver 0-50"
    event: Mapping[str, Any]
    remaining_s: float
    down: tuple[str, ...] = ()  # operations that fail
    aws_request_id: str = "invocation"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.remaining_s * 1000)


@dataclass(frozen=True, slots=True)
class Command:
    """What a process has to do: its events, one after the other, as a warm execution environment does."""

    function: str  # a key of HANDLERS
    calls: Sequence[Call]
    settings: Mapping[str, str]  # the environment of the function
    later_s: float = 0  # how much later than now it believes it is
    crash: str | None = None  # "deliver 0-50/publish/after"
    bug: str | None = None  # a name in `planted`

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> "Command":
        return cls(**{**fields, "calls": [Call(**call) for call in fields["calls"]]})


@dataclass(frozen=True)
class WatchedService(Service):
    watch: Watch

    async def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        if operation in READS:
            return await super().__call__(operation, **parameters)
        name = self.watch.named(effect(operation, parameters))
        self.watch.reach(name, "before")
        answer = await self._change(operation, parameters)
        self.watch.reach(name, "after")
        return answer

    async def _change(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        if operation not in self.watch.down:
            return await super().__call__(operation, **_hurried(parameters))
        if operation != "send_message_batch":
            raise UnavailableError
        *taken, refused = parameters["Entries"]  # SQS may take a batch in part
        answer = await super().__call__(operation, **{**parameters, "Entries": taken})
        return {**answer, "Failed": [{"Id": refused["Id"], "Code": "InternalError", "SenderFault": False}]}


@dataclass(frozen=True, slots=True)
class WatchedLane:
    lane: PostLane
    watch: Watch

    async def post(
        self,
        connections: AsyncIterator[ConnectionId],
        payload: bytes,
        *,
        direct: bool = False,
        budget_s: float = math.inf,
    ) -> AsyncGenerator[tuple[ConnectionId, Outcome], None]:
        if direct:  # one page, which is small
            page = [connection async for connection in connections]
            connections, named = _each(page), marks(len(page))
        else:  # a stream of pages: every other post
            named = {place: str(place + 1) for place in range(0, STREAM, 2)}
        names = {place: self.watch.named(f"post:{mark}") for place, mark in named.items()}
        landed = 0
        async with aclosing(
            self.lane.post(self._sent(connections, names), payload, direct=direct, budget_s=budget_s)
        ) as outcomes:
            async for outcome in outcomes:
                self._reach(names, landed, "after")
                landed += 1
                yield outcome

    async def _sent(
        self, connections: AsyncIterator[ConnectionId], names: dict[int, str]
    ) -> AsyncIterator[ConnectionId]:
        place = 0
        async for connection in connections:
            self._reach(names, place, "before")
            yield connection
            place += 1

    def _reach(self, names: dict[int, str], place: int, side: str) -> None:
        if place in names:
            self.watch.reach(names[place], side)


async def _each(page: list[ConnectionId]) -> AsyncIterator[ConnectionId]:
    for connection in page:
        yield connection


@dataclass(frozen=True)
class WatchedApp(App):
    watch: Watch = field(default_factory=Watch)

    def service(self, name: ServiceName) -> WatchedService:
        return WatchedService(self.clients, name, self.watch)

    def lane(self, posts_per_s: int) -> PostLane:
        lane = super().lane(posts_per_s)
        if isinstance(lane, FastLane):
            lane.throttled_s, lane.post_s, lane.window = 0.0, BUSY_S, WINDOW
        return WatchedLane(lane, self.watch)


def run(command: Command, clients: Clients) -> App:
    """Does what Lambda and its event source mapping do with the events, and says what the function answered.

    Returns the app, for the caller to hold: what is collected unclosed would complain.
    """
    connections.PAGE, deliveries.SHARDS, tidy.TIDY_S = PAGE, 1, BUSY_S
    plant(command.bug)
    clients.management_endpoint = command.settings["MANAGEMENT_ENDPOINT"]
    settings, watch = Settings.read(command.settings), Watch(command.crash)
    app = WatchedApp(settings, clients, _clock(command.later_s), watch=watch)
    asyncio.new_event_loop().run_until_complete(_run(app, command))
    return app


async def _run(app: WatchedApp, command: Command) -> None:
    function = HANDLERS[command.function]
    for call in command.calls:
        app.watch.begin(call.name, call.down)
        answer = await function.answer(lambda: app, call.event, call)
        if command.function == "deliver" and not answer["batchItemFailures"]:
            await _acknowledge(app, call.event["Records"][0]["receiptHandle"])
        say(answer=answer)


async def _acknowledge(app: WatchedApp, receipt: str) -> None:
    """Takes the message from the queue, as Lambda does once the function has answered."""
    app.watch.reach("acknowledge", "before")
    queue = await app.clients.get("sqs")
    with suppress(ClientError):  # it is gone already; Lambda does not mind
        await queue.delete_message(QueueUrl=app.settings.deliveries_queue, ReceiptHandle=receipt)
    app.watch.reach("acknowledge", "after")


def _hurried(parameters: dict[str, Any]) -> dict[str, Any]:
    for name in DELAYS:
        if parameters.get(name):
            say(wait_s=parameters[name])
            parameters = {**parameters, name: 0}
    return parameters


def _clock(later_s: float) -> Callable[[], datetime]:
    return lambda: utc_now() + timedelta(seconds=later_s)
