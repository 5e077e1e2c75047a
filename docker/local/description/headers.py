"""The headers that the API reads and answers with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Header:
    means: str
    schema: Mapping[str, Any]


_TEXT: Mapping[str, Any] = {"type": "string"}
_TAG: Mapping[str, Any] = {"type": "string", "pattern": '^"[0-9a-f]{32}"$'}

REQUEST: Mapping[str, Header] = {
    "Idempotency-Key": Header(
        "Kept for 30 days for each sender: a repeat is not sent twice.",
        {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    ),
    "If-Match": Header("An `ETag`: changes the profile only if it is still in this state.", _TEXT),
    "If-None-Match": Header("An `ETag`: 304 if the profile is still in this state.", _TEXT),
}
RESPONSE: Mapping[str, Header] = {
    "Cache-Control": Header("Browsers may keep it, and ask every time whether it still holds.", _TEXT),
    "ETag": Header("The state of the profile.", _TAG),
    "Location": Header("Where the profile is.", {"type": "string", "format": "uri-reference"}),
    "Retry-After": Header("Seconds.", {"type": "integer", "minimum": 1}),
}
