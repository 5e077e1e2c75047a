"""Declares the whole system once: tables, topics, functions, what invokes them and what they may touch.

`infra/` turns this into CDK resources, the handlers take their names from it, the tests take their tables.
Standard library only, so that reading it costs nothing at a cold start and nothing at a synth.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

EVERYONE = "*"  # the reserved user id that owns what is addressed to everybody
ADMINS = "admins"  # the Cognito group whose members may act for others
ACCESS_SCOPE = "aws.cognito.signin.user.admin"  # carried by Cognito's access tokens and never by its id tokens


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index; every key is a string unless named in the table's `numbers`."""

    name: str
    partition: str
    sort: str | None = None
    projection: Literal["ALL", "KEYS_ONLY"] = "ALL"


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table; every key is a string unless named in `numbers`."""

    name: str
    partition: str
    sort: str | None = None
    indexes: tuple[Index, ...] = ()
    ttl: str | None = None  # the attribute that holds the expiry, in epoch seconds
    numbers: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The environment variable that carries the deployed name."""
        return f"{self.name.upper()}_TABLE"

    def index(self, name: str) -> Index:
        return next(index for index in self.indexes if index.name == name)


@dataclass(frozen=True, slots=True)
class Topic:
    """An SNS topic."""

    name: str
    alarms: bool = False  # whether CloudWatch alarms publish to it, and not the functions

    @property
    def variable(self) -> str:
        """The environment variable that carries the deployed ARN."""
        return f"{self.name.upper()}_TOPIC"


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue with a dead-letter queue behind it."""

    name: str
    max_receives: int  # what fails as often goes to the dead-letter queue; AWS advises at least 5
    topic: Topic | None = None  # whose messages it gets, each as it was published
    delay_s: int = 0  # before what comes in is received for the first time; SQS allows 900

    @property
    def variable(self) -> str:
        """The environment variable that carries the deployed URL."""
        return f"{self.name.upper()}_QUEUE"


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


Resource: TypeAlias = Table | Topic | Queue | UserPool | Connections | EmailSender | PushApplication | PushEndpoints


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

    `indexes` lists the indexes of a table that the actions also cover.
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
    memory_mb: int = 512


# API Gateway counts the posts to @connections, and the requests to both APIs, of the whole account in one bucket. The
# workers of the queue together keep to 60 % of it; each environment that sends directly has a small share of its own,
# and infra/stages.py says how many there are. docs/limits.md adds it all up.
QUOTA_PER_S = 10_000
WORKERS = 5  # invocations at a time
WORKER_POSTS_PER_S = 1_200
DIRECT_POSTS_PER_S = 100

USERS = Table("Users", "userId")
MESSAGES = Table("Messages", "messageId", "userId", (Index("byRecipient", "userId", "createdAt"),))
NOTIFICATIONS = Table(
    "Notifications",
    "notificationId",
    "userId",
    # `unread` holds the user id for as long as the notification is unread, and `seen` the message id from when a device
    # has acknowledged it, so these two indexes are sparse.
    (
        Index("byUser", "userId", "createdAt"),
        Index("unread", "unread", "createdAt", "KEYS_ONLY"),
        Index("seen", "seen", projection="KEYS_ONLY"),
    ),
)
CONNECTIONS = Table(
    "Connections",
    "connectionId",
    # Sorted by expiry, so that one key condition leaves out the connections whose token has ended.
    indexes=(Index("byUser", "userId", "expiresAt", "KEYS_ONLY"),),
    ttl="expiresAt",
    numbers=("expiresAt",),
)
DELIVERIES = Table(
    "Deliveries",
    "messageId",
    # `pending` holds the state and a shard number until the delivery is done, so the second index is sparse.
    indexes=(Index("bySender", "senderId", "createdAt"), Index("pending", "pending", "pendingSince", "KEYS_ONLY")),
    ttl="expiresAt",
)
DEVICES = Table("Devices", "userId", "deviceId")
TICKETS = Table("Tickets", "ticket", ttl="expiresAt")

NOTIFICATIONS_TOPIC = Topic("notifications")
ALERTS_TOPIC = Topic("alerts", alarms=True)

DELIVERIES_QUEUE = Queue("deliveries", max_receives=5)
# Mail waits until it is known whom the connections have reached. Ten receives take an hour: SES's limits need patience.
EMAIL_QUEUE = Queue("email", max_receives=10, topic=NOTIFICATIONS_TOPIC, delay_s=10)
PUSH_QUEUE = Queue("push", max_receives=10, topic=NOTIFICATIONS_TOPIC)

USER_POOL = UserPool()
SOCKETS = Connections()
EMAIL_SENDER = EmailSender()
PUSH_APPLICATIONS = (PushApplication("fcm"), PushApplication("apns"))
PUSH_ENDPOINTS = PushEndpoints()

TABLES = (USERS, MESSAGES, NOTIFICATIONS, CONNECTIONS, DELIVERIES, DEVICES, TICKETS)
TOPICS = (NOTIFICATIONS_TOPIC, ALERTS_TOPIC)
QUEUES = (DELIVERIES_QUEUE, EMAIL_QUEUE, PUSH_QUEUE)

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
    ),
    Function(
        "GetUser",
        "app.handlers.users.get",
        (HttpRoute("GET", "/users/{userId}", weight=4),),
        (Grant(USERS, ("dynamodb:GetItem",)),),
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
            Grant(CONNECTIONS, ("dynamodb:Query", "dynamodb:DeleteItem"), indexes=("byUser",)),
            *_DEVICES,
            Grant(MESSAGES, ("dynamodb:Query", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem")),
            Grant(MESSAGES, ("dynamodb:Query",), indexes=("byRecipient",)),
            Grant(
                NOTIFICATIONS, ("dynamodb:Query", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem"), indexes=("byUser",)
            ),
            Grant(
                DELIVERIES,
                (
                    "dynamodb:Query",
                    "dynamodb:GetItem",
                    "dynamodb:PutItem",
                    "dynamodb:BatchWriteItem",
                    "dynamodb:DeleteItem",
                ),
                indexes=("bySender",),
            ),
            Grant(USER_POOL, ("cognito-idp:AdminDeleteUser",)),
            Grant(SOCKETS, ("DELETE",)),
        ),
        timeout_s=25,
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
            Grant(
                CONNECTIONS, ("dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"), indexes=("byUser",)
            ),
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
            Grant(
                MESSAGES,
                ("dynamodb:Query", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"),
                indexes=("byRecipient",),
            ),
            Grant(
                NOTIFICATIONS,
                ("dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"),
                indexes=("byUser", "unread", "seen"),
            ),
            Grant(DELIVERIES, ("dynamodb:Query", "dynamodb:GetItem"), indexes=("bySender",)),
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
            Grant(
                CONNECTIONS,
                ("dynamodb:Query", "dynamodb:Scan", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"),
                indexes=("byUser",),
            ),
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
            Grant(DELIVERIES, ("dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem"), indexes=("pending",)),
            Grant(DELIVERIES_QUEUE, ("sqs:SendMessage",)),
        ),
        timeout_s=50,  # less than a minute, so that two seldom run at a time
        memory_mb=256,  # nobody waits for it
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
        memory_mb=256,  # nobody waits for it
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
        (SocketAuthorizer("ticket"),),
        (Grant(TICKETS, ("dynamodb:DeleteItem",)),),
    ),
    Function(
        "HandleConnection",
        "app.handlers.connections.handle",
        (SocketRoute("$connect", weight=2), SocketRoute("$disconnect", weight=2), SocketRoute("$default", weight=3)),
        (
            Grant(USERS, ("dynamodb:GetItem",)),
            Grant(
                NOTIFICATIONS,
                ("dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:UpdateItem"),
                indexes=("byUser", "unread"),
            ),
            Grant(CONNECTIONS, ("dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:Query"), indexes=("byUser",)),
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
        timeout_s=30,  # less than the lease of a claim
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
    yield from (application.variable for application in PUSH_APPLICATIONS)
