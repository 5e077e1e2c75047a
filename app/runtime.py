"""The asyncio core: one event loop and one set of AWS clients for the life of an execution environment.

Lambda calls a function synchronously, one event at a time, and freezes the process in between. `LambdaFunction`
turns an `async def` into what Lambda calls, and runs it on a loop that outlives the call, so that clients, their
connections and their credentials are there for the next one.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol, TypeAlias

from app import catalogue
from app.aws import Clients, Service, ServiceName
from app.cache import CacheFirst
from app.catalogue import DELIVERIES_QUEUE, DIRECT_POSTS_PER_S, WORKER_POSTS_PER_S
from app.channels.dax import Dax
from app.channels.mail import Mailer
from app.channels.people import People
from app.channels.push import PushEndpoints
from app.channels.queue import Queue
from app.channels.sockets import Sockets
from app.channels.topic import NotificationsTopic
from app.delivery.crowding import Crowding
from app.delivery.dispatch import Dispatch
from app.delivery.endpoint import Endpoint
from app.delivery.fast_lane import FastLane
from app.delivery.governor import Governor
from app.delivery.inbox import Inbox
from app.delivery.jobs import Jobs
from app.delivery.lane import PostLane
from app.delivery.parts import Parts
from app.delivery.sdk_lane import SdkLane
from app.delivery.signing import SdkCredentials
from app.delivery.sweep import Sweeper
from app.delivery.telling import Teller
from app.delivery.tidy import Tidy
from app.erasing import Eraser
from app.inbox.catching_up import CatchingUp
from app.inbox.echo import Echo
from app.inbox.marking import Marking
from app.inbox.messages import MessageLists
from app.inbox.notifications import NotificationLists
from app.log import begin_invocation, log, metrics
from app.models.times import utc_now
from app.outreach.everyone import Spreader
from app.outreach.mailing import Mailing
from app.outreach.pushing import Pusher
from app.outreach.registering import Registry
from app.settings import MissingSettingsError, Settings
from app.stores.claims import Claims
from app.stores.connections import Connections
from app.stores.deliveries import Deliveries
from app.stores.devices import Devices
from app.stores.dynamo import DynamoTable
from app.stores.messages import Messages
from app.stores.notifications import Notifications
from app.stores.rates import SendRates
from app.stores.tickets import Tickets
from app.stores.users import Users


@dataclass(frozen=True)
class App:
    """Everything a handler may use; each part is made when it is first asked for."""

    settings: Settings
    clients: Clients
    now: Callable[[], datetime] = utc_now
    _lanes: list[FastLane] = field(default_factory=list)

    def service(self, name: ServiceName) -> Service:
        return Service(self.clients, name)

    def table(self, name: str) -> DynamoTable:
        return DynamoTable(self.service("dynamodb"), name)

    @cached_property
    def users(self) -> Users:
        return Users(self.table(self.settings.users_table))

    @cached_property
    def shown_users(self) -> Users:
        """People as others may see them: by way of the cache, if the stage has one, and then not quite as of now."""
        if not self.settings.users_cache:
            return self.users
        cached = CacheFirst(self.service("dynamodb"), Dax(self.settings.users_cache))
        return Users(DynamoTable(cached, self.settings.users_table))

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.table(self.settings.connections_table))

    @cached_property
    def devices(self) -> Devices:
        return Devices(self.table(self.settings.devices_table))

    @cached_property
    def push_endpoints(self) -> PushEndpoints:
        fcm, apns = self.settings.fcm_application, self.settings.apns_application
        return PushEndpoints(self.service("sns"), {"fcm": fcm, "apns": apns})

    @cached_property
    def registry(self) -> Registry:
        return Registry(self.devices, self.push_endpoints, self.now)

    @cached_property
    def pusher(self) -> Pusher:
        return Pusher(
            users=self.users,
            registry=self.registry,
            endpoints=self.push_endpoints,
            claims=self.claims,
            now=self.now,
        )

    @cached_property
    def tickets(self) -> Tickets:
        return Tickets(self.table(self.settings.tickets_table))

    @cached_property
    def people(self) -> People:
        return People(self.service("cognito-idp"), self.settings.user_pool_id)

    @cached_property
    def sockets(self) -> Sockets:
        return Sockets(self.service("apigatewaymanagementapi"))

    @cached_property
    def messages(self) -> Messages:
        return Messages(self.table(self.settings.messages_table))

    @cached_property
    def notifications(self) -> Notifications:
        return Notifications(self.table(self.settings.notifications_table))

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self.messages, self.notifications)

    @cached_property
    def message_lists(self) -> MessageLists:
        return MessageLists(self.messages, self.deliveries, self.notifications)

    @cached_property
    def notification_lists(self) -> NotificationLists:
        return NotificationLists(self.notifications, self.users, self.now)

    @cached_property
    def marking(self) -> Marking:
        return Marking(self.messages, self.notifications, self.notification_lists, self.users, self.now)

    @cached_property
    def catching_up(self) -> CatchingUp:
        return CatchingUp(self.notification_lists, self.now)

    @cached_property
    def echo(self) -> Echo:
        return Echo(self.connections, self.sockets, self.now)

    @cached_property
    def crowding(self) -> Crowding:
        return Crowding(self.connections, self.sockets, self.now)

    @cached_property
    def deliveries(self) -> Deliveries:
        return Deliveries(self.table(self.settings.deliveries_table))

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self.deliveries, self.queue(DELIVERIES_QUEUE), self.now)

    @cached_property
    def dispatch(self) -> Dispatch:
        rates = SendRates(self.table(self.settings.deliveries_table), self.settings.sends_per_min)
        return Dispatch(rates, self.users, self._parts(DIRECT_POSTS_PER_S), self.now)

    @cached_property
    def worker(self) -> Parts:
        return self._parts(WORKER_POSTS_PER_S)

    @cached_property
    def sweeper(self) -> Sweeper:
        return Sweeper(self.deliveries, self.jobs, self.now)

    @cached_property
    def claims(self) -> Claims:
        return Claims(self.table(self.settings.deliveries_table))

    @cached_property
    def mailing(self) -> Mailing:
        mailer = Mailer(self.service("sesv2"), self.settings.email_sender)
        return Mailing(self.users, self.notifications, self.connections, self.claims, mailer, self.now)

    @cached_property
    def eraser(self) -> Eraser:
        return Eraser(
            users=self.users,
            people=self.people,
            sockets=self.sockets,
            connections=self.connections,
            registry=self.registry,
            messages=self.messages,
            notifications=self.notifications,
            deliveries=self.deliveries,
            claims=self.claims,
        )

    def spreader(self, queue: catalogue.Queue) -> Spreader:
        return Spreader(self.users, self.queue(queue))

    def queue(self, queue: catalogue.Queue) -> Queue:
        return Queue(self.service("sqs"), getattr(self.settings, queue.variable.lower()))

    def _parts(self, posts_per_s: int) -> Parts:
        return Parts(
            users=self.users,
            inbox=self.inbox,
            deliveries=self.deliveries,
            jobs=self.jobs,
            teller=Teller(
                connections=self.connections,
                topic=NotificationsTopic(self.service("sns"), self.settings.notifications_topic),
                lane=self.lane(posts_per_s),
                tidy=Tidy(self.connections, self.sockets, self.now),
                now=self.now,
            ),
            now=self.now,
        )

    def lane(self, posts_per_s: int) -> PostLane:
        """Makes a lane with this share of the account's quota; what it opens is closed by `close`."""
        if self.settings.post_lane == "sdk":
            return SdkLane(self.service("apigatewaymanagementapi"))
        lane = FastLane(
            Endpoint.parse(self.settings.management_endpoint),
            self.clients.session().region_name,
            SdkCredentials(self.clients.session),
            Governor(posts_per_s),
        )
        self._lanes.append(lane)
        return lane

    async def close(self) -> None:
        """Ends all connections; only tests need it, because Lambda ends the process."""
        for lane in self._lanes:
            await lane.close()
        await self.clients.close()


class Context(Protocol):
    """What we use of the context object that Lambda hands to every call."""

    @property
    def aws_request_id(self) -> str: ...

    def get_remaining_time_in_millis(self) -> int: ...


def at(event: Any, *path: str) -> Mapping[str, Any]:
    """Returns the object at a path into an event, or an empty one: whatever was sent, it is no crash."""
    here = event
    for name in path:
        here = here.get(name) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else {}


THAW_TURNS = 3  # plain TCP takes one to be seen as lost, TLS three

OpenApp: TypeAlias = Callable[[], App]
Answer: TypeAlias = Callable[[OpenApp, Any, Context], Awaitable[Any]]


@dataclass(slots=True)
class Core:
    """The loop and the app of this execution environment."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    app: App | None = None
    cold: bool = True  # until it is first called

    def open_app(self) -> App:
        """Returns the app; raises MissingSettingsError, having logged what is missing."""
        if self.app is None:
            try:
                settings = Settings.read(os.environ)
            except MissingSettingsError as error:
                log("settings missing", level="ERROR", variables=str(error))
                raise
            self.app = App(settings, Clients(settings.management_endpoint))
        return self.app

    def run(self, answer: Answer, event: Any, context: Context) -> Any:
        return self.loop.run_until_complete(self._thawed(answer, event, context))

    async def _thawed(self, answer: Answer, event: Any, context: Context) -> Any:
        self._begin(context)
        # A few turns of the loop first: connections that the other side closed while this process was frozen are
        # seen and dropped before anything is sent on them.
        for _ in range(THAW_TURNS):
            await asyncio.sleep(0)
        return await answer(self.open_app, event, context)

    def _begin(self, context: Context) -> None:
        begin_invocation(context.aws_request_id)
        if self.cold:
            self.cold = False
            metrics(ColdStarts=1)

    def close(self) -> None:
        """Ends clients and loop; only tests need it, because Lambda ends the process."""
        if self.app is not None:
            self.loop.run_until_complete(self.app.close())
        self.loop.close()


_core: Core | None = None


def core() -> Core:
    """Returns the one core of this process; the first call makes it."""
    global _core  # noqa: PLW0603 - it stands for the execution environment, of which there is one
    if _core is None:
        _core = Core()
    return _core


@dataclass(frozen=True, slots=True)
class LambdaFunction:
    """What Lambda calls; `answer` is the `async def` behind it, which tests call with an app of their own."""

    answer: Answer

    def __call__(self, event: Any, context: Context) -> Any:
        return core().run(self.answer, event, context)
