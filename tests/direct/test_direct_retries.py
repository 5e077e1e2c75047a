"""What is asked again, how often and when: as in botocore's mode "standard"."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError
from botocore.retries.base import BaseRetryBackoff
from botocore.retries.standard import (
    DEFAULT_MAX_ATTEMPTS,
    ExponentialBackoff,
    RetryContext,
    ThrottledRetryableChecker,
    TransientRetryableChecker,
)

from app.direct.client import ATTEMPTS, THROTTLED, TRANSIENT, DirectClient
from app.direct.services import SERVICES
from app.errors import UnavailableError
from app.transport.answer import Answer
from app.transport.client import HttpClient, NoAnswerError
from app.transport.credentials import Credentials
from app.transport.endpoint import Endpoint
from app.transport.signature import Scope
from tests.direct.sdk import session

Heard = tuple[int, str] | Exception
FINE: Heard = (200, "{}")


@dataclass
class Wire:
    """Stands where the HTTP client is: it answers in turn, and keeps what it was asked."""

    answers: list[Heard]
    asked: list[bytes] = field(default_factory=list)

    async def ask(self, request: bytes) -> Answer:
        self.asked.append(request)
        heard = self.answers.pop(0)
        if isinstance(heard, Exception):
            raise heard
        answer = Answer(keeps_body=True)
        status, body = heard
        answer.feed(f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        return answer


def client(*answers: Heard) -> tuple[DirectClient, Wire]:
    """A client of DynamoDB whose keys change and whose clock moves with each try."""
    wire, ticks = Wire(list(answers)), iter(range(10))

    async def credentials() -> Credentials:
        return Credentials(f"KEY{len(wire.asked)}", "secret")

    endpoint, scope = Endpoint.parse("http://localhost"), Scope("eu-west-1", "dynamodb")
    protocol, http = SERVICES["dynamodb"].protocol, cast(HttpClient, wire)
    return DirectClient(protocol, endpoint, scope, credentials, http, lambda: 60.0 * next(ticks)), wire


def refused(code: str, status: int = 400) -> Heard:
    return status, f'{{"__type": "a#{code}", "message": "no"}}'


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The longest that each pause may be; none of them is waited for."""
    found: list[float] = []

    async def note(pause_s: float) -> None:
        found.append(pause_s)

    monkeypatch.setattr(asyncio, "sleep", note)
    monkeypatch.setattr(random, "uniform", lambda least, most: most - least)
    return found


def modelled() -> set[str]:
    """The errors that the models of our services call retryable."""
    shapes = [session().get_service_model(name) for name in SERVICES]
    return {error.name for model in shapes for error in model.error_shapes if "retryable" in error.metadata}


def test_the_names_of_what_passes_are_botocores() -> None:
    transient, throttled = TransientRetryableChecker(), ThrottledRetryableChecker()
    assert {*transient._transient_error_codes, *throttled._throttled_error_codes, *modelled()} == THROTTLED


def test_the_statuses_of_what_passes_are_botocores() -> None:
    assert set(TransientRetryableChecker()._transient_status_codes) == TRANSIENT


def test_there_are_as_many_attempts_as_botocore_makes() -> None:
    assert ATTEMPTS == DEFAULT_MAX_ATTEMPTS


async def test_the_pauses_are_as_long_as_botocores(waited: list[float]) -> None:
    direct, _ = client(refused("Throttling"), NoAnswerError(), FINE)
    await direct.get_item(TableName="T")
    backoff: BaseRetryBackoff = ExponentialBackoff(random=lambda: 1)
    assert waited == [backoff.delay_amount(RetryContext(attempt_number=number)) for number in (1, 2)]


@pytest.mark.parametrize("first", [(500, ""), refused("SlowDown"), NoAnswerError(), (200, "[]")], ids=repr)
async def test_every_try_is_signed_anew(waited: list[float], first: Heard) -> None:
    direct, wire = client(first, first, FINE)
    assert await direct.get_item(TableName="T") == {}
    signatures = [request.partition(b"Credential=")[2][:4] for request in wire.asked]
    dates = {request.partition(b"X-Amz-Date: ")[2][:16] for request in wire.asked}
    assert (signatures, len(dates), len(waited)) == ([b"KEY0", b"KEY1", b"KEY2"], 3, 2)


@pytest.mark.parametrize(
    "heard", [refused("ValidationException"), (404, ""), (301, ""), refused("TransactionCanceledException")], ids=repr
)
async def test_what_will_be_the_same_the_next_time_is_not_asked_again(waited: list[float], heard: Heard) -> None:
    direct, wire = client(heard)
    with pytest.raises(ClientError):
        await direct.get_item(TableName="T")
    assert (len(wire.asked), waited) == (1, [])


@pytest.mark.parametrize("last", [NoAnswerError(), (200, "[]")], ids=repr)
async def test_the_last_failure_is_the_one_that_is_told(waited: list[float], last: Heard) -> None:
    direct, _ = client(refused("Throttling"), (500, ""), last)
    with pytest.raises(UnavailableError):
        await direct.get_item(TableName="T")
    direct, _ = client(last, last, refused("Throttling"))
    with pytest.raises(ClientError, match="Throttling"):
        await direct.get_item(TableName="T")
    assert len(waited) == 4


async def test_without_credentials_nothing_is_asked_again(waited: list[float]) -> None:
    async def nobody() -> Credentials:
        raise UnavailableError

    direct, wire = client()
    direct.credentials = nobody
    with pytest.raises(UnavailableError):
        await direct.get_item(TableName="T")
    assert (wire.asked, waited) == ([], [])


@pytest.mark.parametrize("text", ["\ud800", {1, 2}, 1 << 64])
async def test_what_has_no_json_is_a_bug_and_not_an_outage(text: Any) -> None:
    direct, wire = client()
    with pytest.raises(TypeError):
        await direct.get_item(TableName=text)
    assert wire.asked == []
