"""Tells of a message: SNS once for each part, and every WebSocket connection with one frame."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from app.channels.topic import NotificationsTopic
from app.delivery.lane import Outcome, PostLane
from app.delivery.meter import Meter
from app.delivery.plan import Reached, frame, notification
from app.delivery.tidy import Tidy
from app.errors import UnavailableError
from app.log import log_exception
from app.models.connections import Page
from app.models.deliveries import Tally
from app.models.ids import ConnectionId, UserId
from app.models.work import Work
from app.resources import EVERYONE
from app.stores.connections import Connections
from app.together import batched, together

AT_ONCE = 16  # queries in flight


@dataclass(frozen=True, slots=True)
class Teller:
    """Neither channel waits for, nor stops, the other; what fails is said in the result and in the log."""

    connections: Connections
    topic: NotificationsTopic
    lane: PostLane
    tidy: Tidy
    now: Callable[[], datetime]
    meter: Meter = field(default_factory=Meter)

    async def publish(self, work: Work, recipients: Sequence[UserId], deadline: float) -> bool:
        """Tells SNS of a message and its recipients; returns whether it was taken."""
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                await self.topic.publish(notification(work, UserId(EVERYONE)), work.audience, recipients)
        except Exception as error:  # noqa: BLE001 - the message is accepted: whatever this is, the posts go on
            log_exception("publish failed", error, messageId=work.message_id)
            return False
        return True

    async def post(self, work: Work, page: Page, deadline: float) -> Reached:
        """Posts to the connections of a page until `deadline` (of time.monotonic), and tidies up those that ended."""
        found: dict[Outcome, list[ConnectionId]] = {outcome: [] for outcome in Outcome}
        budget_s, direct = deadline - time.monotonic(), work.audience is None
        try:
            async with aclosing(
                self.lane.post(_each(page.live), frame(work), direct=direct, budget_s=budget_s)
            ) as outcomes:
                async for connection, outcome in outcomes:
                    found[outcome].append(connection)
        except UnavailableError as error:  # what was not tried is tried again
            log_exception("posting broke off", error, messageId=work.message_id)
        for outcome, connections in found.items():
            self.meter.count(outcome, len(connections))
        await self.tidy.forget(found[Outcome.GONE])
        await self.tidy.end(page.expired)
        return _reached(page, found)

    async def page_of(self, people: Iterable[UserId]) -> Page:
        """Returns all connections of these people as one page."""
        pages = [
            page
            for some in batched(people, AT_ONCE)
            for page in await together(self.connections.of(user_id, self.now()) for user_id in some)
        ]
        return Page(
            live=[connection for page in pages for connection in page.live],
            expired=[connection for page in pages for connection in page.expired],
        )


def _reached(page: Page, found: dict[Outcome, list[ConnectionId]]) -> Reached:
    tried = {connection for connections in found.values() for connection in connections}
    return Reached(
        tally=Tally(
            posted=len(found[Outcome.POSTED]), gone=len(found[Outcome.GONE]), failed=len(found[Outcome.REFUSED])
        ),
        missed=[*found[Outcome.THROTTLED], *found[Outcome.FAILED], *found[Outcome.UNKNOWN]],
        untried=[connection for connection in page.live if connection not in tried],
    )


async def _each(connections: Sequence[ConnectionId]) -> AsyncIterator[ConnectionId]:
    for connection in connections:
        yield connection
