"""One client for one service: it asks, waits a little where that helps, asks again, and says what came of it."""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.direct.protocols import Refusal, UnreadableError, WireProtocol
from app.errors import UnavailableError
from app.transport.answer import Answer
from app.transport.client import HttpClient, NoAnswerError
from app.transport.credentials import CredentialSource
from app.transport.endpoint import Endpoint
from app.transport.signature import HttpRequest, Scope, signed

ATTEMPTS = 3
MOST_PAUSE_S = 1.0  # before the second attempt, and twice that before the third; each is drawn from zero to this
# What may go otherwise a moment later: botocore's mode "standard" has the same lists.
TRANSIENT = frozenset({500, 502, 503, 504})
THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "RequestThrottled",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)


@dataclass(slots=True)
class DirectClient:
    """Has a method for each operation of its service, by the SDK's name: `await client.get_item(TableName=...)`.

    Each returns the members of the answer. Raises botocore's ClientError for what AWS refuses, and UnavailableError
    if nobody answers in so many attempts.
    """

    protocol: WireProtocol
    endpoint: Endpoint
    scope: Scope
    credentials: CredentialSource
    http: HttpClient
    clock: Callable[[], float] = field(default=time.time)

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[dict[str, Any]]]:
        if operation.startswith("_"):
            raise AttributeError(operation)
        return partial(self._call, operation)

    async def close(self) -> None:
        await self.http.close()

    async def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        request = self.protocol.request(operation, parameters, self.endpoint.base)
        failure: Exception = UnavailableError()
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(random.uniform(0, MOST_PAUSE_S * attempt))  # noqa: S311 - jitter, no secret
            try:
                answer = await self._ask(request)
                if answer.status < 300:
                    return self.protocol.members(answer)
            except (NoAnswerError, UnreadableError):
                failure = UnavailableError()
                continue
            refusal = self.protocol.refusal(answer)
            failure = _client_error(refusal, answer.status, operation)
            if answer.status not in TRANSIENT and refusal.code not in THROTTLED:
                break
        raise failure

    async def _ask(self, request: HttpRequest) -> Answer:
        credentials = await self.credentials()
        traced = HttpRequest(request.method, request.path, request.body, {**request.headers, **_about()})
        return await self.http.ask(signed(traced, self.endpoint, self.scope, credentials, self.clock()))


def _about() -> dict[str, str]:
    """Who asks, and within which trace of X-Ray: SQS and SNS hand that on."""
    about = {"User-Agent": "site-communications"}
    trace = os.environ.get("_X_AMZN_TRACE_ID")
    return about | ({"X-Amzn-Trace-Id": trace} if trace else {})


def _client_error(refusal: Refusal, status: int, operation: str) -> Exception:
    """Returns an error that is called what AWS calls it, as the SDK's are: our log has no more of it than that."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - not before something is refused

    answer = {
        "Error": {"Code": refusal.code, "Message": refusal.text},
        "ResponseMetadata": {"HTTPStatusCode": status},
        "CancellationReasons": refusal.members.get("CancellationReasons", []),
    }
    kind: type[Exception] = type(refusal.code, (ClientError,), {}) if refusal.code.isidentifier() else ClientError
    return kind(answer, operation)
