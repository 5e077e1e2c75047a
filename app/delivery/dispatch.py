"""Accepts a message and brings it to everyone it is for.

After `accept` nothing is lost: the rows are written in one transaction, and until everybody was told the delivery
stays pending, to be taken over by the sender's next try with the same key.
"""

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from app.channels.topic import NotificationsTopic
from app.delivery.lane import Outcome, PostLane
from app.delivery.plan import Plan, plan, replan
from app.errors import Fault, ForbiddenError, InProgressError, ProblemError, ThrottledError, UnacceptableError
from app.log import log, log_exception
from app.models.deliveries import Delivery, DeliveryResult
from app.models.ids import ConnectionId, UserId, keyed_message_id, new_message_id, new_token
from app.models.messages import SendMessage
from app.models.times import from_iso
from app.models.users import User
from app.stores.connections import Connections
from app.stores.deliveries import Deliveries
from app.stores.messages import Messages
from app.stores.notifications import Notifications
from app.stores.users import Users
from app.together import together

SETTLE_S = 2.0  # for writing down how a delivery went, after the budget for telling everyone
FORGET_S = 1.0  # for deleting connections that have gone
ACCEPT_ROUNDS = 2  # of a throttled transaction, before the one that counts
AT_ONCE = 16  # queries or deletes in flight
T = TypeVar("T")
People = dict[UserId, User]


@dataclass(frozen=True, slots=True)
class Dispatch:
    users: Users
    messages: Messages
    notifications: Notifications
    deliveries: Deliveries
    connections: Connections
    topic: NotificationsTopic
    lane: PostLane
    now: Callable[[], datetime]

    async def send(self, sender_id: UserId, body: SendMessage, key: str | None, budget_s: float) -> Delivery:
        """Accepts a message and tells everyone, for at most `budget_s` seconds; what is left stays pending.

        With the `key` of an earlier request it repeats that one's outcome, or finishes it if it died.
        Raises UnacceptableError (unknown recipients, or a key that stands for another body), ForbiddenError
        (sender without a profile), InProgressError, UnavailableError (nothing was accepted, unless the answer
        of the transaction was lost; the same key finds out).
        """
        deadline = time.monotonic() + budget_s
        message_id = keyed_message_id(sender_id, key) if key else new_message_id()
        people = await self.users.get_many((sender_id, *body.recipients()))
        refusal = _refusal(sender_id, body, people)
        if refusal is None:
            planned = plan(message_id, people[sender_id], body, people, self.now())
            try:
                if await self._accept(planned):
                    return await self.deliver(planned, deadline - time.monotonic())
                refusal = _key_reused("This Idempotency-Key was used more than 30 days ago.")
            except ThrottledError as error:  # perhaps by a twin of this request, which then has written its row
                refusal = error
        earlier = await self.deliveries.get(message_id) if key else None
        if earlier is not None:  # first: what was accepted keeps its answer, whoever has left since
            return await self._repeat(earlier, body, people, deadline)
        raise refusal

    async def deliver(self, planned: Plan, budget_s: float) -> Delivery:
        """Tells everyone of an accepted message, each channel regardless of the other, and writes how it went."""
        published, (tally, tried) = await asyncio.gather(
            self._publish(planned, budget_s), self._post(planned, budget_s)
        )
        missed = tally[Outcome.THROTTLED] + tally[Outcome.FAILED] + tally[Outcome.UNKNOWN]
        result = DeliveryResult(
            posted=tally[Outcome.POSTED],
            gone=tally[Outcome.GONE],
            failed=missed + tally[Outcome.REFUSED],
            published=published,
            complete=tried and not missed,
        )
        if result.failed:
            log("posts missed", level="WARN", messageId=planned.delivery.message_id, count=result.failed)
        try:
            async with asyncio.timeout(SETTLE_S):
                return await self.deliveries.settle(planned.delivery, result)
        except Exception as error:  # noqa: BLE001 - the message is accepted: the answer says so
            log_exception("delivery not settled", error, messageId=planned.delivery.message_id)
            return planned.delivery

    async def _accept(self, planned: Plan) -> bool:
        rows = [self.messages.put_action(row) for row in planned.messages]
        rows += [self.notifications.put_action(row) for row in planned.notifications]
        token = new_token()
        for attempt in range(ACCEPT_ROUNDS):
            try:
                return await self.deliveries.accept(planned.delivery, rows, token)
            except ThrottledError:  # the SDK does not repeat a cancelled transaction, which has written nothing
                await asyncio.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - jitter, no secret
        return await self.deliveries.accept(planned.delivery, rows, token)

    async def _repeat(self, earlier: Delivery, body: SendMessage, people: People, deadline: float) -> Delivery:
        if earlier.request_hash != body.digest():
            raise _key_reused("This Idempotency-Key came with another body.")
        if earlier.state == "delivered" or earlier.sender_id not in people:
            return earlier
        claimed = await self.deliveries.claim(earlier, self.now())
        if claimed is None:
            raise InProgressError(retry_after_s=self._lease_left_s(earlier))
        rest = replan(claimed, people[earlier.sender_id], body, people)
        return await self.deliver(rest, deadline - time.monotonic())

    def _lease_left_s(self, delivery: Delivery) -> int:
        if delivery.leased_until is None:
            return 1
        return max(1, math.ceil((from_iso(delivery.leased_until) - self.now()).total_seconds()))

    async def _publish(self, planned: Plan, budget_s: float) -> bool:
        if planned.delivery.published:
            return True
        try:
            async with asyncio.timeout(budget_s):
                await self.topic.publish(planned.notifications[0], planned.recipients)
        except Exception as error:  # noqa: BLE001 - the message is accepted: whatever this is, the posts go on
            log_exception("publish failed", error, messageId=planned.delivery.message_id)
            return False
        return True

    async def _post(self, planned: Plan, budget_s: float) -> tuple[Counter[Outcome], bool]:
        """Returns how many posts had which outcome, and whether every connection was tried."""
        tally: Counter[Outcome] = Counter()
        gone: list[ConnectionId] = []
        tried = False
        try:
            async with asyncio.timeout(budget_s):
                async with aclosing(
                    self.lane.post(self._connections(planned), planned.frame, direct=planned.delivery.audience is None)
                ) as outcomes:
                    async for connection, outcome in outcomes:
                        tally[outcome] += 1
                        if outcome is Outcome.GONE:
                            gone.append(connection)
                tried = True
        except Exception as error:  # noqa: BLE001 - the message is accepted: what was not reached stays pending
            log_exception("posting incomplete", error, messageId=planned.delivery.message_id)
        await self._forget(gone)
        return tally, tried

    async def _connections(self, planned: Plan) -> AsyncIterator[ConnectionId]:
        if planned.delivery.audience == "everyone":
            async for connection in self.connections.every(self.now()):
                yield connection
            return
        for some in _groups(planned.live, AT_ONCE):
            for found in await together(self.connections.of(user_id, self.now()) for user_id in some):
                for connection in found:
                    yield connection

    async def _forget(self, gone: list[ConnectionId]) -> None:
        try:
            async with asyncio.timeout(FORGET_S):
                for some in _groups(gone, AT_ONCE):
                    await together(self.connections.forget_gone(connection, self.now()) for connection in some)
        except Exception:  # noqa: BLE001 - tidying up must not make a delivery fail
            log("gone connections kept", level="WARN", count=len(gone))  # the next post finds them gone again


def _refusal(sender_id: UserId, body: SendMessage, people: People) -> ProblemError | None:
    if sender_id not in people:
        return ForbiddenError(code="profile_required", detail="Create your profile first: POST /users.")
    faults = tuple(
        Fault(f"/recipientIds/{place}", "unknown_recipient", "There is no such recipient.")
        for place, name in enumerate(body.recipient_ids or ())
        if name not in people
    )
    return UnacceptableError(faults=faults) if faults else None


def _key_reused(detail: str) -> UnacceptableError:
    return UnacceptableError(code="idempotency_key_reused", detail=detail)


def _groups(items: Iterable[T], size: int) -> Iterable[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some
