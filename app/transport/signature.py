"""Signs whole requests (AWS Signature Version 4); the post lane, which posts one payload to many, has its own way."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote

from app.transport.credentials import Credentials
from app.transport.endpoint import Endpoint

_NOT_COVERED = ("user-agent", "x-amzn-trace-id")  # what may change on the way; botocore leaves them out, too


class HttpRequest(NamedTuple):
    method: str
    path: str  # percent-encoded, as it goes on the wire
    body: bytes = b""
    headers: Mapping[str, str] = MappingProxyType({})


class Scope(NamedTuple):
    """What a signature is good for, beside its day."""

    region: str
    service: str  # as signatures name it: "execute-api" for @connections


def signed(request: HttpRequest, endpoint: Endpoint, scope: Scope, credentials: Credentials, now: float) -> bytes:
    """Returns all bytes of the request, signed at this moment (seconds since 1970)."""
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    headers = {**request.headers, "Host": endpoint.authority, "X-Amz-Date": date}
    if credentials.token:
        headers["X-Amz-Security-Token"] = credentials.token
    headers["Authorization"] = _authorization(request, headers, scope, credentials, date)
    if request.body or request.method == "POST":
        headers["Content-Length"] = str(len(request.body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{request.method} {request.path} HTTP/1.1\r\n{lines}\r\n".encode() + request.body


def _authorization(
    request: HttpRequest, headers: Mapping[str, str], scope: Scope, credentials: Credentials, date: str
) -> str:
    covered = {
        name.lower(): headers[name] for name in sorted(headers, key=str.lower) if name.lower() not in _NOT_COVERED
    }
    names = ";".join(covered)
    lines = "".join(f"{name}:{value}\n" for name, value in covered.items())
    # The canonical path is the one on the wire, encoded once more.
    path, digest = quote(request.path, safe="/~"), hashlib.sha256(request.body).hexdigest()
    canonical = f"{request.method}\n{path}\n\n{lines}\n{names}\n{digest}"
    day = f"{date[:8]}/{scope.region}/{scope.service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{date}\n{day}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (*day.split("/"), to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    return f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{day}, SignedHeaders={names}, Signature={key.hex()}"
