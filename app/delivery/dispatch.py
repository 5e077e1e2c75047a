"""Accepts a message, and delivers it at once if it is small, or else has it delivered.

After `accept` nothing is lost: the delivery is written together with its rows, or with the list of those who get them,
and stays open until every part of it is closed. Whatever dies on the way, the sweeper finds it.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from app.delivery.parts import Part, Parts, People
from app.errors import (
    Fault,
    ForbiddenError,
    InProgressError,
    RateLimitedError,
    ThrottledError,
    UnacceptableError,
    UnavailableError,
)
from app.log import log, log_exception, metrics
from app.models.deliveries import Delivery, Progress
from app.models.ids import MessageId, UserId, keyed_message_id, new_message_id
from app.models.messages import SendMessage
from app.models.work import Work
from app.stores.rates import SendRates
from app.stores.users import Users
from app.together import batched, together

PROFILES = 100  # in one request
AT_ONCE = 16  # requests in flight

# What may mean that the same request was accepted before; a throttled one may have a twin, which then wrote its row.
_REFUSALS = (ForbiddenError, RateLimitedError, ThrottledError, UnacceptableError)


class Dispatch(NamedTuple):
    rates: SendRates
    users: Users
    parts: Parts
    now: Callable[[], datetime]

    async def send(self, sender_id: UserId, body: SendMessage, key: str | None, budget_s: float) -> Delivery:
        """Accepts a message, and tells everyone for at most `budget_s` seconds; what is left goes to the queue.

        With the `key` of an earlier request it returns how that one's delivery stands.
        Raises RateLimitedError (never for a repeat of what was accepted), UnacceptableError (unknown recipients, or
        a key that stands for another body), ForbiddenError (sender without a profile), InProgressError,
        UnavailableError (nothing was accepted, unless the answer of the transaction was lost; the same key finds out).
        """
        deadline = time.monotonic() + budget_s
        message_id = keyed_message_id(sender_id, key) if key else new_message_id()
        try:
            return await self._send(sender_id, body, message_id, deadline)
        except _REFUSALS:
            earlier = await self.parts.deliveries.get(message_id) if key else None
            if earlier is None:
                raise
        return await self._repeat(earlier, body)  # what was accepted keeps its answer, whoever has left since

    async def _send(self, sender_id: UserId, body: SendMessage, message_id: MessageId, deadline: float) -> Delivery:
        """Accepts and begins what is new; raises one of _REFUSALS for what is not, or not acceptable."""
        if wait_s := await self.rates.take(sender_id, self.now()):
            raise RateLimitedError(retry_after_s=wait_s)
        people = await self._people((sender_id, *body.recipients()))
        _require_known(sender_id, body, people)
        work = Work.of(message_id, people[sender_id], body, self.now())
        delivery = Delivery.accepted(work, body.digest(), self.now())
        if not await self._accept(delivery, work):
            raise _key_reused("This Idempotency-Key was used more than 30 days ago.")
        metrics(MessagesAccepted=1)
        return await self._begin(delivery, work, people, deadline)

    async def _accept(self, delivery: Delivery, work: Work) -> bool:
        rows = self.parts.inbox.puts(work, work.owners())
        return await self.parts.deliveries.accept(delivery, work, rows)

    async def _begin(self, delivery: Delivery, work: Work, people: People, deadline: float) -> Delivery:
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return await self._deliver(delivery, work, people, deadline)
        except Exception as error:  # noqa: BLE001 - the message is accepted: the answer says so, and the sweeper finds it
            log_exception("delivery left to the sweeper", error, messageId=delivery.message_id)
            return delivery

    async def _deliver(self, delivery: Delivery, work: Work, people: People, deadline: float) -> Delivery:
        if work.inline:
            progress = Progress(message_id=delivery.message_id, part=work.parts[0])
            part = Part.begin(delivery, work, people, progress)
            try:
                return await self.parts.run(part, deadline)
            except UnavailableError:
                log("delivery left to the queue", level="WARN", messageId=delivery.message_id)
        return await self.parts.jobs.put_all(delivery)

    async def _repeat(self, earlier: Delivery, body: SendMessage) -> Delivery:
        if earlier.request_hash != body.digest():
            raise _key_reused("This Idempotency-Key came with another body.")
        if left_s := earlier.in_progress_s(self.now()):
            raise InProgressError(retry_after_s=left_s)
        if earlier.state == "failed" or earlier.is_due(self.now()):
            return await self.parts.jobs.put_all(earlier)
        return earlier

    async def _people(self, user_ids: Iterable[UserId]) -> People:
        people: People = {}
        for some in batched(batched(dict.fromkeys(user_ids), PROFILES), AT_ONCE):
            for found in await together(self.users.get_many(names) for names in some):
                people |= found
        return people


def _require_known(sender_id: UserId, body: SendMessage, people: People) -> None:
    if sender_id not in people:
        raise ForbiddenError(code="profile_required", detail="Create your profile first: POST /users.")
    faults = tuple(
        Fault(f"/recipientIds/{place}", "unknown_recipient", "There is no such recipient.")
        for place, name in enumerate(body.recipient_ids or ())
        if name not in people
    )
    if faults:
        raise UnacceptableError(faults=faults)


def _key_reused(detail: str) -> UnacceptableError:
    return UnacceptableError(code="idempotency_key_reused", detail=detail)
