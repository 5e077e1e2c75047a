"""The table Deliveries, and the transaction by which a message is accepted.

Beside the row of each delivery it holds, under keys of their own and out of its indexes, the work of a large one and
the progress of parts: what is written often stays small.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from app.errors import ConditionFailedError
from app.models.deliveries import KEPT, PATIENCE, Delivery, Job, Progress, State, Tally, shard, shards, sources
from app.models.ids import MessageId
from app.models.times import epoch_s, iso
from app.models.work import Work
from app.resources import DELIVERIES
from app.stores.dynamo import DynamoTable, Item
from app.stores.timeline import Timeline

_COUNTS = "ADD posted :posted, gone :gone, failed :failed"
_LAST = f"SET #state = :state, pendingSince = :now REMOVE pending, parts {_COUNTS}"
_ONE_OF_SEVERAL = f"SET pendingSince = :now {_COUNTS} DELETE parts :closed"


class Deliveries(NamedTuple):
    table: DynamoTable

    @property
    def by_sender(self) -> Timeline:
        return Timeline(self.table, DELIVERIES, DELIVERIES.index("bySender"))

    async def get(self, message_id: MessageId) -> Delivery | None:
        item = await self.table.get({"messageId": message_id})
        return None if item is None else Delivery.from_item(item)

    async def accept(self, delivery: Delivery, work: Work, rows: list[Item]) -> bool:
        """Writes the delivery, its work if it is large, and its rows, or nothing; False if it was accepted before.

        `rows` are put actions, at most 98, and none if it is large.
        """
        items = [delivery.to_item()]
        if work.large:  # the rows of others say by themselves that a key was used, however long ago; those come later
            items.append({**_key(work.message_id, "work"), "work": work.to_map(), "expiresAt": delivery.expires_at})
            items.append(_key(work.message_id, "used"))
        new = [self.table.put_action(item, "attribute_not_exists(messageId)") for item in items]
        try:
            await self.table.write([*new, *rows])
        except ConditionFailedError:
            return False
        return True

    async def work(self, message_id: MessageId) -> Work:
        """Returns the work of a large delivery that is open."""
        work = await self.kept_work(message_id)
        if work is None:
            raise LookupError("a large delivery without its work")  # they are written together
        return work

    async def kept_work(self, message_id: MessageId) -> Work | None:
        """Returns the work of a large delivery; DynamoDB may take it away some days before the delivery, or after."""
        item = await self.table.get(_key(message_id, "work"))
        return None if item is None else Work.from_item(item["work"])

    async def change_work(self, message_id: MessageId, change: Callable[[Work], Work]) -> None:
        """Changes what is still to be brought to the recipients of a large delivery; no error if that has expired."""
        key = _key(message_id, "work")
        item = await self.table.get(key)
        if item is None:
            return
        changed = {**item, "work": change(Work.from_item(item["work"])).to_map()}
        with suppress(ConditionFailedError):
            await self.table.put(changed, "attribute_exists(messageId)")

    async def delete(self, message_id: MessageId) -> None:
        """Deletes a delivery that has ended, and its work; the progress of its parts is ids and counts, and expires."""
        await self.table.delete_many([_key(message_id, "work"), _key(message_id, "used")])
        await self.table.delete({"messageId": message_id})

    async def progress(self, job: Job) -> Progress:
        """Returns how far a part has come; as yet untouched, if nothing is known."""
        item = await self.table.get(_key(job.message_id, job.part))
        return Progress(**job.model_dump()) if item is None else Progress.from_item(item["progress"])

    async def save(self, progress: Progress, now: datetime) -> None:
        """Writes how far a part has come; raises ConditionFailedError if another run of it was faster."""
        try:
            await self._save(progress, now)
        except ConditionFailedError:
            if await self.progress(progress.job) != progress:  # else it was written, and only the answer was lost
                raise

    async def _save(self, progress: Progress, now: datetime) -> None:
        key = _key(progress.message_id, progress.part)
        item = {**key, "progress": progress.to_item(), "version": progress.version, "expiresAt": epoch_s(now + KEPT)}
        before = "attribute_not_exists(messageId)" if progress.version == 1 else "version = :before"
        values = {} if progress.version == 1 else {"before": progress.version - 1}
        await self.table.put(item, before, **values)

    async def queued(self, message_id: MessageId, now: datetime, *, taken_up: bool = False) -> bool:
        """Notes that jobs for the open parts are on the queue, as of now; False if the delivery has ended meanwhile.

        `taken_up`: it had been given up, and its time begins anew.
        """
        change = "SET #state = :state, pendingSince = :now, pending = :shard" + (", takenUpAt = :now" * taken_up)
        try:
            await self._go(message_id, "delivering", change, now=iso(now), shard=shard(message_id, "delivering"))
        except ConditionFailedError:
            return False
        return True

    async def close(self, delivery: Delivery, part: str, tally: Tally, now: datetime) -> Delivery:
        """Closes a part with its tally, once, and with the last part the delivery; returns how that stands then."""
        while part in delivery.parts:
            last = delivery.parts == {part}
            try:
                return await (self._close_last if last else self._close_one)(delivery.message_id, part, tally, now)
            except ConditionFailedError:  # another part, or another run of this one, was closed since it was read
                found = await self.get(delivery.message_id)
                if found is None:
                    return delivery  # its 30 days are over
                delivery = found
        return delivery

    async def fail(self, message_id: MessageId) -> bool:
        """Gives a delivery up; False if it has ended meanwhile."""
        try:
            await self._go(message_id, "failed", "SET #state = :state REMOVE pending")
        except ConditionFailedError:
            found = await self.get(message_id)
            return found is not None and found.state == "failed"  # it was written, and only the answer was lost
        return True

    async def due(self, now: datetime) -> AsyncIterator[MessageId]:
        """Yields the deliveries that are open and that nobody seems to be at work on, as far as the index knows."""
        for state, patience in PATIENCE.items():
            for partition in shards(state):
                key = "pending = :shard AND pendingSince <= :before"
                async for row in self.table.query(key, "pending", shard=partition, before=iso(now - patience)):
                    yield MessageId(row["messageId"])

    async def _close_last(self, message_id: MessageId, part: str, tally: Tally, now: datetime) -> Delivery:
        values = {"parts": {part}, "now": iso(now), **tally.model_dump()}
        return await self._go(message_id, "delivered", _LAST, "parts = :parts", **values)

    async def _close_one(self, message_id: MessageId, part: str, tally: Tally, now: datetime) -> Delivery:
        item = await self.table.update(
            {"messageId": message_id},
            _ONE_OF_SEVERAL,
            "contains(parts, :part) AND size(parts) > :one",
            part=part,
            closed={part},
            one=1,
            now=iso(now),
            **tally.model_dump(),
        )
        return Delivery.from_item(item)

    async def _go(self, message_id: MessageId, to: State, change: str, only: str = "", **values: object) -> Delivery:
        """Writes a state from which TRANSITIONS leads there; raises ConditionFailedError from any other."""
        origins = {f"from{number}": state for number, state in enumerate(sources(to))}
        condition = f"#state IN ({', '.join(f':{name}' for name in origins)})" + (f" AND {only}" if only else "")
        item = await self.table.update({"messageId": message_id}, change, condition, state=to, **origins, **values)
        return Delivery.from_item(item)


def _key(message_id: MessageId, kind: str) -> Item:
    """Returns the key of what is kept beside a delivery; kind is "work", "used", or the name of a part."""
    return {"messageId": f"{message_id}#{kind}"}
