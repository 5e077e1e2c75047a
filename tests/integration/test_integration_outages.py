"""What a caller is told when something fails before anything was written or accepted: then nothing is left behind."""

import asyncio
import json
from typing import Any

import pytest

from app.catalogue import MESSAGES
from tests.integration.events import Client
from tests.integration.faults import Behaviour, FaultServer, forwarded, reset
from tests.integration.site import Site
from tests.integration.wire import cancelled, json_error

BODY = {"recipientIds": ["bob"], "content": "hi"}
FAILING = json_error("InternalServerError", 500)
THROTTLING = json_error("ThrottlingException")
DOWN = pytest.mark.parametrize("fault", [FAILING, THROTTLING], ids=["500", "throttled"])


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
    assert (site.rows(MESSAGES), site.published(), faults.posted(), site.waiting()) == ([], [], [], 0)


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
