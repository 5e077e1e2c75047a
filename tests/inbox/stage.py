"""A site on a MiniStack of its own: the app's own functions, called as AWS calls them, at a time that the test says.

MiniStack has no index that lags and no `@connections` that show what they got, so the latter are a server of ours
(`tests/lane`): it keeps each frame by the connection that it went to, and answers 410 for those that are dropped.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import aioboto3
import boto3
import pytest

from app.application import App
from app.aws import Clients
from app.catalogue import DEVICES, FUNCTIONS, USER_POOL, HttpRoute
from app.models.ids import UserId
from app.models.times import epoch_s, iso
from app.runtime import LambdaFunction
from app.settings import Settings
from tests.faults.cloud import Aws, Cloud, insert, running
from tests.faults.people import NAME, introduce
from tests.integration.site import REGION, create_table
from tests.lane.fake_connections import ACCESS_KEY, SECRET_KEY, FakeConnections
from tests.lane.faults import GONE
from tests.unit.delivering import Clock
from tests.unit.events import Answer, Remaining, ask, claims, http_event, knock, socket_event
from tests.unit.people import person

TOKEN_S = 3600
CROWD = tuple(UserId(f"crowd-{number:03}") for number in range(60))  # people who are there and do nothing
HANDLERS = {
    trigger.key: function.handler
    for function in FUNCTIONS
    for trigger in function.triggers
    if isinstance(trigger, HttpRoute)
}
Frame = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stage:
    """What all sites of a test run share."""

    aws: Aws
    fake: FakeConnections
    session: aioboto3.Session
    pool: str

    def clients(self) -> Clients:
        """Returns clients for one event loop; whoever asks closes them."""
        return Clients(self.fake.url, _session=self.session)

    def site(self, clients: Clients, kind: type[App] = App, **more: Any) -> "Site":
        """Makes a site where nothing has happened yet; `kind` and `more` make another app of it."""
        cloud = Cloud.build(self.aws, NAME)
        elsewhere = {DEVICES.variable: DEVICES.name, USER_POOL.variable: self.pool, "POST_LANE": "sdk"}
        settings = Settings.read({**cloud.settings(self.fake.url), **elsewhere})
        clock = Clock()
        return Site(cloud, self.fake, clock, kind(settings, clients, clock, **more))


@dataclass(frozen=True, slots=True)
class Site:
    cloud: Cloud
    fake: FakeConnections
    clock: Clock
    app: App
    _heard: dict[str, int] = field(default_factory=dict)  # frames of each connection that were looked at

    @property
    def now(self) -> str:
        return iso(self.clock())

    def join(self, name: str) -> UserId:
        """Gives somebody a profile, as of now, and an id that nobody ever had."""
        user_id = UserId(f"{name}-{uuid.uuid4().hex[:8]}")
        insert(self.cloud.aws, NAME, [{**person(user_id, name), "createdAt": self.now, "updatedAt": self.now}])
        return user_id

    async def http(self, user_id: str, route: str, body: Any = None, *, admin: bool = False, **parts: Any) -> Answer:
        """Makes a request; `parts` are `path`, `query` and `headers`."""
        token = claims(user_id, admin=admin, exp=str(epoch_s(self.clock()) + TOKEN_S))
        event = http_event(body, caller=token, route=route, **parts)
        return await ask(load(HANDLERS[route]), self.app, event, 25_000)

    async def send(self, sender: str, *recipients: str, key: str | None = None, **body: Any) -> Answer:
        """Sends a message to these people, or, if there are none, to everyone."""
        to: Frame = {"recipientIds": [*recipients]} if recipients else {"audience": "everyone"}
        headers = {"idempotency-key": key} if key else {}
        wish = {"content": "hello", **to, **body}
        return await self.http(sender, "POST /messages", wish, headers=headers, admin=not recipients)

    async def connect(self, user_id: str) -> str:
        """Opens a connection, and returns its id."""
        connection = f"{uuid.uuid4().hex[:12]}="
        assert await self.event("$connect", user_id, connection) == 200
        return connection

    async def disconnect(self, user_id: str, connection: str) -> None:
        """Has a client say farewell."""
        self.drop(connection)
        assert await self.event("$disconnect", user_id, connection) == 200

    def drop(self, connection: str) -> None:
        """Ends a connection without a word: whoever posts to it is told 410."""
        self.fake.on(connection, GONE)

    async def event(self, route: str, user_id: str, connection: str, body: str | None = None) -> int:
        expires = epoch_s(self.clock()) + TOKEN_S
        event = socket_event(route, body, expires_at=expires, user_id=user_id, connection=connection)
        return await knock(load("app.handlers.connections.handle"), self.app, event)

    async def say(self, user_id: str, connection: str, **frame: Any) -> list[Frame]:
        """Has a client send a frame, and returns those that it gets by then."""
        assert await self.event("$default", user_id, connection, json.dumps(frame)) == 200
        return self.heard(connection)

    def heard(self, connection: str) -> list[Frame]:
        """Returns the frames that a connection got since the last look."""
        frames = self.fake.frames.get(connection, [])
        new = frames[self._heard.get(connection, 0) :]
        self._heard[connection] = len(frames)
        return [json.loads(frame) for frame in new]

    async def work(self) -> None:
        """Has workers do all that is on the queue."""
        deliver = load("app.handlers.deliveries.deliver")
        while jobs := self.cloud.receive():
            for job in jobs:
                answer = await deliver.answer(lambda: self.app, {"Records": [job.record]}, Remaining(60_000))
                assert answer == {"batchItemFailures": []}
                self.cloud.aws.sqs.delete_message(QueueUrl=self.cloud.queue, ReceiptHandle=job.receipt)


def load(handler: str) -> LambdaFunction:
    module, _, name = handler.rpartition(".")
    function: LambdaFunction = getattr(import_module(module), name)
    return function


@contextmanager
def opened(scratch: Path) -> Iterator[Stage]:
    """Starts all that is needed; `scratch` is an empty folder."""
    with running(scratch / "ministack") as url, FakeConnections() as fake, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", url)
        aws = Aws.at(url)
        introduce(aws, CROWD, quiet=())
        aws.dynamodb.create_table(**create_table(DEVICES, DEVICES.name))
        session = aioboto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
        yield Stage(aws, fake, session, _pool(url))
        aws.close()
    assert fake.forged == []


def _pool(url: str) -> str:
    cognito = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION).client("cognito-idp", endpoint_url=url)
    pool: Mapping[str, Any] = cognito.create_user_pool(PoolName="people")["UserPool"]
    cognito.close()
    return str(pool["Id"])
