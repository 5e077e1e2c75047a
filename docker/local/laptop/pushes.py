"""Mobile push on a laptop: the applications that phones are registered with, and what was pushed to them.

MiniStack takes what is published to a phone and keeps none of it. It writes down each request that it is asked,
though, as AWS's CloudTrail does, and that is where the pushes are found.
"""

import json
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from laptop.endpoints import Endpoints
from laptop.ministack import ACCOUNT, REGION
from laptop.stack import Clients

_KINDS = {"fcm": "GCM", "apns": "APNS"}
APPLICATIONS = {name: f"arn:aws:sns:{REGION}:{ACCOUNT}:app/{kind}/laptop" for name, kind in _KINDS.items()}
_AT_MOST = 50  # requests in one answer of MiniStack, whose answers have no next page


def create_applications(clients: Clients) -> None:
    """Adds a platform application for each push service, as an operator would; nothing checks the credentials."""
    sns = clients.client("sns")
    for kind in _KINDS.values():
        credentials = {"PlatformPrincipal": "none", "PlatformCredential": "none"}
        sns.create_platform_application(Name="laptop", Platform=kind, Attributes=credentials)


def pushes(endpoints: Endpoints) -> list[dict[str, Any]]:
    """Returns what was pushed, the last first: `at` (ISO 8601), `platform`, `endpoint`, `title`, `body`, `data`.

    It looks at the last fifty requests to publish, of which there is another one for each message.
    """
    trail = Clients(endpoints.aws).client("cloudtrail")
    wanted = [{"AttributeKey": "EventName", "AttributeValue": "Publish"}]
    return list(_pushes(trail.lookup_events(LookupAttributes=wanted, MaxResults=_AT_MOST)["Events"]))


def _pushes(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for event in events:
        request = json.loads(event["CloudTrailEvent"])["requestParameters"]
        if "TargetArn" in request:
            yield {"at": event["EventTime"].astimezone(UTC).isoformat(timespec="seconds"), **_push(request)}


def _push(request: dict[str, str]) -> dict[str, Any]:
    kind = request["TargetArn"].split("/")[1]
    push = json.loads(json.loads(request["Message"])[kind])
    if kind == "GCM":
        message = push["fcmV1Message"]["message"]
        shown, data = message["notification"], message["data"]
    else:
        shown, data = push["aps"]["alert"], {name: value for name, value in push.items() if name != "aps"}
    return {"platform": kind, "endpoint": request["TargetArn"], **shown, "data": data}
