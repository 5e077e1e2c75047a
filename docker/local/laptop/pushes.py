"""Mobile push on a laptop: the applications that phones are registered with, and what was pushed to them.

MiniStack takes what is published to a phone and keeps none of it. It writes down each request that it is asked,
though, as AWS's CloudTrail does, and that is where the pushes are found.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC
from typing import Any

from laptop.endpoints import Endpoints
from laptop.ministack import ACCOUNT, REGION
from laptop.stack import Clients

_KINDS = {"fcm": "GCM", "apns": "APNS"}
APPLICATIONS = {name: f"arn:aws:sns:{REGION}:{ACCOUNT}:app/{kind}/laptop" for name, kind in _KINDS.items()}


def create_applications(clients: Clients) -> None:
    """Adds a platform application for each push service, as an operator would; nothing checks the credentials."""
    sns = clients.client("sns")
    for kind in _KINDS.values():
        credentials = {"PlatformPrincipal": "none", "PlatformCredential": "none"}
        sns.create_platform_application(Name="laptop", Platform=kind, Attributes=credentials)


def pushes(endpoints: Endpoints) -> list[dict[str, Any]]:
    """Returns what was pushed, the last first: `at` (ISO 8601), `platform`, `endpoint`, `title`, `body`, `data`.

    MiniStack remembers its last 10,000 requests of any kind.
    """
    return list(found(Clients(endpoints.aws).client("cloudtrail")))


def found(trail: Any) -> Iterator[dict[str, Any]]:
    """Yields the pushes that a client of CloudTrail tells of; see `pushes`."""
    for event in _events(trail):
        request = json.loads(event["CloudTrailEvent"])["requestParameters"]
        if request.get("Action") == "Publish" and "TargetArn" in request:
            yield {"at": event["EventTime"].astimezone(UTC).isoformat(timespec="milliseconds"), **_push(request)}


def _events(trail: Any) -> Iterator[dict[str, Any]]:
    """Yields every request to SNS, the last first.

    An answer has at most fifty and no next page, so the next question ends with the second of the last one seen; where
    that second is seen already, with the one before.
    """
    wanted = [{"AttributeKey": "EventSource", "AttributeValue": "sns.amazonaws.com"}]
    seen: set[str] = set()
    end = int(time.time()) + 1
    while events := trail.lookup_events(LookupAttributes=wanted, EndTime=end)["Events"]:
        fresh = [event for event in events if event["EventId"] not in seen]
        yield from fresh
        seen |= {event["EventId"] for event in fresh}
        oldest = int(events[-1]["EventTime"].timestamp())
        end = min(end - 1, oldest + 1) if fresh else end - 1


def _push(request: dict[str, str]) -> dict[str, Any]:
    kind = request["TargetArn"].split("/")[1]
    push = json.loads(json.loads(request["Message"])[kind])
    if kind == "GCM":
        message = push["fcmV1Message"]["message"]
        shown, data = message["notification"], message["data"]
    else:
        shown, data = push["aps"]["alert"], {name: value for name, value in push.items() if name != "aps"}
    return {"platform": kind, "endpoint": request["TargetArn"], **shown, "data": data}
