"""How many requests a second each route takes: the rate of its API, divided by the weights in the catalogue.

The rates of all routes together are the rate of the API, never more. So what an API may take out of the quota of the
account is known, whether API Gateway counts the rate of a stage for all its routes together or, as its documentation
has it for REST APIs, for each of them alone. And a route that is flooded leaves the others what is theirs.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from aws_cdk import aws_apigatewayv2 as apigateway

from app import catalogue
from infra.stages import Stage, Throttle

Route: TypeAlias = catalogue.HttpRoute | catalogue.SocketRoute


def throttle_http(deployed: apigateway.HttpStage, routes: Sequence[apigateway.HttpRoute], stage: Stage) -> None:
    _throttle(deployed, routes, http_throttles(stage))


def throttle_sockets(
    deployed: apigateway.WebSocketStage, routes: Sequence[apigateway.WebSocketRoute], stage: Stage
) -> None:
    _throttle(deployed, routes, socket_throttles(stage))


def http_throttles(stage: Stage) -> dict[str, Throttle]:
    """Returns what each route of the HTTP API takes, by its key."""
    return _divided(stage, stage.http_throttle, catalogue.HttpRoute)


def socket_throttles(stage: Stage) -> dict[str, Throttle]:
    """Returns what each route of the WebSocket API takes, by its key."""
    return _divided(stage, stage.socket_throttle, catalogue.SocketRoute)


def _divided(stage: Stage, whole: Throttle, kind: type[Route]) -> dict[str, Throttle]:
    routes = {
        function: [trigger for trigger in function.triggers if isinstance(trigger, kind)]
        for function in catalogue.FUNCTIONS
    }
    weights = sum(route.weight for some in routes.values() for route in some)
    return {
        route.key: Throttle(
            rate=max(1, whole.rate * route.weight // weights),
            burst=max(1, _at_once(whole.burst * route.weight // weights, route, some, reserved)),
        )
        for function, some in routes.items()
        for reserved in [stage.concurrency_of(function.name).reserved]
        for route in some
    }


def _at_once(burst: int, route: Route, some: Sequence[Route], reserved: int | None) -> int:
    """Keeps a burst to the route's part of what may run at a time of the function that `some` routes lead to.

    Beyond it, API Gateway's 429 says more than the 500 that it answers for a function that is busy.
    """
    return burst if reserved is None else min(burst, reserved * route.weight // sum(each.weight for each in some))


def _throttle(
    deployed: apigateway.IStage,
    routes: Sequence[apigateway.HttpRoute | apigateway.WebSocketRoute],
    throttles: Mapping[str, Throttle],
) -> None:
    """Sets the rate of each route, once it is there: API Gateway refuses settings for a route that it does not know."""
    stage = deployed.node.default_child
    assert isinstance(stage, apigateway.CfnStage)  # noqa: S101 - for the type checker: it is what the CDK makes
    stage.route_settings = {
        key: {"ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst}
        for key, throttle in throttles.items()
    }
    for route in routes:
        stage.node.add_dependency(route.node.default_child)
