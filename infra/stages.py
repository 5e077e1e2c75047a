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
    http_throttle: Throttle
    socket_throttle: Throttle
    # API Gateway writes the access logs of WebSocket APIs with one role per account and region. True sets that role,
    # for the whole account; False where the account has one already (without any, the deployment fails and says so).
    sets_account_log_role: bool
    # The ARNs of SNS's platform applications. Without one, devices of that kind are refused. Somebody makes them by
    # hand, because their credentials, which FCM and APNs give out, do not belong into a template.
    fcm_application: str | None = None
    apns_application: str | None = None
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    # The address that mail comes from, which SES has verified, or its domain; without one no mail is sent.
    email_sender: str | None = None
    # Whether the stage has ECR scan what is pushed to the repository of CDK's bootstrap. One stack may set it for the
    # account and region; a second one, or an account with a setting of its own, leaves it alone.
    sets_image_scanning: bool = False
    alert_addresses: tuple[str, ...] = ()  # who gets mail from the alarms; each address has to confirm once

    @property
    def removal(self) -> RemovalPolicy:
        """What becomes of data when the stack goes."""
        return RemovalPolicy.RETAIN if self.keeps_data else RemovalPolicy.DESTROY


# Requests of both APIs and the posts to @connections share one bucket of 10,000 a second in the whole account, so the
# rates below leave most of it to the fan-out. New WebSocket connections have a quota of their own: 500 a second.
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
    http_throttle=Throttle(rate=100, burst=200),
    socket_throttle=Throttle(rate=100, burst=200),
    sets_account_log_role=True,
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
    http_throttle=Throttle(rate=1000, burst=1000),
    socket_throttle=Throttle(rate=1000, burst=1000),
    sets_account_log_role=True,
    email_sender="no-reply@example.com",  # put the site's own sender here, or None
    sets_image_scanning=True,
    alert_addresses=("alerts@example.com",),  # put those who look after the site here before the first deployment
)

STAGES = {stage.name: stage for stage in (_DEV, _PROD)}
