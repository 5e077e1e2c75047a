"""What differs between the deployments, as data; everything else is the same everywhere."""

from dataclasses import dataclass
from typing import Literal

from aws_cdk import RemovalPolicy
from aws_cdk.aws_lambda import ApplicationLogLevel
from aws_cdk.aws_logs import RetentionDays


@dataclass(frozen=True, slots=True)
class Throttle:
    """A token bucket of one API's stage; a stage without one has been seen refusing every WebSocket handshake."""

    rate: int  # requests per second
    burst: int  # requests


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How many invocations of one function may run at a time."""

    function: str  # its name in the catalogue
    reserved: int | None = None  # at most so many, and no other function takes them away; None leaves both open
    provisioned: int = 0  # so many environments are kept started and paid for; they are part of the reserved ones


@dataclass(frozen=True, slots=True)
class OnDemand:
    """Tables that are paid by the request, up to a ceiling for each table and each of its indexes."""

    most_reads: int  # request units a second: 4 KiB read consistently are one
    most_writes: int  # request units a second: 1 KiB written is one, or two in a transaction


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Tables whose capacity is paid by the hour and follows the load, by Application Auto Scaling.

    It follows within minutes, so what comes in a burst is throttled. It is the cheaper one where the load is even: on
    average above about 30 % of what is provisioned, by the prices of 2026.
    """

    least: int  # units of reading, and of writing, for each table and each index
    most: int
    target_percent: int  # of the capacity that is used; AWS allows 20 to 90


@dataclass(frozen=True, slots=True)
class Edge:
    """CloudFront with a firewall in front of the HTTP API; infra/edge.py."""

    requests_per_5_min: int  # from one address, behind which there may be a whole office; WAF allows 10 and more
    name: str | None = None  # a host name of one's own, and the ARN of its certificate, which is in us-east-1
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """A host name of one's own; API Gateway wants another one for each API."""

    host: str
    certificate: str  # its ARN, in the region of the stage


@dataclass(frozen=True, slots=True)
class UsersCache:
    """A DAX cluster for what people see of each other; infra/cache.py. Its nodes are paid by the hour."""

    node_type: str  # "dax.t3.small" is the smallest
    nodes: int  # AWS advises three; a cluster of one is away while it is maintained
    ttl_s: int  # for as long others may see what somebody has changed, or that they were here


@dataclass(frozen=True, slots=True)
class Stage:
    """One deployment of the system."""

    name: str  # also the name of the WebSocket API's stage, and so a part of its address
    origins: tuple[str, ...]  # the sites whose pages may call the HTTP API
    self_sign_up: bool  # whether strangers may register, or only administrators add people
    password_sign_in: bool  # whether the client may send the password itself and not only its proof (SRP)
    access_token_h: int  # Cognito allows 24 hours at most; a WebSocket connection ends with its token
    refresh_token_d: int
    keeps_data: bool  # tables, people and logs survive the stack, and cannot be deleted by mistake
    log_retention: RetentionDays
    log_level: ApplicationLogLevel
    http_throttle: Throttle  # divided among the routes by their weights in the catalogue
    socket_throttle: Throttle
    capacity: OnDemand | Provisioned
    sends_per_min: int  # messages that one person may send
    # API Gateway writes the access logs of WebSocket APIs with one role per account and region. True sets that role,
    # for the whole account; False where the account has one already (without any, the deployment fails and says so).
    sets_account_log_role: bool
    # The ARNs of SNS's platform applications. Without one, devices of that kind are refused. Somebody makes them by
    # hand, because their credentials, which FCM and APNs give out, do not belong into a template.
    fcm_application: str | None = None
    apns_application: str | None = None
    concurrency: tuple[Concurrency, ...] = ()
    edge: Edge | None = None
    http_name: Name | None = None  # beside API Gateway's own; a stage with an edge has its name there
    socket_name: Name | None = None
    users_cache: UsersCache | None = None
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    # The address that mail comes from, which SES has verified, or its domain; without one no mail is sent.
    email_sender: str | None = None
    # The digest of a released image, which lies in the repository of infra/release.py; without one it is built.
    image_digest: str | None = None
    # Whether the stage has ECR scan what is pushed to the repository of CDK's bootstrap. One stack may set it for the
    # account and region; a second one, or an account with a setting of its own, leaves it alone.
    sets_image_scanning: bool = False
    alert_addresses: tuple[str, ...] = ()  # who gets mail from the alarms; each address has to confirm once

    def concurrency_of(self, function: str) -> Concurrency:
        return next((each for each in self.concurrency if each.function == function), Concurrency(function))

    @property
    def removal(self) -> RemovalPolicy:
        """What becomes of data when the stack goes."""
        return RemovalPolicy.RETAIN if self.keeps_data else RemovalPolicy.DESTROY


# Requests of both APIs and the posts to @connections share one bucket of 10,000 a second in the whole account and
# region: docs/limits.md adds them up, and a test holds the sum. New WebSocket connections have a quota of their own,
# 500 a second.
_DEV = Stage(
    name="dev",
    origins=("*",),  # callers show a bearer token and no cookie, so another site's page gains nothing
    self_sign_up=True,
    password_sign_in=True,
    access_token_h=12,
    refresh_token_d=30,
    keeps_data=False,
    log_retention=RetentionDays.ONE_WEEK,
    log_level=ApplicationLogLevel.DEBUG,
    http_throttle=Throttle(rate=400, burst=400),
    socket_throttle=Throttle(rate=140, burst=280),
    capacity=OnDemand(most_reads=2_000, most_writes=2_000),
    sends_per_min=600,  # for tests and demonstrations, in which few people send much
    sets_account_log_role=True,  # no concurrency is reserved: the quota of a new account does not allow it
)

_PROD = Stage(
    name="prod",
    origins=("https://www.example.com",),  # put the site's own origin here before the first deployment
    self_sign_up=False,
    password_sign_in=False,
    access_token_h=1,
    refresh_token_d=30,
    keeps_data=True,
    log_retention=RetentionDays.THREE_MONTHS,
    log_level=ApplicationLogLevel.INFO,
    http_throttle=Throttle(rate=800, burst=800),
    socket_throttle=Throttle(rate=560, burst=560),
    capacity=OnDemand(most_reads=20_000, most_writes=20_000),
    sends_per_min=60,
    sets_account_log_role=True,
    email_sender="no-reply@example.com",  # put the site's own sender here, or None
    sets_image_scanning=True,
    alert_addresses=("alerts@example.com",),  # put those who look after the site here before the first deployment
    concurrency=(
        Concurrency("SendMessage", reserved=20, provisioned=2),
        Concurrency("HandleConnection", reserved=200, provisioned=2),
        Concurrency("AuthorizeConnection", reserved=60),  # without it nobody connects
    ),
)

STAGES = {stage.name: stage for stage in (_DEV, _PROD)}
