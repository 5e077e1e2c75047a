"""Verifies a SigV4 signature as AWS does: from what came in on the wire."""

import re

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.integration.faults import Seen
from tests.integration.site import ACCESS_KEY, REGION, SECRET_KEY

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<scope>[^,]+), SignedHeaders=(?P<names>[^,]+), Signature=(?P<it>\w+)"
)


def verify(seen: Seen) -> str:
    """Returns the credential scope; fails unless the signature fits method, path, signed headers and body."""
    match = _HEADER.fullmatch(seen.headers["authorization"])
    assert match is not None
    scope = match["scope"]
    key, _, region, service, _ = scope.split("/")
    assert (key, region) == (ACCESS_KEY, REGION)
    headers = {name: seen.headers[name] for name in match["names"].split(";")}
    request = AWSRequest(method=seen.method, url=seen.url, data=seen.body, headers=headers)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), service, region)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert signer.signature(text, request) == match["it"]
    return scope
