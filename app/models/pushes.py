"""Pushes: what a phone shows of a message, in the form of each push service."""

import json
from dataclasses import dataclass
from typing import Any

from app.models.told import Told

FCM = "GCM"  # what SNS calls it; its other kinds of endpoint are APNS and APNS_SANDBOX

MAX_BYTES = 4096  # of what FCM and APNs take, each
PREVIEW = 256  # characters of the content
TITLE = 100  # characters: no phone shows more, and the rest always fits beside them
TTL_S = 24 * 3600  # what a phone that is switched off has not got by then waits in the inbox
_IDS = {"notification_id", "message_id", "sender_id", "type", "priority", "created_at"}


@dataclass(frozen=True, slots=True)
class Push:
    """What somebody's devices show of one message."""

    told: Told

    def message(self, kind: str) -> str:
        """Returns what SNS takes for an endpoint of this kind: JSON that holds the push service's as text."""
        return json.dumps({"default": self._title(), kind: self._fitted(kind)})

    def attributes(self, kind: str) -> dict[str, dict[str, str]]:
        """Returns what SNS makes APNs's headers of; those of FCM stand in its message."""
        if kind == FCM:
            return {}
        headers = {
            "APNS.PUSH_TYPE": "alert",
            "APNS.PRIORITY": "10" if self._urgent else "5",
            "APNS.COLLAPSE_ID": self.told.notification_id,  # what comes twice is shown once
            f"{kind}.TTL": str(TTL_S),
        }
        return {
            f"AWS.SNS.MOBILE.{name}": {"DataType": "String", "StringValue": value} for name, value in headers.items()
        }

    @property
    def _urgent(self) -> bool:
        return self.told.priority == "critical"

    def _fitted(self, kind: str) -> str:
        """Returns all of it, with as much of the content as there is room for."""
        write = self._fcm if kind == FCM else self._apns
        room = MAX_BYTES - len(_json(write("")))
        previews = (_cut(self.told.content, length) for length in range(PREVIEW, 0, -1))
        return _json(write(next((preview for preview in previews if len(_json(preview)) <= room), "")))

    def _fcm(self, body: str) -> dict[str, Any]:
        android = {
            "priority": "high" if self._urgent else "normal",
            "ttl": f"{TTL_S}s",
            "notification": {"tag": self.told.notification_id},  # what comes twice is shown once
        }
        shown = {"title": self._title(), "body": body}
        return {"fcmV1Message": {"message": {"notification": shown, "data": self._ids(), "android": android}}}

    def _apns(self, body: str) -> dict[str, Any]:
        alert = {"title": self._title(), "body": body}
        return {"aps": {"alert": alert, "sound": "default", "thread-id": self.told.sender_id}, **self._ids()}

    def _title(self) -> str:
        return _cut(self.told.title, TITLE)

    def _ids(self) -> dict[str, str]:
        return self.told.model_dump(by_alias=True, include=_IDS)


def _json(value: Any) -> str:
    """Writes ASCII only: in no other way of writing JSON is it longer."""
    return json.dumps(value, separators=(",", ":"))


def _cut(text: str, length: int) -> str:
    """Returns the text with at most so many characters, of which an ellipsis is the last where some are missing."""
    return text if len(text) <= length else text[: length - 1] + "…"
