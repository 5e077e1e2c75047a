"""Counts what each person sends, minute by minute, in rows of the table Deliveries and out of its indexes."""

from datetime import datetime
from typing import NamedTuple

from app.errors import ConditionFailedError
from app.models.ids import UserId
from app.models.times import epoch_s
from app.stores.dynamo import DynamoTable

MINUTE_S = 60
_COUNT = "ADD sends :one SET expiresAt = :expires"
_LEFT = "attribute_not_exists(sends) OR sends < :most"


class SendRates(NamedTuple):
    """At most `most` sends of one person in each minute of the clock, all at once if they like.

    So they may be twice as many in any 60 seconds. A count is one conditional write, whoever else counts at the same
    time; one whose answer was lost is repeated by the SDK and may count twice, so that it is never too few.
    """

    table: DynamoTable
    most: int

    async def take(self, user_id: UserId, now: datetime) -> int:
        """Counts one send and returns 0, or counts nothing and returns in how many seconds the next minute begins."""
        minute, second = divmod(epoch_s(now), MINUTE_S)
        key = {"messageId": f"{user_id}#rate#{minute}"}
        expires = (minute + 2) * MINUTE_S  # a minute after its own, for clocks that differ
        try:
            await self.table.update(key, _COUNT, _LEFT, one=1, most=self.most, expires=expires)
        except ConditionFailedError:
            return MINUTE_S - second
        return 0
