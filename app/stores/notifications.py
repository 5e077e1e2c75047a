"""The table Notifications."""

from dataclasses import dataclass

from app.models.notifications import Notification
from app.stores.dynamo import DynamoTable, Item


@dataclass(frozen=True, slots=True)
class Notifications:
    table: DynamoTable

    def put_action(self, notification: Notification) -> Item:
        return self.table.put_action(notification.to_item(), "attribute_not_exists(notificationId)")
