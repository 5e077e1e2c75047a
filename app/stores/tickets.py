"""The table Tickets."""

from datetime import datetime
from typing import NamedTuple

from app.errors import ConditionFailedError
from app.models.connections import TicketGrant
from app.models.ids import Ticket
from app.models.times import epoch_s
from app.stores.dynamo import DynamoTable


class Tickets(NamedTuple):
    table: DynamoTable

    async def put(self, grant: TicketGrant) -> None:
        await self.table.put(grant.to_item())

    async def redeem(self, ticket: Ticket, now: datetime) -> TicketGrant | None:
        """Uses the ticket up and returns what it allows; None if it is used, has ended, or never was."""
        try:
            item = await self.table.delete({"ticket": ticket}, "expiresAt > :now", now=epoch_s(now))
        except ConditionFailedError:
            return None
        return TicketGrant.from_item(item) if item else None
