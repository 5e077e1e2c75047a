"""Declares the whole system once: tables, topics, functions, what invokes them and what they may touch.

`infra/` turns this into CDK resources, the handlers take their names from it, the tests take their tables.
Standard library only, so that reading it costs nothing at a cold start and nothing at a synth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.resources import (
    ACCESS_SCOPE,
    ADMINS,
    ALERTS_TOPIC,
    CONNECTIONS,
    DELIVERIES,
    DELIVERIES_QUEUE,
    DEVICES,
    DIRECT_POSTS_PER_S,
    EMAIL_QUEUE,
    EVERYONE,
    MESSAGES,
    NOTIFICATIONS,
    NOTIFICATIONS_TOPIC,
    PUSH_QUEUE,
    QUEUES,
    QUOTA_PER_S,
    TABLES,
    TICKET_PARAMETER,
    TICKETS,
    TOPICS,
    USERS,
    WORKER_POSTS_PER_S,
    WORKERS,
    Index,
    Queue,
    Table,
    Topic,
)

__all__ = [
    "ACCESS_SCOPE",
    "ADMINS",
    "ALERTS_TOPIC",
    "CONNECTIONS",
    "DELIVERIES",
    "DELIVERIES_QUEUE",
    "DEVICES",
    "DIRECT_POSTS_PER_S",
    "EMAIL_QUEUE",
    "EMAIL_SENDER",
    "EVERYONE",
    "FUNCTIONS",
    "MESSAGES",
    "NOTIFICATIONS",
    "NOTIFICATIONS_TOPIC",
    "PUSH_APPLICATIONS",
    "PUSH_ENDPOINTS",
    "PUSH_QUEUE",
    "QUEUES",
    "QUOTA_PER_S",
    "SOCKETS",
    "TABLES",
    "TICKETS",
    "TICKET_PARAMETER",
    "TOPICS",
    "USERS",
    "USER_POOL",
    "WORKERS",
    "WORKER_POSTS_PER_S",
    "Connections",
    "EmailSender",
    "Function",
    "Grant",
    "HttpRoute",
    "Index",
    "PushApplication",
    "PushEndpoints",
    "Queue",
    "QueueSource",
    "Resource",
    "Schedule",
    "SocketAuthorizer",
    "SocketRoute",
    "Table",
    "Topic",
    "Trigger",
    "UserPool",
    "UserPoolTrigger",
    "variables",
]


@dataclass(frozen=True, slots=True)
class UserPool:
    """The Cognito user pool; there is one."""

    variable: str = "USER_POOL_ID"


@dataclass(frozen=True, slots=True)
class Connections:
    """The `@connections` management API of the WebSocket API; there is one."""

    variable: str = "MANAGEMENT_ENDPOINT"


@dataclass(frozen=True, slots=True)
class EmailSender:
    """The address that mail comes from; there is one, or a stage has none and sends no mail."""

    variable: str = "EMAIL_SENDER"


@dataclass(frozen=True, slots=True)
class UsersCache:
    """The DAX cluster in front of the table Users; there is one, or a stage has none and reads the table.

    A function that may ask it runs in the cluster's network, and reaches nothing else but DynamoDB from there.
    """

    variable: str = "USERS_CACHE"


@dataclass(frozen=True, slots=True)
class PushApplication:
    """SNS's platform application for a push service; a stage may have none.

    The operator makes it, because the credentials that it holds do not belong into a template.
    """

    name: Literal["fcm", "apns"]

    @property
    def variable(self) -> str:
        """The environment variable that carries the ARN."""
        return f"{self.name.upper()}_APPLICATION"


@dataclass(frozen=True, slots=True)
class PushEndpoints:
    """The devices in the platform applications of the account."""


Resource: TypeAlias = (
    Table | Topic | Queue | UserPool | Connections | EmailSender | UsersCache | PushApplication | PushEndpoints
)


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """One route of the HTTP API, behind the JWT authorizer and its scope."""

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    weight: int = 1  # its part of the API's rate, beside the weights of the other routes

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class SocketRoute:
    """One route of the WebSocket API."""

    key: Literal["$connect", "$disconnect", "$default"]
    weight: int = 1  # as with HttpRoute


@dataclass(frozen=True, slots=True)
class SocketAuthorizer:
    """The request authorizer in front of `$connect`; without the parameter API Gateway answers 401 itself."""

    parameter: str


@dataclass(frozen=True, slots=True)
class QueueSource:
    """Messages of a queue, in batches that may fail in part; brings the right to receive and to delete them.

    What is received stays hidden from others for six times the function's time-out.
    """

    queue: Queue
    batch_size: int
    max_concurrency: int  # invocations at a time; AWS allows 2 to 1,000


@dataclass(frozen=True, slots=True)
class Schedule:
    """A fixed rate."""

    every_min: int


@dataclass(frozen=True, slots=True)
class UserPoolTrigger:
    """Something that happens to somebody in the user pool, which waits 5 s for an answer and tries thrice.

    Its function does not get the pool's id: the pool is made after it.
    """

    operation: Literal["POST_CONFIRMATION"]


Trigger: TypeAlias = HttpRoute | SocketRoute | SocketAuthorizer | QueueSource | Schedule | UserPoolTrigger


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on one resource, named as IAM names them.

    `indexes` lists the indexes of a table that they are on, in place of the table itself.
    On `Connections` the actions are HTTP methods: each is `execute-api:ManageConnections` on that method alone.
    """

    on: Resource
    actions: tuple[str, ...]
    indexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function: what invokes it and all that it may touch."""

    name: str
    handler: str  # the image's CMD, "app.handlers.users.get"
    triggers: tuple[Trigger, ...]
    grants: tuple[Grant, ...] = ()
    # Both by the rules of docs/sizing.md, over what was measured; a test holds them to it.
    timeout_s: int = 15
    memory_mb: int = 256


USER_POOL = UserPool()
SOCKETS = Connections()
EMAIL_SENDER = EmailSender()
USERS_CACHE = UsersCache()
PUSH_APPLICATIONS = (PushApplication("fcm"), PushApplication("apns"))
PUSH_ENDPOINTS = PushEndpoints()

# Registering a device and removing one each need it all: who meets the other at one device makes it anew.
_DEVICES = (
    Grant(DEVICES, ("dynamodb:Query", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem")),
    *(Grant(application, ("sns:CreatePlatformEndpoint",)) for application in PUSH_APPLICATIONS),
    Grant(PUSH_ENDPOINTS, ("sns:GetEndpointAttributes", "sns:SetEndpointAttributes", "sns:DeleteEndpoint")),
)

FUNCTIONS = (
    Function(
        "CreateUser",
        "app.handlers.users.create",
        (HttpRoute("POST", "/users"),),
        (
            Grant(USERS, ("dynamodb:PutItem", "dynamodb:GetItem")),
            Grant(USER_POOL, ("cognito-idp:AdminGetUser", "cognito-idp:AdminCreateUser")),
        ),
        timeout_s=25,  # Cognito hands its invitations to the mail before it answers, and is waited for longer
        memory_mb=512,  # it needs the SDK, for the user pool
    ),
    Function(
        "GetUser",
        "app.handlers.users.get",
        (HttpRoute("GET", "/users/{userId}", weight=4),),
        (Grant(USERS, ("dynamodb:GetItem",)), Grant(USERS_CACHE, ("dax:GetItem",))),
    ),
    Function(
        "UpdateUser",
        "app.handlers.users.update",
        (HttpRoute("PUT", "/users/{userId}"),),
        (Grant(USERS, ("dynamodb:GetItem", "dynamodb:PutItem")),),
    ),
    Function(
        "DeleteUser",
        "app.handlers.users.delete",
        (HttpRoute("DELETE", "/users/{userId}"),),
        (
            Grant(USERS, ("dynamodb:GetItem", "dynamodb:DeleteItem")),
            Grant(CONNECTIONS, ("dynamodb:DeleteItem",)),
            Grant(CONNECTIONS, ("dynamodb:Query",), indexes=("byUser",)),
            *_DEVICES,
            Grant(MESSAGES, ("dynamodb:Query", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem")),
            Grant(MESSAGES, ("dynamodb:Query",), indexes=("byRecipient",)),
            Grant(NOTIFICATIONS, ("dynamodb:BatchWriteItem", "dynamodb:UpdateItem")),
            Grant(NOTIFICATIONS, ("dynamodb:Query",), indexes=("byUser",)),
            Grant(
                DELIVERIES,
                ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem"),
            ),
            Grant(DELIVERIES, ("dynamodb:Query",), indexes=("bySender",)),
            Grant(USER_POOL, ("cognito-idp:AdminDeleteUser",)),
            Grant(SOCKETS, ("DELETE",)),
        ),
        timeout_s=25,
        memory_mb=512,  # as CreateUser
    ),
    Function(
        "ConfirmAccount",
        "app.handlers.users.confirm",
        (UserPoolTrigger("POST_CONFIRMATION"),),
        (Grant(USERS, ("dynamodb:PutItem", "dynamodb:GetItem")),),
        timeout_s=5,
    ),
    Function(
        "SendMessage",
        "app.handlers.messages.send",
        (HttpRoute("POST", "/messages", weight=6),),
        (
            Grant(USERS, ("dynamodb:BatchGetItem",)),
            Grant(MESSAGES, ("dynamodb:PutItem",)),
            Grant(NOTIFICATIONS, ("dynamodb:PutItem",)),
            Grant(DELIVERIES, ("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem")),
            Grant(CONNECTIONS, ("dynamodb:BatchGetItem", "dynamodb:BatchWriteItem")),
            Grant(CONNECTIONS, ("dynamodb:Query",), indexes=("byUser",)),
            Grant(NOTIFICATIONS_TOPIC, ("sns:Publish",)),
            Grant(DELIVERIES_QUEUE, ("sqs:SendMessage",)),
            Grant(SOCKETS, ("POST", "DELETE")),
        ),
        timeout_s=28,  # API Gateway waits 29, and its clock runs while a function starts
    ),
    Function(
        "Inbox",
        "app.handlers.inbox.handle",
        (
            HttpRoute("GET", "/messages", weight=4),
            HttpRoute("GET", "/messages/{messageId}", weight=4),
            HttpRoute("PUT", "/messages/{messageId}/read"),
            HttpRoute("GET", "/messages/{messageId}/delivery"),
            HttpRoute("GET", "/notifications", weight=6),
            HttpRoute("PUT", "/notifications/{notificationId}/read", weight=4),
            HttpRoute("PUT", "/notifications/read"),
        ),
        (
            Grant(USERS, ("dynamodb:GetItem",)),
            Grant(MESSAGES, ("dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:UpdateItem")),
            Grant(MESSAGES, ("dynamodb:Query",), indexes=("byRecipient",)),
            Grant(NOTIFICATIONS, ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem")),
            Grant(NOTIFICATIONS, ("dynamodb:Query",), indexes=("byUser", "unread", "seen")),
            Grant(DELIVERIES, ("dynamodb:GetItem",)),
            Grant(DELIVERIES, ("dynamodb:Query",), indexes=("bySender",)),
            Grant(CONNECTIONS, ("dynamodb:Query",), indexes=("byUser",)),
            Grant(SOCKETS, ("POST",)),
        ),
        timeout_s=20,
    ),
    Function(
        "Deliver",
        "app.handlers.deliveries.deliver",
        (QueueSource(DELIVERIES_QUEUE, batch_size=1, max_concurrency=WORKERS),),
        (
            Grant(USERS, ("dynamodb:BatchGetItem",)),
            Grant(MESSAGES, ("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")),
            Grant(NOTIFICATIONS, ("dynamodb:PutItem",)),
            Grant(DELIVERIES, ("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem")),
            Grant(CONNECTIONS, ("dynamodb:Scan", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem")),
            Grant(CONNECTIONS, ("dynamodb:Query",), indexes=("byUser",)),
            Grant(NOTIFICATIONS_TOPIC, ("sns:Publish",)),
            Grant(DELIVERIES_QUEUE, ("sqs:SendMessage", "sqs:ChangeMessageVisibility")),
            Grant(SOCKETS, ("POST", "DELETE")),
        ),
        timeout_s=60,
        memory_mb=1024,  # fan-out is bound by the CPU: enough for three times its share of the quota
    ),
    Function(
        "Sweep",
        "app.handlers.deliveries.sweep",
        (Schedule(every_min=1),),
        (
            Grant(DELIVERIES, ("dynamodb:GetItem", "dynamodb:UpdateItem")),
            Grant(DELIVERIES, ("dynamodb:Query",), indexes=("pending",)),
            Grant(DELIVERIES_QUEUE, ("sqs:SendMessage",)),
        ),
        timeout_s=50,  # less than a minute, so that two seldom run at a time
    ),
    Function(
        "SendMail",
        "app.handlers.mails.send",
        # SES takes 14 mails a second from a new account; two invocations at a time are the fewest that AWS allows.
        (QueueSource(EMAIL_QUEUE, batch_size=1, max_concurrency=2),),
        (
            Grant(USERS, ("dynamodb:BatchGetItem", "dynamodb:Scan")),
            Grant(NOTIFICATIONS, ("dynamodb:BatchGetItem",)),
            Grant(CONNECTIONS, ("dynamodb:Query",), indexes=("byUser",)),
            Grant(DELIVERIES, ("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:DeleteItem")),
            Grant(EMAIL_QUEUE, ("sqs:SendMessage", "sqs:ChangeMessageVisibility")),
            Grant(EMAIL_SENDER, ("ses:SendEmail",)),
        ),
        timeout_s=38,  # less than the lease of a claim
    ),
    Function(
        "CreateTicket",
        "app.handlers.tickets.create",
        (HttpRoute("POST", "/tickets", weight=4),),
        (Grant(TICKETS, ("dynamodb:PutItem",)),),
    ),
    Function(
        "AuthorizeConnection",
        "app.handlers.tickets.authorize",
        (SocketAuthorizer(TICKET_PARAMETER),),
        (Grant(TICKETS, ("dynamodb:DeleteItem",)),),
    ),
    Function(
        "HandleConnection",
        "app.handlers.connections.handle",
        (SocketRoute("$connect", weight=2), SocketRoute("$disconnect", weight=2), SocketRoute("$default", weight=3)),
        (
            Grant(USERS, ("dynamodb:GetItem",)),
            Grant(NOTIFICATIONS, ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem")),
            Grant(NOTIFICATIONS, ("dynamodb:Query",), indexes=("byUser", "unread")),
            Grant(CONNECTIONS, ("dynamodb:PutItem", "dynamodb:DeleteItem")),
            Grant(CONNECTIONS, ("dynamodb:Query",), indexes=("byUser",)),
            Grant(SOCKETS, ("POST", "DELETE")),
        ),
    ),
    Function(
        "HandleDevices",
        "app.handlers.devices.handle",
        (HttpRoute("POST", "/devices"), HttpRoute("GET", "/devices"), HttpRoute("DELETE", "/devices/{deviceId}")),
        (Grant(USERS, ("dynamodb:GetItem",)), *_DEVICES),
    ),
    Function(
        "Push",
        "app.handlers.push.push",
        # One at a time: a message to fifty people may go to a thousand devices.
        (QueueSource(PUSH_QUEUE, batch_size=1, max_concurrency=5),),
        (
            Grant(USERS, ("dynamodb:BatchGetItem", "dynamodb:Scan")),
            Grant(DELIVERIES, ("dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:DeleteItem")),
            *_DEVICES,
            Grant(PUSH_ENDPOINTS, ("sns:Publish",)),
            Grant(PUSH_QUEUE, ("sqs:SendMessage", "sqs:ChangeMessageVisibility")),
        ),
        timeout_s=38,  # less than the lease of a claim
    ),
)


def variables() -> Iterable[str]:
    """Names every environment variable that a function receives."""
    yield from (table.variable for table in TABLES)
    yield NOTIFICATIONS_TOPIC.variable
    yield from (queue.variable for queue in QUEUES)
    yield USER_POOL.variable
    yield SOCKETS.variable
    yield EMAIL_SENDER.variable
    yield USERS_CACHE.variable
    yield from (application.variable for application in PUSH_APPLICATIONS)
