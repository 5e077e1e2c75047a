"""The border to AWS: clients that are opened once, and one place where its errors become ours."""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from app.direct import services
from app.direct.client import DirectClient
from app.errors import (
    AbsentError,
    AwsError,
    ConditionFailedError,
    ExistsError,
    GoneError,
    RefusedError,
    ThrottledError,
    UnavailableError,
)
from app.transport.credentials import Credentials, SdkCredentials, of_environment

Call: TypeAlias = Callable[..., Awaitable[dict[str, Any]]]  # a Service below, or what a test puts in its place
ServiceName = Literal["dynamodb", "sns", "sqs", "sesv2", "cognito-idp", "apigatewaymanagementapi"]

CONNECT_TIMEOUT_S = 0.5
READ_TIMEOUT_S = 2.0
MAIL_READ_TIMEOUT_S = 5.0  # of those who hand over a mail before they answer: Cognito its invitations
ATTEMPTS = 3
_MAILING = ("cognito-idp", "sesv2")
POOL = 64  # connections of each client; as many posts are in flight at a time

# What AWS calls it -> what it means here. What is neither here nor throttling nor a 5xx is a bug of ours.
MEANINGS: Mapping[str, type[AwsError | UnavailableError]] = {
    "ConditionalCheckFailedException": ConditionFailedError,
    "TransactionConflictException": ThrottledError,
    "TransactionInProgressException": ThrottledError,
    "ProvisionedThroughputExceededException": ThrottledError,
    "RequestLimitExceeded": ThrottledError,
    "ThrottlingException": ThrottledError,
    "ThrottledException": ThrottledError,
    "Throttling": ThrottledError,
    "TooManyRequestsException": ThrottledError,
    "LimitExceededException": ThrottledError,
    "ReplicatedWriteConflictException": ThrottledError,
    "KMSThrottlingException": ThrottledError,
    "KMSThrottling": ThrottledError,
    "RequestThrottled": ThrottledError,
    "KmsThrottled": ThrottledError,
    "KMS.ThrottlingException": ThrottledError,
    "CodeDeliveryFailureException": UnavailableError,
    "AccountSuspendedException": UnavailableError,  # these three are for somebody to mend, too
    "SendingPausedException": UnavailableError,
    "MailFromDomainNotVerifiedException": UnavailableError,
    "UserNotFoundException": AbsentError,
    "UsernameExistsException": ExistsError,
    "GoneException": GoneError,
    "NotFound": AbsentError,
    "EndpointDisabled": GoneError,
    "PlatformApplicationDisabled": UnavailableError,  # its credentials have ended: for somebody to mend
    "InvalidParameter": RefusedError,
    "InvalidParameterException": RefusedError,
    "PayloadTooLargeException": RefusedError,
    "ForbiddenException": UnavailableError,  # a wrong stage or role: for somebody to mend, not to pass over
    "BadRequestException": RefusedError,
    # @connections answers some of these without a name; the SDK then takes the status for one.
    "403": UnavailableError,
    "410": GoneError,
    "413": RefusedError,
}
# SNS calls many things InvalidParameter, and tells these two apart from the others by its text only.
_TAKEN = re.compile(r"Endpoint (arn:\S+) already exists with the same Token")
_NO_ENDPOINT = "No endpoint found for the target arn specified"
_RETRY_LATER = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


@dataclass(slots=True)
class Clients:
    """The AWS clients of one execution environment: opened at first use, kept until `close`.

    Those of `app.direct` need no SDK; the others are aioboto3's.
    """

    management_endpoint: str
    _open: dict[str, Any] = field(default_factory=dict)
    _exits: AsyncExitStack = field(default_factory=AsyncExitStack)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _session: Any = None

    async def get(self, name: ServiceName) -> Any:
        """Returns the client of one service; who signs, and the region, is found as the SDK finds it."""
        if name not in services.SERVICES:
            return await self.sdk(name)
        if name not in self._open:
            self._open[name] = self._direct(name)
            self._exits.push_async_callback(self._open[name].close)
        return self._open[name]

    async def sdk(self, name: ServiceName) -> Any:
        """Returns the SDK's client of one service."""
        async with self._lock:
            key = f"{name} of the SDK"
            if key not in self._open:
                self._open[key] = await self._exits.enter_async_context(self._make(name))
            return self._open[key]

    def session(self) -> Any:
        """Returns the SDK's session; the first call imports the SDK."""
        import aioboto3  # noqa: PLC0415 - the dearest import of all, and most functions do without it

        self._session = self._session or aioboto3.Session()
        return self._session

    def region(self) -> str:
        """Returns the region; where the environment has none, as the SDK finds it."""
        named = None if self._session else os.environ.get("AWS_DEFAULT_REGION")
        return named or str(self.session().region_name)

    async def credentials(self) -> Credentials:
        """Returns who signs, as the SDK finds it: Lambda's variables, or the rest of its chain of providers.

        Raises UnavailableError where there is nobody.
        """
        found = None if self._session else of_environment(os.environ)
        return found or await SdkCredentials(self.session)()

    async def close(self) -> None:
        await self._exits.aclose()
        self._open.clear()

    def _direct(self, name: ServiceName) -> DirectClient:
        region = self.region()
        management = name == "apigatewaymanagementapi"
        url = self.management_endpoint if management else services.url(name, region, os.environ)
        return services.client(name, url, region, self.credentials, READ_TIMEOUT_S, POOL)

    def _make(self, name: ServiceName) -> Any:
        from aiobotocore.config import AioConfig  # noqa: PLC0415 - see session

        config = AioConfig(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=MAIL_READ_TIMEOUT_S if name in _MAILING else READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=POOL,
        )
        endpoint = self.management_endpoint if name == "apigatewaymanagementapi" else None
        return self.session().client(name, config=config, endpoint_url=endpoint)


@dataclass(frozen=True, slots=True)
class Service:
    """One AWS service as a callable: `await dynamodb("get_item", TableName=...)`."""

    clients: Clients
    name: ServiceName

    async def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Returns AWS's answer; raises an AwsError, UnavailableError, ThrottledError, or the SDK's own for our bugs."""
        client = await self.client()
        try:
            answer: dict[str, Any] = await getattr(client, operation)(**parameters)
        except Exception as error:
            meaning = _ours(error)
            if meaning is None:
                raise
            raise meaning from None  # the SDK's text may repeat what was sent
        return answer

    async def client(self) -> Any:
        return await self.clients.get(self.name)


@dataclass(frozen=True, slots=True)
class SdkService(Service):
    """The same by the SDK, also where there is a direct way."""

    async def client(self) -> Any:
        return await self.clients.sdk(self.name)


def _ours(error: Exception) -> Exception | type[Exception] | None:
    """Returns what to raise in place of an error of the SDK; None for our own, and for what is a bug of ours."""
    if isinstance(error, AwsError | UnavailableError):
        return None
    from botocore.exceptions import ClientError, HTTPClientError  # noqa: PLC0415 - imported where something fails
    from botocore.exceptions import ConnectionError as NotConnectedError  # noqa: PLC0415

    if isinstance(error, ClientError):
        return _told_by_text(error.response) or _meaning(error.response)
    from botocore.parsers import ResponseParserError  # noqa: PLC0415 - dear, but then the SDK is there already

    unreachable = isinstance(error, HTTPClientError | NotConnectedError | ResponseParserError)
    return UnavailableError if unreachable else None


def _meaning(response: Mapping[str, Any]) -> type[AwsError | UnavailableError] | None:
    code = response.get("Error", {}).get("Code", "")
    if code == "TransactionCanceledException":
        return _cancelled({reason.get("Code") for reason in response.get("CancellationReasons", ())})
    if code == "MessageRejected":
        return _rejected(response.get("Error", {}).get("Message", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in MEANINGS:
        return MEANINGS[code]
    if status == 429:
        return ThrottledError
    return UnavailableError if status >= 500 else None


def _told_by_text(response: Mapping[str, Any]) -> AwsError | None:
    error = response.get("Error", {})
    text = str(error.get("Message", ""))
    if error.get("Code") != "InvalidParameter":
        return None
    if taken := _TAKEN.search(text):
        return ExistsError(taken[1])
    return AbsentError() if _NO_ENDPOINT in text else None


def _cancelled(reasons: set[str | None]) -> type[AwsError | UnavailableError] | None:
    if "ConditionalCheckFailed" in reasons:
        return ConditionFailedError
    return ThrottledError if reasons & _RETRY_LATER else None


def _rejected(text: str) -> type[AwsError | UnavailableError]:
    # SES has one name for a mail that it will never take, and for a sender that nobody has verified yet; an account in
    # SES's sandbox says the same of recipients.
    return UnavailableError if "is not verified" in text else RefusedError
