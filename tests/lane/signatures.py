"""Verifies SigV4 signatures as AWS does, from what came in on the wire, with botocore's own code."""

import re
from collections.abc import Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/execute-api/aws4_request, "
    r"SignedHeaders=(?P<names>[^,]+), Signature=(?P<it>[0-9a-f]{64})"
)


def is_signed(url: str, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> bool:
    """Says whether a POST carries a valid signature; `headers` have lower-case names, `secrets` go by access key."""
    match = _HEADER.fullmatch(headers.get("authorization", ""))
    if match is None or match["key"] not in secrets or not {"host", "x-amz-date"} <= set(match["names"].split(";")):
        return False
    request = AWSRequest("POST", url, {name: headers.get(name, "") for name in match["names"].split(";")}, body)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(match["key"], secrets[match["key"]]), "execute-api", match["region"])
    text = signer.string_to_sign(request, signer.canonical_request(request))
    expected: str = signer.signature(text, request)
    return expected == match["it"] and match["day"] == headers["x-amz-date"][:8]
