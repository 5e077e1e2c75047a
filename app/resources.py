"""Declares what is kept and handed on: tables with their indexes, topics, queues, and the quota that is shared out.

`app/catalogue.py` declares the rest, the functions and what they may touch, and has all of this too; it is only for
deploying and testing. Functions import no more than this: each dataclass costs a cold start half a millisecond.
"""

from dataclasses import dataclass
from typing import Literal

EVERYONE = "*"  # the reserved user id that owns what is addressed to everybody
ADMINS = "admins"  # the Cognito group whose members may act for others
ACCESS_SCOPE = "aws.cognito.signin.user.admin"  # carried by Cognito's access tokens and never by its id tokens
TICKET_PARAMETER = "ticket"  # of the WebSocket's URL


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

TABLES = (USERS, MESSAGES, NOTIFICATIONS, CONNECTIONS, DELIVERIES, DEVICES, TICKETS)
TOPICS = (NOTIFICATIONS_TOPIC, ALERTS_TOPIC)
QUEUES = (DELIVERIES_QUEUE, EMAIL_QUEUE, PUSH_QUEUE)
