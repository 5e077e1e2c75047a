"""The parts that handlers work with, put together once for an execution environment.

Each part imports what it is made of when it is first asked for, so that a function starts with what it uses, and with
nothing else; `app/start.py` asks for them before the first event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from app.aws import Clients, SdkService, Service, ServiceName
from app.models.times import utc_now
from app.resources import DELIVERIES_QUEUE, DIRECT_POSTS_PER_S, WORKER_POSTS_PER_S
from app.settings import Settings

if TYPE_CHECKING:
    from app import resources
    from app.channels.people import People
    from app.channels.push import PushEndpoints
    from app.channels.queue import Queue
    from app.channels.sockets import Sockets
    from app.delivery.crowding import Crowding
    from app.delivery.dispatch import Dispatch
    from app.delivery.fast_lane import FastLane
    from app.delivery.inbox import Inbox
    from app.delivery.jobs import Jobs
    from app.delivery.lane import PostLane
    from app.delivery.parts import Parts
    from app.delivery.sweep import Sweeper
    from app.erasing import Eraser
    from app.inbox.catching_up import CatchingUp
    from app.inbox.echo import Echo
    from app.inbox.marking import Marking
    from app.inbox.messages import MessageLists
    from app.inbox.notifications import NotificationLists
    from app.outreach.everyone import Spreader
    from app.outreach.mailing import Mailing
    from app.outreach.pushing import Pusher
    from app.outreach.registering import Registry
    from app.stores.claims import Claims
    from app.stores.connections import Connections
    from app.stores.deliveries import Deliveries
    from app.stores.devices import Devices
    from app.stores.dynamo import DynamoTable
    from app.stores.messages import Messages
    from app.stores.notifications import Notifications
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
        from app.stores.dynamo import DynamoTable

        return DynamoTable(self.service("dynamodb"), name)

    @cached_property
    def users(self) -> Users:
        from app.stores.users import Users

        return Users(self.table(self.settings.users_table))

    @cached_property
    def shown_users(self) -> Users:
        """People as others may see them: by way of the cache, if the stage has one, and then not quite as of now."""
        from app.stores.dynamo import DynamoTable
        from app.stores.users import Users

        if not self.settings.users_cache:
            return self.users
        from app.cache import CacheFirst
        from app.channels.dax import Dax

        cached = CacheFirst(self.service("dynamodb"), Dax(self.settings.users_cache))
        return Users(DynamoTable(cached, self.settings.users_table))

    @cached_property
    def connections(self) -> Connections:
        from app.stores.connections import Connections

        return Connections(self.table(self.settings.connections_table))

    @cached_property
    def devices(self) -> Devices:
        from app.stores.devices import Devices

        return Devices(self.table(self.settings.devices_table))

    @cached_property
    def push_endpoints(self) -> PushEndpoints:
        from app.channels.push import PushEndpoints

        fcm, apns = self.settings.fcm_application, self.settings.apns_application
        return PushEndpoints(self.service("sns"), {"fcm": fcm, "apns": apns})

    @cached_property
    def registry(self) -> Registry:
        from app.outreach.registering import Registry

        return Registry(self.devices, self.push_endpoints, self.now)

    @cached_property
    def pusher(self) -> Pusher:
        from app.outreach.pushing import Pusher

        return Pusher(
            users=self.users,
            registry=self.registry,
            endpoints=self.push_endpoints,
            claims=self.claims,
            now=self.now,
        )

    @cached_property
    def tickets(self) -> Tickets:
        from app.stores.tickets import Tickets

        return Tickets(self.table(self.settings.tickets_table))

    @cached_property
    def people(self) -> People:
        from app.channels.people import People

        return People(self.service("cognito-idp"), self.settings.user_pool_id)

    @cached_property
    def sockets(self) -> Sockets:
        from app.channels.sockets import Sockets

        return Sockets(self.service("apigatewaymanagementapi"))

    @cached_property
    def messages(self) -> Messages:
        from app.stores.messages import Messages

        return Messages(self.table(self.settings.messages_table))

    @cached_property
    def notifications(self) -> Notifications:
        from app.stores.notifications import Notifications

        return Notifications(self.table(self.settings.notifications_table))

    @cached_property
    def inbox(self) -> Inbox:
        from app.delivery.inbox import Inbox

        return Inbox(self.messages, self.notifications)

    @cached_property
    def message_lists(self) -> MessageLists:
        from app.inbox.messages import MessageLists

        return MessageLists(self.messages, self.deliveries, self.notifications)

    @cached_property
    def notification_lists(self) -> NotificationLists:
        from app.inbox.notifications import NotificationLists

        return NotificationLists(self.notifications, self.users, self.now)

    @cached_property
    def marking(self) -> Marking:
        from app.inbox.marking import Marking

        return Marking(self.messages, self.notifications, self.notification_lists, self.users, self.now)

    @cached_property
    def catching_up(self) -> CatchingUp:
        from app.inbox.catching_up import CatchingUp

        return CatchingUp(self.notification_lists, self.now)

    @cached_property
    def echo(self) -> Echo:
        from app.inbox.echo import Echo

        return Echo(self.connections, self.sockets, self.now)

    @cached_property
    def crowding(self) -> Crowding:
        from app.delivery.crowding import Crowding

        return Crowding(self.connections, self.sockets, self.now)

    @cached_property
    def deliveries(self) -> Deliveries:
        from app.stores.deliveries import Deliveries

        return Deliveries(self.table(self.settings.deliveries_table))

    @cached_property
    def jobs(self) -> Jobs:
        from app.delivery.jobs import Jobs

        return Jobs(self.deliveries, self.queue(DELIVERIES_QUEUE), self.now)

    @cached_property
    def dispatch(self) -> Dispatch:
        from app.delivery.dispatch import Dispatch
        from app.stores.rates import SendRates

        rates = SendRates(self.table(self.settings.deliveries_table), self.settings.sends_per_min)
        return Dispatch(rates, self.users, self._parts(DIRECT_POSTS_PER_S), self.now)

    @cached_property
    def worker(self) -> Parts:
        return self._parts(WORKER_POSTS_PER_S)

    @cached_property
    def sweeper(self) -> Sweeper:
        from app.delivery.sweep import Sweeper

        return Sweeper(self.deliveries, self.jobs, self.now)

    @cached_property
    def claims(self) -> Claims:
        from app.stores.claims import Claims

        return Claims(self.table(self.settings.deliveries_table))

    @cached_property
    def mailing(self) -> Mailing:
        from app.channels.mail import Mailer
        from app.outreach.mailing import Mailing

        mailer = Mailer(self.service("sesv2"), self.settings.email_sender)
        return Mailing(self.users, self.notifications, self.connections, self.claims, mailer, self.now)

    @cached_property
    def eraser(self) -> Eraser:
        from app.erasing import Eraser

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

    def spreader(self, queue: resources.Queue) -> Spreader:
        from app.outreach.everyone import Spreader

        return Spreader(self.users, self.queue(queue))

    def queue(self, queue: resources.Queue) -> Queue:
        from app.channels.queue import Queue

        return Queue(self.service("sqs"), getattr(self.settings, queue.variable.lower()))

    def _parts(self, posts_per_s: int) -> Parts:
        from app.channels.topic import NotificationsTopic
        from app.delivery.parts import Parts
        from app.delivery.telling import Teller
        from app.delivery.tidy import Tidy

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
        from app.delivery.fast_lane import FastLane
        from app.delivery.governor import Governor
        from app.transport.endpoint import Endpoint

        if self.settings.post_lane == "sdk":
            from app.delivery.sdk_lane import SdkLane

            return SdkLane(SdkService(self.clients, "apigatewaymanagementapi"))
        lane = FastLane(
            Endpoint.parse(self.settings.management_endpoint),
            self.clients.region(),
            self.clients.credentials,
            Governor(posts_per_s),
        )
        self._lanes.append(lane)
        return lane

    async def close(self) -> None:
        """Ends all connections; only tests need it, because Lambda ends the process."""
        for lane in self._lanes:
            await lane.close()
        await self.clients.close()
