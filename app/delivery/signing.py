"""Signs posts to `@connections`: prepared once for a payload, so that each connection costs 2-3 us.

A signature (AWS Signature Version 4) covers the path, the host, the date, the session token and the hash of the
payload. Of these only the path differs between the connections that get the same payload. What botocore really does,
and `tests/lane/test_lane_signing.py` compares with: on the wire "@" stays as it is and the id is encoded once, in the
canonical request the wire path is encoded again ("%40connections", "%253D").
"""

import hashlib
import time
from collections.abc import Callable
from urllib.parse import quote

from app.models.ids import ConnectionId
from app.transport.credentials import Credentials
from app.transport.endpoint import Endpoint

SERVICE = "execute-api"
FRESH_S = 60  # AWS takes a date that is off by 5 minutes; the rest is for clocks that are wrong
DAY_S = 86_400
_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_DOTS = frozenset({"", ".", ".."})  # as the last segment of a path they name another resource


class Signer:
    """Turns connection ids into complete HTTP/1.1 requests that post one payload.

    It prepares itself anew when its date is a minute old or of yesterday (UTC), or the clock was put back, and when
    it is given other credentials.
    """

    __slots__ = (
        "_canonical",
        "_clock",
        "_credentials",
        "_endpoint",
        "_from",
        "_head",
        "_inner",
        "_line",
        "_outer",
        "_payload",
        "_region",
        "_tail",
        "_until",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        region: str,
        credentials: Credentials,
        payload: bytes,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock` returns seconds since 1970."""
        self._endpoint, self._region, self._credentials = endpoint, region, credentials
        self._payload = payload
        self._clock = clock
        self._prepare(clock())

    def use(self, credentials: Credentials) -> None:
        """Signs with other credentials from now on; the same again cost nothing."""
        if credentials != self._credentials:
            self._credentials = credentials
            self._prepare(self._clock())

    def request(self, connection: ConnectionId) -> bytes:
        """Returns all bytes of the request; raises ValueError for what cannot be an id in a path."""
        now = self._clock()
        if not self._from <= now < self._until:
            self._prepare(now)
        wire = connection.encode()
        odd = wire.translate(None, _UNRESERVED)  # what is left needs escapes; ids of AWS end with "="
        if odd == b"=":
            wire = wire.replace(b"=", b"%3D")
        elif odd:
            wire = quote(wire, safe="").encode()
        elif connection in _DOTS:
            raise ValueError("not a connection id")
        before, after = self._canonical
        canonical = hashlib.sha256(before + wire.replace(b"%", b"%25") + after)
        inner = self._inner.copy()
        inner.update(canonical.hexdigest().encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        return b"".join((self._line, wire, self._head, outer.hexdigest().encode(), self._tail))

    def _prepare(self, now: float) -> None:
        self._from, self._until = now, min(now + FRESH_S, (now // DAY_S + 1) * DAY_S)
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        scope = f"{date[:8]}/{self._region}/{SERVICE}/aws4_request"
        headers = {"Host": self._endpoint.authority, "X-Amz-Date": date}
        if self._credentials.token:
            headers["X-Amz-Security-Token"] = self._credentials.token
        self._prepare_hashes(headers, f"AWS4-HMAC-SHA256\n{date}\n{scope}\n".encode(), scope)
        self._prepare_request(headers, scope)

    def _prepare_hashes(self, headers: dict[str, str], to_sign: bytes, scope: str) -> None:
        lines = "".join(f"{name.lower()}:{value}\n" for name, value in headers.items())
        path = quote(f"{self._endpoint.base}/@connections/", safe="/~")
        digest = hashlib.sha256(self._payload).hexdigest()
        self._canonical = (f"POST\n{path}".encode(), f"\n\n{lines}\n{_names(headers)}\n{digest}".encode())
        key = f"AWS4{self._credentials.secret_key}".encode()
        for part in scope.split("/"):
            inner, outer = _hmac_states(key)
            inner.update(part.encode())
            outer.update(inner.digest())
            key = outer.digest()
        self._inner, self._outer = _hmac_states(key)
        self._inner.update(to_sign)

    def _prepare_request(self, headers: dict[str, str], scope: str) -> None:
        self._line = f"POST {self._endpoint.base}/@connections/".encode()
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        proof = f"Credential={self._credentials.access_key}/{scope}, SignedHeaders={_names(headers)}, Signature="
        self._head = f" HTTP/1.1\r\n{head}Authorization: AWS4-HMAC-SHA256 {proof}".encode()
        self._tail = b"\r\nContent-Length: %d\r\n\r\n%b" % (len(self._payload), self._payload)


def _names(headers: dict[str, str]) -> str:
    return ";".join(name.lower() for name in headers)  # in the order of the alphabet as they stand above


def _hmac_states(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """Returns SHA-256 after the inner and after the outer pad of HMAC (RFC 2104), to be copied for each message."""
    block = hashlib.sha256(key).digest() if len(key) > 64 else key
    padded = block.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))
    return inner, outer
