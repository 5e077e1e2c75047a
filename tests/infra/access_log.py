"""What an access log may say: checked alike for both APIs."""

import json
import re

# What would put a ticket (query string), a token (header), a claim of it or a message (body) into the log.
_SECRET = re.compile(
    r"quer|header|path|authorization|cookie|token|ticket|claims|principal|body|override|request\.", re.IGNORECASE
)


def fields(line: str) -> dict[str, str]:
    """The log's names and the `$context` variables behind them, after checking that none of them is a secret."""
    parsed: dict[str, str] = json.loads(line)
    assert all(re.fullmatch(r"\$context\.[A-Za-z.]+", variable) for variable in parsed.values()), parsed
    assert not [variable for variable in parsed.values() if _SECRET.search(variable)], parsed
    return {name: variable.removeprefix("$context.") for name, variable in parsed.items()}


BOTH = {
    "requestId": "requestId",
    "requestTime": "requestTime",
    "sourceIp": "identity.sourceIp",
    "routeKey": "routeKey",
    "status": "status",
    "error": "error.message",
    "authorizerError": "authorizer.error",
    "integrationRequestId": "integration.requestId",
    "integrationStatus": "integration.status",
    "integrationLatency": "integration.latency",
    "integrationError": "integration.error",
}
