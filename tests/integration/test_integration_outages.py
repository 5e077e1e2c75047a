"""What a caller is told, and what is left behind, when something that a function depends on fails."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from app.catalogue import CONNECTIONS, DELIVERIES, MESSAGES, USERS
from app.models.times import epoch_s, iso
from app.runtime import App
from tests.integration.events import Client
from tests.integration.faults import Behaviour, FaultServer, forwarded, hang, reset
from tests.integration.rows import ALICE, BOB, user
from tests.integration.site import Clock, Site
from tests.integration.wire import cancelled, json_error, query_error, raw, rest_error

BODY = {"recipientIds": ["bob"], "content": "hi"}
FAILING = json_error("InternalServerError", 500)
THROTTLING = json_error("ThrottlingException")
DOWN = pytest.mark.parametrize("fault", [FAILING, THROTTLING], ids=["500", "throttled"])


@pytest_asyncio.fixture
async def alice(fragile: App, site: Site, clock: Clock) -> AsyncIterator[Client]:
    """Signed in, with a profile; Bob has one too, and two connections."""
    for name in (ALICE, BOB):
        site.insert(USERS, **user(name, clock()).to_item())
    for connection in ("b1", "b2"):
        opened = {"timestamp": iso(clock()), "expiresAt": epoch_s(clock()) + 3600}
        site.insert(CONNECTIONS, connectionId=connection, userId="bob", **opened)
    yield Client(fragile, clock, "alice")


def assert_unavailable(answer: tuple[int, Any, dict[str, str]]) -> None:
    status, body, headers = answer
    assert (status, headers["content-type"], body["code"]) == (503, "application/problem+json", "unavailable")
    assert body["requestId"] == "request-1"


@DOWN
async def test_a_table_that_does_not_answer_makes_profiles_and_tickets_unavailable(
    fault: Behaviour, alice: Client, faults: FaultServer, site: Site
) -> None:
    ann = Client(alice.app, alice.clock, site.person("ann@example.org"))
    faults.script("GetItem", fault)
    faults.script("PutItem", fault)
    answers = await asyncio.gather(
        alice.http("GetUser", path="alice"),
        alice.http("UpdateUser", {"firstName": "Al"}, path="alice"),
        alice.http("CreateTicket"),
        ann.http("CreateUser", {"firstName": "A", "lastName": "L"}),
    )
    for answer in answers:
        assert_unavailable(answer)


async def test_a_table_that_takes_no_writes_makes_changing_a_profile_unavailable(
    alice: Client, faults: FaultServer
) -> None:
    faults.script("PutItem", FAILING)
    assert_unavailable(await alice.http("UpdateUser", {"firstName": "Al"}, path="alice"))


@pytest.mark.parametrize(
    ("operation", "fault"), [("BatchGetItem", FAILING), ("TransactWriteItems", cancelled("None", "ThrottlingError"))]
)
async def test_a_table_that_does_not_answer_makes_sending_unavailable_and_nothing_is_sent(
    operation: str, fault: Behaviour, alice: Client, faults: FaultServer, site: Site
) -> None:
    faults.script(operation, fault)
    assert_unavailable(await alice.http("SendMessage", BODY))
    assert (site.rows(MESSAGES), site.published(), faults.attempts("PostToConnection")) == ([], [], [])


async def test_a_transaction_in_somebodys_way_can_be_tried_again(alice: Client, faults: FaultServer) -> None:
    faults.script("TransactWriteItems", cancelled("TransactionConflict", "None", "None"))
    assert_unavailable(await alice.http("SendMessage", BODY))


async def test_all_attempts_at_a_transaction_carry_one_token(alice: Client, faults: FaultServer, moto: str) -> None:
    faults.script("TransactWriteItems", FAILING, reset(), forwarded(moto))
    status, _, _ = await alice.http("SendMessage", BODY)
    tokens = [json.loads(seen.body)["ClientRequestToken"] for seen in faults.attempts("TransactWriteItems")]
    assert (status, len(tokens), len(set(tokens))) == (201, 3, 1)


async def test_two_messages_have_two_tokens(alice: Client, faults: FaultServer) -> None:
    for _ in range(2):
        await alice.http("SendMessage", BODY)
    tokens = [json.loads(seen.body)["ClientRequestToken"] for seen in faults.attempts("TransactWriteItems")]
    assert len(set(tokens)) == 2


@pytest.mark.parametrize(
    "fault",
    [query_error("InternalError", 500), query_error("AuthorizationError", 403), raw(503, b"no upstream")],
    ids=["500", "forbidden", "proxy"],
)
async def test_a_topic_that_fails_leaves_the_message_pending_and_the_posts_made(
    fault: Behaviour, alice: Client, faults: FaultServer, site: Site
) -> None:
    faults.script("Publish", fault)
    status, body, _ = await alice.http("SendMessage", BODY)
    assert (status, body["delivery"]["state"], body["delivery"]["connections"]["posted"]) == (202, "pending", 2)
    assert [row["pending"] for row in site.rows(DELIVERIES)]


@pytest.mark.parametrize(
    "fault",
    [rest_error(None, 500), rest_error(None, 403, b'{"message":"Forbidden"}'), rest_error(None, 413)],
    ids=["500", "403", "413"],
)
async def test_one_connection_that_fails_does_not_stop_the_other(
    fault: Behaviour, alice: Client, faults: FaultServer, site: Site
) -> None:
    faults.script("PostToConnection", lambda request: (fault if "b1" in request.path else raw(200))(request))
    status, body, _ = await alice.http("SendMessage", BODY)
    assert (status in {201, 202}, body["delivery"]["connections"]) == (True, {"posted": 1, "gone": 0, "failed": 1})
    assert len(site.published()) == 1


async def test_a_connection_that_hangs_takes_nothing_from_the_other(alice: Client, faults: FaultServer) -> None:
    faults.script("PostToConnection", lambda request: (hang() if "b1" in request.path else raw(200))(request))
    status, body, _ = await alice.http("SendMessage", BODY, remaining_s=6)
    assert (status, body["delivery"]["state"], body["delivery"]["connections"]["posted"]) == (202, "pending", 1)


async def test_gone_connections_are_counted_and_forgotten(
    alice: Client, faults: FaultServer, site: Site, clock: Clock
) -> None:
    clock.advance(seconds=11)
    faults.script("PostToConnection", rest_error("GoneException", 410))
    status, body, _ = await alice.http("SendMessage", BODY)
    assert (status, body["delivery"]["connections"]["gone"], site.rows(CONNECTIONS)) == (201, 2, [])


async def test_gone_connections_that_cannot_be_forgotten_do_no_harm(
    alice: Client, faults: FaultServer, clock: Clock
) -> None:
    clock.advance(seconds=11)
    faults.script("PostToConnection", rest_error(None, 410))
    faults.script("DeleteItem", FAILING)
    status, body, _ = await alice.http("SendMessage", BODY)
    assert (status, body["delivery"]["connections"]["gone"]) == (201, 2)


@pytest.mark.parametrize("operation", ["UpdateItem", "Query"])
async def test_a_table_that_fails_after_the_acceptance_leaves_the_message_accepted(
    operation: str, alice: Client, faults: FaultServer, site: Site
) -> None:
    faults.script(operation, FAILING)
    status, body, _ = await alice.http("SendMessage", BODY)
    assert (status, body["delivery"]["state"], len(site.rows(MESSAGES))) == (202, "pending", 1)


async def test_a_table_that_hangs_after_the_acceptance_leaves_the_message_accepted(
    alice: Client, faults: FaultServer
) -> None:
    faults.script("UpdateItem", hang())
    status, body, _ = await alice.http("SendMessage", BODY, remaining_s=4.5)
    assert (status, body.get("delivery", {}).get("state")) == (202, "pending")


async def test_what_stayed_pending_is_finished_by_the_same_key(alice: Client, faults: FaultServer, moto: str) -> None:
    key = {"idempotency-key": "k"}
    faults.script("Publish", query_error("InternalError", 500))
    first = await alice.http("SendMessage", BODY, headers=key)
    faults.script("Publish", forwarded(moto))
    second = await alice.http("SendMessage", BODY, headers=key)
    assert (first[0], second[0], first[1]["messageId"]) == (202, 201, second[1]["messageId"])
