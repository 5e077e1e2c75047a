"""Requests of the direct clients: what botocore would ask, signed as botocore would sign it."""

import calendar
import json
import time
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SdkKeys
from botocore.handlers import add_recursion_detection_header

from app.direct import services
from app.direct.client import _about
from app.errors import RefusedError
from app.transport.credentials import Credentials
from app.transport.endpoint import Endpoint
from app.transport.signature import HttpRequest, Scope, signed
from tests.direct.sdk import CALLS, KEYS, REGION, STAGE, sent_by_the_sdk

NOON = calendar.timegm((2026, 11, 22, 12, 0, 0))
KEYRINGS = [KEYS, KEYS._replace(token=None)]
BARE = {"User-Agent", "amz-sdk-invocation-id", "amz-sdk-request"}  # what botocore tells AWS about itself


def asked(name: str, **changes: Any) -> tuple[HttpRequest, Endpoint, Scope]:
    service, operation, parameters = CALLS[name]
    url = STAGE if service == "apigatewaymanagementapi" else services.url(service, REGION, {})
    endpoint, direct = Endpoint.parse(url), services.SERVICES[service]
    request = direct.protocol.request(operation, {**parameters, **changes}, endpoint.base)
    return request, endpoint, Scope(REGION, direct.signing_name)


def sent(name: str, keys: Credentials = KEYS, now: float = NOON) -> tuple[str, dict[str, str], bytes]:
    """Returns the first line, the headers and the body of what goes on the wire."""
    request, endpoint, scope = asked(name)
    head, _, body = signed(request, endpoint, scope, keys, now).partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines), body


def text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def content(body: Any) -> Any:
    """What a body says, whatever the order of a form and the escapes of JSON."""
    said = text(body or b"")
    return json.loads(said) if said.startswith("{") else parse_qs(said, strict_parsing=bool(said))


def authorization(first: str, headers: dict[str, str], body: bytes, keys: Credentials, scope: Scope) -> str:
    """Returns the header that botocore's own code adds to such a request."""
    method, target, _ = first.split(" ")
    covered = {name: value for name, value in headers.items() if name not in ("Authorization", "Content-Length")}
    request = AWSRequest(method, f"https://{headers['Host']}{target}", covered, body)
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(SdkKeys(*keys), scope.service, scope.region)
    text_to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text_to_sign, request))
    return str(request.headers["Authorization"])


@pytest.mark.parametrize("keys", KEYRINGS, ids=["token", "no token"])
@pytest.mark.parametrize("name", CALLS)
def test_a_request_is_signed_as_botocore_signs_it(name: str, keys: Credentials) -> None:
    first, headers, body = sent(name, keys)
    assert headers["Authorization"] == authorization(first, headers, body, keys, asked(name)[2])


@pytest.mark.parametrize("name", CALLS)
def test_a_request_asks_what_botocore_asks(name: str) -> None:
    theirs = sent_by_the_sdk(name)
    first, headers, body = sent(name)
    assert first == f"{theirs.method} /{theirs.url.partition('//')[2].partition('/')[2]} HTTP/1.1"
    assert headers["Host"] == theirs.url.split("/")[2]
    assert content(body) == content(theirs.body)


@pytest.mark.parametrize("name", CALLS)
def test_a_request_has_the_headers_of_botocore(name: str) -> None:
    theirs = {key.lower(): text(value) for key, value in sent_by_the_sdk(name).headers.items() if key not in BARE}
    at = time.strptime(theirs["x-amz-date"], "%Y%m%dT%H%M%SZ")
    ours = {key.lower(): value for key, value in sent(name, now=calendar.timegm(at))[1].items() if key != "Host"}
    for headers in (ours, theirs):
        signature = headers.pop("authorization")
        headers["signs"] = signature.partition(", Signature")[0]
        headers.pop("content-length", None)
    assert ours == theirs


@pytest.mark.parametrize("name", CALLS)
def test_the_length_of_the_body_is_told(name: str) -> None:
    first, headers, body = sent(name)
    assert headers.get("Content-Length") == (None if first.startswith("DELETE") else str(len(body)))


@pytest.mark.parametrize("connection", ["", ".", "..", "\ud800"])
@pytest.mark.parametrize("name", ["post", "close"])
def test_what_names_another_resource_is_no_connection(name: str, connection: str) -> None:
    with pytest.raises(RefusedError):
        asked(name, ConnectionId=connection)


def test_nothing_that_is_asked_adds_a_line_to_the_head() -> None:
    odd = "a\r\nX-Evil: 1\r\n\r\nb"
    request, endpoint, scope = asked("post", ConnectionId=odd)
    head = signed(request, endpoint, scope, KEYS, NOON).partition(b"\r\n\r\n")[0]
    assert head.decode().count("\r\n") == len(sent("post")[1])


@pytest.mark.parametrize("value", [5, True, None, ["a"]])
def test_a_form_has_texts_only(value: object) -> None:
    with pytest.raises(TypeError):
        asked("publish", Subject=value)


@pytest.mark.parametrize(
    "trace",
    [
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a:0",
        'a b\r\nX-Evil: 1,"[{+&}]"/ż%',
    ],
)
def test_the_trace_of_lambda_is_handed_on_as_botocore_does(monkeypatch: pytest.MonkeyPatch, trace: str) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    theirs: dict[str, Any] = {"headers": {}}
    add_recursion_detection_header(theirs)
    assert _about()["X-Amzn-Trace-Id"] == theirs["headers"]["X-Amzn-Trace-Id"]


def test_a_trace_that_is_no_text_is_handed_on_in_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=\udcff")
    assert _about()["X-Amzn-Trace-Id"] == "Root=%FF"


def test_without_a_trace_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    assert "X-Amzn-Trace-Id" not in _about()


def test_a_trace_is_not_signed() -> None:
    _, endpoint, scope = asked("look")
    traced = HttpRequest("POST", "/", b"", {"User-Agent": "site", "X-Amzn-Trace-Id": "Root=1", "X-Other": "1"})
    assert b"SignedHeaders=host;x-amz-date;x-other," in signed(traced, endpoint, scope, Credentials("k", "s"), NOON)
