"""Who gets in over HTTP: every route wants an access token, and only that."""

import base64
import json
from typing import Any

import pytest

from app.catalogue import FUNCTIONS, HttpRoute
from tests.e2e.aws import Aws
from tests.e2e.client import Person, Site
from tests.e2e.people import sign_in

ROUTES = [trigger for function in FUNCTIONS for trigger in function.triggers if isinstance(trigger, HttpRoute)]
every_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)


def _path(route: HttpRoute) -> str:
    return route.path.replace("{userId}", "anybody").replace("{", "").replace("}", "")


def _with(token: str, **claims: Any) -> str:
    """Returns the token with other claims under the old signature."""
    header, payload, signature = token.split(".")
    known = json.loads(base64.urlsafe_b64decode(payload + "=="))
    changed = base64.urlsafe_b64encode(json.dumps({**known, **claims}).encode()).decode().rstrip("=")
    return f"{header}.{changed}.{signature}"


@every_route
async def test_no_route_answers_without_a_token(site: Site, route: HttpRoute) -> None:
    answer = await site.call(route.method, _path(route), json={})

    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})


@every_route
async def test_no_route_takes_garbage_for_a_token(site: Site, route: HttpRoute) -> None:
    answer = await site.call(route.method, _path(route), token="gar.ba.ge", json={})

    assert (answer.status, answer.json()) == (401, {"message": "Unauthorized"})


@every_route
async def test_no_route_takes_an_id_token(site: Site, aws: Aws, alice: Person, route: HttpRoute) -> None:
    tokens = sign_in(aws, site.endpoints.clientId, alice.email)

    answer = await site.call(route.method, _path(route), token=tokens["IdToken"], json={})

    assert (answer.status, answer.json()) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize(
    "claims", [{"sub": "somebody-else"}, {"cognito:groups": ["admins"]}, {"exp": 4_000_000_000}, {"exp": 1}]
)
async def test_a_token_whose_claims_were_changed_is_refused(site: Site, alice: Person, claims: dict[str, Any]) -> None:
    answer = await site.call("GET", f"/users/{alice.user_id}", token=_with(alice.token, **claims))

    assert answer.status == 401


async def test_a_token_without_a_signature_is_refused(site: Site, alice: Person) -> None:
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    payload = alice.token.split(".")[1]

    answer = await site.call("GET", f"/users/{alice.user_id}", token=f"{unsigned}.{payload}.")

    assert answer.status == 401


async def test_a_token_of_another_client_of_the_pool_is_refused(site: Site, aws: Aws, alice: Person) -> None:
    pool = site.endpoints.userPoolId
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    created = aws.cognito.create_user_pool_client(UserPoolId=pool, ClientName="other", ExplicitAuthFlows=flows)
    tokens = sign_in(aws, created["UserPoolClient"]["ClientId"], alice.email)

    answer = await site.call("GET", f"/users/{alice.user_id}", token=tokens["AccessToken"])

    assert answer.status == 401


async def test_a_token_in_the_query_string_is_none(site: Site, alice: Person) -> None:
    answer = await site.call("GET", f"/users/{alice.user_id}?access_token={alice.token}&Authorization={alice.token}")

    assert answer.status == 401


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("PATCH", "/users/me"), ("GET", "/tickets")])
async def test_what_is_no_route_is_not_found(alice: Person, method: str, path: str) -> None:
    answer = await alice.call(method, path)

    assert (answer.status, answer.json()) == (404, {"message": "Not Found"})


async def test_a_browser_may_ask_from_another_origin(site: Site) -> None:
    asked = {
        "Origin": "https://site.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }

    answer = await site.call("OPTIONS", "/messages", headers=asked)

    allowed = answer.headers.get("Access-Control-Allow-Headers", "")
    assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (204, "*")
    assert {"authorization", "content-type", "idempotency-key"} <= set(allowed.lower().split(","))


async def test_a_browser_may_read_the_answer(alice: Person) -> None:
    answer = await alice.call("GET", f"/users/{alice.user_id}", headers={"Origin": "https://site.example"})

    assert answer.headers.get("Access-Control-Allow-Origin") == "*"
    assert "etag" in answer.headers.get("Access-Control-Expose-Headers", "").lower()
