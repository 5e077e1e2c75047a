"""No route without a rate, none of nothing, and together no more than the account's quota."""

import pytest

from app.catalogue import (
    DIRECT_POSTS_PER_S,
    FUNCTIONS,
    QUOTA_PER_S,
    WORKER_POSTS_PER_S,
    WORKERS,
    HttpRoute,
    SocketAuthorizer,
    SocketRoute,
)
from infra.stages import STAGES, Throttle
from tests.infra.template import Properties, Template

APIS = pytest.mark.parametrize(("api", "kind"), [("HttpApi", HttpRoute), ("SocketApi", SocketRoute)])
CONNECTIONS_PER_S = 500  # API Gateway's quota of new WebSocket connections


@APIS
def test_every_route_of_the_catalogue_has_a_rate_of_its_own_and_none_is_zero(
    template: Template, api: str, kind: type[HttpRoute | SocketRoute]
) -> None:
    settings = _settings(template, api)
    keys = [each.key for function in FUNCTIONS for each in function.triggers if isinstance(each, kind)]
    assert sorted(settings) == sorted(keys)
    assert min(each["ThrottlingRateLimit"] for each in settings.values()) >= 1
    assert min(each["ThrottlingBurstLimit"] for each in settings.values()) >= 1


@APIS
def test_the_routes_together_take_no_more_than_their_api_and_waste_little_of_it(
    template: Template, api: str, kind: type[HttpRoute | SocketRoute]
) -> None:
    whole = _whole(template, kind)
    rates = [each["ThrottlingRateLimit"] for each in _settings(template, api).values()]
    bursts = [each["ThrottlingBurstLimit"] for each in _settings(template, api).values()]
    assert 0.9 * whole.rate <= sum(rates) <= whole.rate
    assert sum(bursts) <= whole.burst


@APIS
def test_the_stage_is_made_after_the_routes_that_its_settings_name(
    template: Template, api: str, kind: type[HttpRoute | SocketRoute]
) -> None:
    routes = {name for name, each in template.all("AWS::ApiGatewayV2::Route").items() if each["ApiId"] == f"${{{api}}}"}
    assert len(routes) == sum(isinstance(each, kind) for function in FUNCTIONS for each in function.triggers)
    assert routes <= set(template.resources[f"{api}Stage"]["DependsOn"])


def test_a_heavier_route_takes_more(template: Template) -> None:
    settings = _settings(template, "HttpApi")
    assert settings["POST /messages"]["ThrottlingRateLimit"] >= 5 * settings["POST /users"]["ThrottlingRateLimit"]


def test_a_burst_is_no_more_than_what_its_function_may_do_at_a_time(template: Template) -> None:
    settings = _settings(template, "HttpApi") | _settings(template, "SocketApi")
    for function in FUNCTIONS:
        reserved = template.properties(function.name).get("ReservedConcurrentExecutions")
        keys = [each.key for each in function.triggers if isinstance(each, HttpRoute | SocketRoute)]
        assert reserved is None or sum(settings[key]["ThrottlingBurstLimit"] for key in keys) <= reserved


def test_connecting_is_not_held_up_by_the_authorizer_and_keeps_to_its_own_quota(template: Template) -> None:
    [authorizer] = [each for each in FUNCTIONS if any(isinstance(one, SocketAuthorizer) for one in each.triggers)]
    connect = _settings(template, "SocketApi")["$connect"]
    reserved = template.properties(authorizer.name).get("ReservedConcurrentExecutions", 1_000)
    assert connect["ThrottlingBurstLimit"] <= reserved
    assert connect["ThrottlingRateLimit"] < CONNECTIONS_PER_S


def test_everything_in_prod_together_stays_within_the_quota_of_the_account() -> None:
    stage = STAGES["prod"]
    senders = stage.concurrency_of("SendMessage").reserved
    assert senders is not None
    requests = stage.http_throttle.rate + stage.socket_throttle.rate
    answers = stage.socket_throttle.rate  # a frame is answered with one post
    posts = WORKERS * WORKER_POSTS_PER_S + senders * DIRECT_POSTS_PER_S
    assert requests + answers + posts <= QUOTA_PER_S


def _settings(template: Template, api: str) -> Properties:
    settings: Properties = template.properties(f"{api}Stage")["RouteSettings"]
    return settings


def _whole(template: Template, kind: type[HttpRoute | SocketRoute]) -> Throttle:
    return template.stage.http_throttle if kind is HttpRoute else template.stage.socket_throttle
