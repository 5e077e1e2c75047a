"""The table Deliveries, and the transaction by which a message is accepted."""

from dataclasses import dataclass
from datetime import datetime

from app.errors import ConditionFailedError
from app.models.deliveries import Delivery, DeliveryResult, lease_end
from app.models.ids import MessageId
from app.models.times import iso
from app.stores.dynamo import DynamoTable, Item

_RESULTS = "published = :published, posted = :posted, gone = :gone, failed = :failed"


@dataclass(frozen=True, slots=True)
class Deliveries:
    table: DynamoTable

    async def get(self, message_id: MessageId) -> Delivery | None:
        item = await self.table.get({"messageId": message_id})
        return None if item is None else Delivery.from_item(item)

    async def accept(self, delivery: Delivery, rows: list[Item], token: str) -> bool:
        """Writes the delivery and all rows of its message, or nothing; False if the message was accepted before.

        `rows` are put actions, at most 99. However often it is called with one `token` (at most 36 characters) and
        the same rows, it counts once: what is repeated because an answer was lost finds itself, and no conflict.
        """
        first = self.table.put_action(delivery.to_item(), "attribute_not_exists(messageId)")
        try:
            await self.table.call("transact_write_items", TransactItems=[first, *rows], ClientRequestToken=token)
        except ConditionFailedError:
            return False
        return True

    async def claim(self, delivery: Delivery, now: datetime) -> Delivery | None:
        """Takes over a pending delivery that nobody works on; None if somebody was faster."""
        lease = lease_end(now)
        try:
            await self.table.update(
                {"messageId": delivery.message_id},
                "SET leasedUntil = :lease",
                "attribute_exists(pending) AND (attribute_not_exists(leasedUntil) OR leasedUntil <= :now)",
                lease=lease,
                now=iso(now),
            )
        except ConditionFailedError:
            return None
        return delivery.model_copy(update={"leased_until": lease})

    async def settle(self, delivery: Delivery, report: DeliveryResult) -> Delivery:
        """Writes how an attempt ended and gives the lease back, unless another has taken the delivery over."""
        settled = delivery.settled(report)
        done = ", pending" if settled.state == "delivered" else ""
        try:
            await self.table.update(
                {"messageId": delivery.message_id},
                f"SET #state = :state, {_RESULTS} REMOVE leasedUntil{done}",
                "leasedUntil = :lease",
                state=settled.state,
                published=settled.published,
                posted=settled.posted,
                gone=settled.gone,
                failed=settled.failed,
                lease=delivery.leased_until,
            )
        except ConditionFailedError:
            return delivery
        return settled
