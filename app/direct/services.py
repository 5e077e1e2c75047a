"""Which services are called directly, where they are, and how they want to be asked."""

from collections.abc import Mapping
from typing import NamedTuple

from app.direct.client import DirectClient
from app.direct.protocols import Json, ManagementApi, Query, WireProtocol
from app.transport.client import HttpClient
from app.transport.credentials import CredentialSource
from app.transport.endpoint import Endpoint
from app.transport.signature import Scope


class DirectService(NamedTuple):
    protocol: WireProtocol
    signing_name: str


SERVICES: Mapping[str, DirectService] = {
    "dynamodb": DirectService(Json("DynamoDB_20120810"), "dynamodb"),
    "sqs": DirectService(Json("AmazonSQS"), "sqs"),
    "sns": DirectService(Query("2010-03-31"), "sns"),
    "apigatewaymanagementapi": DirectService(ManagementApi(), "execute-api"),
}


def url(name: str, region: str, environment: Mapping[str, str]) -> str:
    """Returns where a service is: where the SDK's own variables say, else at its regular address."""
    given = environment.get(f"AWS_ENDPOINT_URL_{name.upper()}") or environment.get("AWS_ENDPOINT_URL")
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return given or f"https://{name}.{region}.{domain}"


def client(name: str, url: str, region: str, credentials: CredentialSource, answer_s: float, most: int) -> DirectClient:
    """Opens the client of one of SERVICES; `most` connections, each waiting `answer_s` for the next piece."""
    service, endpoint = SERVICES[name], Endpoint.parse(url)
    scope = Scope(region, service.signing_name)
    return DirectClient(service.protocol, endpoint, scope, credentials, HttpClient(endpoint, answer_s, most))
