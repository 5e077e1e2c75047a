"""The table Devices."""

from dataclasses import dataclass

from app.models.ids import UserId
from app.stores.dynamo import DynamoTable
from app.together import together


@dataclass(frozen=True, slots=True)
class Devices:
    table: DynamoTable

    async def delete_all(self, user_id: UserId) -> None:
        """Deletes what a person's devices left here."""
        keys = [
            {"userId": user_id, "deviceId": item["deviceId"]}
            async for item in self.table.query("userId = :user", user=user_id)
        ]
        await together(self.table.delete(key) for key in keys)
