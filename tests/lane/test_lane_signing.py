"""Signatures, byte for byte those of the request that botocore itself would send at the same instant."""

import calendar
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import botocore.session
import pytest
from aiobotocore.credentials import AioCredentials
from botocore.awsrequest import AWSResponse
from botocore.exceptions import CredentialRetrievalError
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.signing import Signer
from app.errors import UnavailableError
from app.models.ids import ConnectionId
from app.transport.credentials import Credentials, SdkCredentials
from app.transport.endpoint import Endpoint
from tests.lane.posting import PAYLOAD, REGION

KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
STAGE = "https://abc123.execute-api.eu-west-1.amazonaws.com/prod"
ENDPOINTS = [
    STAGE,
    f"{STAGE}/",
    "https://sockets.example.com",
    "https://sockets.example.com/some/base",
    "https://sockets.example.com:443/v1",
    "https://Sockets.Example.com:8443/v1",
    "https://sockets.example.com/a%20b+c~d@e",
    "http://127.0.0.1:4566/_aws/execute-api/abc123/dev",
    "http://localhost:80/dev",
    "http://[::1]:4566/dev",
]
IDS = [
    "L0SM9cOFvHcCIhw=",
    "a+b/c==",
    "100%",
    "%3D",
    "straße ✓",
    "a b",
    "a?b#c&d=e",
    "~._-",
    "@connections",
    "\x00\n",
    "x",
]
NOON = calendar.timegm((2026, 11, 22, 12, 0, 0))


@cache
def botocore_client(url: str, keys: Credentials) -> tuple[Any, list[Any]]:
    """A client that keeps its requests instead of sending them."""
    session, sent = botocore.session.Session(), list[Any]()
    session.set_credentials(*keys)
    client = session.create_client("apigatewaymanagementapi", region_name=REGION, endpoint_url=url)

    def keep(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        answer = AWSResponse(request.url, 200, {}, None)
        answer._content = b""
        return answer

    client.meta.events.register("before-send", keep)
    return client, sent


def of_botocore(url: str, keys: Credentials, name: str, payload: bytes) -> tuple[str, dict[str, str]]:
    """The request target and the headers that SigV4 is about."""
    client, sent = botocore_client(url, keys)
    client.post_to_connection(ConnectionId=name, Data=payload)
    request = sent.pop()
    wanted = ("X-Amz-Date", "X-Amz-Security-Token", "Authorization", "Content-Length")
    headers = {name: request.headers[name] for name in wanted if name in request.headers}
    target = "/" + request.url.partition("//")[2].partition("/")[2]
    return target, {name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}


def parsed(request: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    method, target, version = first.split(" ")
    assert (method, version) == ("POST", "HTTP/1.1")
    return target, dict(line.split(": ", 1) for line in lines), body


def signer(url: str = STAGE, keys: Credentials = KEYS, now: Callable[[], float] = lambda: NOON) -> Signer:
    return Signer(Endpoint.parse(url), REGION, keys, PAYLOAD, now)


def assert_equal(url: str, keys: Credentials, name: str, payload: bytes) -> None:
    target, headers = of_botocore(url, keys, name, payload)
    instant = calendar.timegm(time.strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
    ours = Signer(Endpoint.parse(url), REGION, keys, payload, lambda: instant + 0.9)
    found, found_headers, body = parsed(ours.request(ConnectionId(name)))
    assert found_headers.pop("Host")
    assert (found, found_headers, body) == (target, headers, payload)


@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzE+/=" * 60])
@pytest.mark.parametrize("url", ENDPOINTS)
def test_the_request_is_the_one_of_botocore(url: str, token: str | None) -> None:
    for name in IDS:
        assert_equal(url, KEYS._replace(token=token), name, PAYLOAD)


@given(st.text(min_size=1).filter(lambda name: name not in (".", "..")), st.binary())
def test_the_request_is_the_one_of_botocore_for_any_id_and_payload(name: str, payload: bytes) -> None:
    assert_equal(STAGE, KEYS, name, payload)


@pytest.mark.parametrize("length", [1, 59, 60, 61, 200])
def test_a_secret_may_have_any_length(length: int) -> None:
    assert_equal(STAGE, KEYS._replace(secret_key="s" * length), "c=", PAYLOAD)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (STAGE, "abc123.execute-api.eu-west-1.amazonaws.com"),
        ("https://h.example:443/x", "h.example"),
        ("http://H.example:443/x", "h.example:443"),
        ("http://[::1]:4566/dev", "[::1]:4566"),
        ("https://[::1]/dev", "[::1]"),
    ],
)
def test_the_host_is_named_as_it_was_signed(url: str, host: str) -> None:
    assert parsed(signer(url).request(ConnectionId("c=")))[1]["Host"] == host


@pytest.mark.parametrize("name", ["", ".", "..", "\ud800"])
def test_what_names_another_resource_is_no_id(name: str) -> None:
    with pytest.raises(ValueError, match=r"not a connection id|surrogates"):
        signer().request(ConnectionId(name))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "h.example/prod",
        "ftp://h/x",
        "https:///x",
        "https://h/a/../b",
        "https://h/é",
        "https://h/x?y=1",
        "https://u@h/x",
    ],
)
def test_what_is_no_management_endpoint_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not the"):
        Endpoint.parse(url)


def test_doubled_slashes_are_signed_as_they_are_sent() -> None:
    target, headers, _ = parsed(signer("https://h.example//a//b").request(ConnectionId("c=")))
    single, single_headers, _ = parsed(signer("https://h.example/a/b").request(ConnectionId("c=")))
    assert (target, headers) == (single, single_headers)


@pytest.mark.parametrize(("passed_s", "renewed"), [(0, False), (59.9, False), (60, True), (3600, True), (-1, True)])
def test_a_signature_is_never_older_than_a_minute_nor_from_the_future(passed_s: float, renewed: bool) -> None:
    now = [NOON + 0.5]
    ours = signer(now=lambda: now[0])
    before = parsed(ours.request(ConnectionId("c=")))[1]["X-Amz-Date"]
    now[0] += passed_s
    after = parsed(ours.request(ConnectionId("c=")))[1]["X-Amz-Date"]
    expected = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now[0])) if renewed else before
    assert after == expected


def test_at_midnight_the_day_changes_at_once() -> None:
    midnight = calendar.timegm((2026, 11, 23, 0, 0, 0))
    now = [midnight - 1.0]
    ours = signer(now=lambda: now[0])
    assert b"/20261122/" in ours.request(ConnectionId("c="))
    now[0] = midnight
    request = ours.request(ConnectionId("c="))
    assert b"/20261123/" in request
    assert b"X-Amz-Date: 20261123T000000Z" in request


def test_other_credentials_are_used_at_once() -> None:
    ours, other = signer(), Credentials("AKIDOTHER", "other", "token")
    ours.use(other)
    assert ours.request(ConnectionId("c=")) == signer(keys=other).request(ConnectionId("c="))


class Session:
    """Stands in for the SDK's session: a provider chain that answers in turn."""

    def __init__(self, *answers: AioCredentials | Exception | None) -> None:
        self.answers = list(answers)

    async def get_credentials(self) -> AioCredentials | None:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_credentials_are_asked_of_the_sdk_each_time() -> None:
    session = Session(AioCredentials("a", "b"), AioCredentials("c", "d", "token"))
    source = SdkCredentials(lambda: session)
    assert [await source(), await source()] == [Credentials("a", "b"), Credentials("c", "d", "token")]


@pytest.mark.parametrize("answer", [None, CredentialRetrievalError(provider="p", error_msg="e"), OSError("no route")])
async def test_without_credentials_posting_is_unavailable(answer: Exception | None) -> None:
    with pytest.raises(UnavailableError):
        await SdkCredentials(lambda: Session(answer))()
