"""People who register phones on moto, and a look at what SNS has of these."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from app.application import App
from app.models.times import epoch_s
from tests.integration.events import Context, load, named
from tests.integration.site import REGION, Clock, Site


@dataclass(frozen=True, slots=True)
class Phones:
    """`token` is another one in each test: moto takes tokens of all applications for those of one."""

    app: App
    site: Site
    clock: Clock
    token: str = field(default_factory=lambda: uuid.uuid4().hex * 2)

    async def register(self, who: str, token: str | None = None, **body: Any) -> tuple[int, Any]:
        return await self.ask(who, "POST /devices", {"platform": "fcm", "token": token or self.token, **body})

    async def ask(self, who: str, route: str, body: Any = None, device: str = "") -> tuple[int, Any]:
        """Returns status and parsed body."""
        expires = str(epoch_s(self.clock()) + 3600)
        claims = {"sub": who, "username": who, "token_use": "access", "exp": expires}
        event = {
            "routeKey": route,
            "pathParameters": {"deviceId": device},
            "requestContext": {"requestId": "request-1", "authorizer": {"jwt": {"claims": claims}}},
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = await load(named("HandleDevices")).answer(lambda: self.app, event, Context(10))
        return answer["statusCode"], json.loads(answer["body"]) if "body" in answer else None

    async def push(self, body: str, receives: int = 1) -> bool:
        """Hands a message of the queue to the function; returns whether it was done with it."""
        attributes = {"ApproximateReceiveCount": str(receives)}
        record = {"messageId": "q1", "receiptHandle": "r1", "body": body, "attributes": attributes}
        answer = await load(named("Push")).answer(lambda: self.app, {"Records": [record]}, Context(30))
        return bool(answer == {"batchItemFailures": []})

    def endpoints(self, application: str = "FCM_APPLICATION") -> dict[str, dict[str, str]]:
        """Returns the attributes of each endpoint of an application."""
        arn = self.site.names[application]
        listed = self.site.aws.sns.list_endpoints_by_platform_application(PlatformApplicationArn=arn)["Endpoints"]
        return {each["EndpointArn"]: each["Attributes"] for each in listed}

    def disable(self, application: str = "FCM_APPLICATION") -> None:
        """Does what SNS does when the push service no longer takes a token."""
        for arn in self.endpoints(application):
            self.site.aws.sns.set_endpoint_attributes(EndpointArn=arn, Attributes={"Enabled": "false"})

    def shown(self, application: str = "FCM_APPLICATION") -> list[Any]:
        """Returns what was published to the endpoints of an application, in the push service's form."""
        held = sns_backends[DEFAULT_ACCOUNT_ID][REGION].platform_endpoints
        kind = {"FCM_APPLICATION": "GCM", "APNS_APPLICATION": "APNS"}[application]
        sent = [text for arn in self.endpoints(application) for text in held[arn].messages.values()]
        return [json.loads(json.loads(text)[kind]) for text in sent]
