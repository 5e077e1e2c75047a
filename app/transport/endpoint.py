"""Where the management API of the WebSocket API is: read once from the setting, and used by signing and dialing."""

from typing import NamedTuple
from urllib.parse import quote, urlsplit

_PORTS = {"http": 80, "https": 443}


class Endpoint(NamedTuple):
    tls: bool
    host: str  # lower case, an IPv6 address without its brackets
    port: int
    authority: str  # the Host header: the port only where it is not the scheme's own, as botocore writes it
    base: str  # "/prod" with a stage, "" or "/some/path" with a custom domain, percent-encoded as it goes on the wire

    @classmethod
    def parse(cls, url: str) -> "Endpoint":
        """Reads "https://API.execute-api.REGION.amazonaws.com/STAGE"; raises ValueError for what is no such URL."""
        parts = urlsplit(url)
        host = parts.hostname
        if parts.scheme not in _PORTS or not host or parts.username or parts.query or parts.fragment:
            raise ValueError("not the URL of a management endpoint")
        segments = [segment for segment in parts.path.split("/") if segment]
        if not url.isascii() or {".", ".."} & set(segments):  # botocore signs another path than it sends
            raise ValueError("not the path of a management endpoint")
        own = _PORTS[parts.scheme]
        name = f"[{host}]" if ":" in host else host
        return cls(
            tls=parts.scheme == "https",
            host=host,
            port=parts.port or own,
            authority=name if parts.port in (None, own) else f"{name}:{parts.port}",
            base="".join(f"/{quote(segment, safe=_KEPT)}" for segment in segments),
        )


_KEPT = "%~!$&'()*+,;=:@"  # what a path may hold as it is (RFC 3986); "%" because it is encoded already
