"""What both APIs write down about each request, as one JSON object a line.

Only named fields: never the query string (it carries the ticket), a header (it carries the token) or a body.
"""

import json
from collections.abc import Mapping

import jsii
from aws_cdk import aws_apigateway as rest
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_logs as logs

# The name in the log, and the variable of API Gateway's `$context` that fills it.
_BOTH = {
    "requestId": "requestId",
    "requestTime": "requestTime",
    "sourceIp": "identity.sourceIp",
    "routeKey": "routeKey",
    "status": "status",
    "error": "error.message",
    "authorizerError": "authorizer.error",
    "integrationRequestId": "integration.requestId",  # the function's own: leads to its log
    "integrationStatus": "integration.status",
    "integrationLatency": "integration.latency",
    "integrationError": "integration.error",
}
HTTP_FIELDS = {**_BOTH, "responseLatency": "responseLatency", "responseLength": "responseLength"}
SOCKET_FIELDS = {**_BOTH, "connectionId": "connectionId", "eventType": "eventType", "messageId": "messageId"}


def access_log(group: logs.LogGroup, fields: Mapping[str, str]) -> apigateway.IAccessLogSettings:
    line = json.dumps({name: f"$context.{variable}" for name, variable in fields.items()})
    return _Settings(group, line)


@jsii.implements(apigateway.IAccessLogSettings)
class _Settings:
    def __init__(self, group: logs.LogGroup, line: str) -> None:
        self._destination = apigateway.LogGroupLogDestination(group)
        self._format = rest.AccessLogFormat.custom(line)

    @property
    def destination(self) -> apigateway.IAccessLogDestination:
        return self._destination

    @property
    def format(self) -> rest.AccessLogFormat:
        return self._format
