"""What is done once although it is asked for more than once: notes beside the deliveries in their table."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from app.errors import ConditionFailedError
from app.models.deliveries import KEPT
from app.models.ids import MessageId
from app.models.times import epoch_s, iso
from app.stores.dynamo import DynamoTable, Item

LEASE = timedelta(seconds=40)  # longer than one try takes; after it, whoever held a claim has died

Claimed: TypeAlias = Literal["taken", "done", "busy"]


class Claims(NamedTuple):
    """A claim is taken before something is sent and done after it, so that a second delivery sends nothing.

    Only a crash between the two, or an answer that was lost, has it sent again.
    """

    table: DynamoTable

    async def take(self, message_id: MessageId, name: str, now: datetime) -> Claimed:
        """Takes a claim; says "done" if what it stands for was done, and "busy" if somebody else is at it."""
        key = _key(message_id, name)
        item = {**key, "leaseUntil": iso(now + LEASE), "expiresAt": epoch_s(now + KEPT)}
        free = "attribute_not_exists(messageId) OR (attribute_not_exists(doneAt) AND leaseUntil <= :now)"
        try:
            await self.table.put(item, free, now=iso(now))
        except ConditionFailedError:
            found = await self.table.get(key)
            return "done" if found and "doneAt" in found else "busy"
        return "taken"

    async def done(self, message_id: MessageId, name: str, now: datetime) -> None:
        """Notes that it is done, for as long as a delivery is kept."""
        item = {**_key(message_id, name), "doneAt": iso(now), "expiresAt": epoch_s(now + KEPT)}
        await self.table.put(item)

    async def release(self, message_id: MessageId, name: str) -> None:
        """Gives a claim back whose work has failed, so that the next try need not wait for its lease."""
        try:
            await self.table.delete(_key(message_id, name), "attribute_not_exists(doneAt)")
        except ConditionFailedError:
            return  # somebody else has done it meanwhile

    async def forget(self, message_ids: Iterable[MessageId], name: str) -> None:
        """Deletes the claims of this name, whether they are there or not."""
        await self.table.delete_many([_key(message_id, name) for message_id in message_ids])


def _key(message_id: MessageId, name: str) -> Item:
    return {"messageId": f"{message_id}#{name}"}
