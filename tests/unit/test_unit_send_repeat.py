import json
from datetime import timedelta
from typing import Any

import pytest

from app.models.deliveries import Delivery
from app.models.messages import SendMessage
from app.models.times import iso
from app.models.wire import check
from app.runtime import App
from app.stores.dynamo import decode
from tests.unit.aws import Aws, cancelled, condition_failed, down, held
from tests.unit.events import claims
from tests.unit.people import ADA, BOB, CLEO, NOW, NOW_S, person
from tests.unit.sending import BODY, KEY, MESSAGE, posted, rows, send, site, told

DIGEST = check(SendMessage, BODY).digest()


def earlier(lease_s: float | None = 10, **parts: Any) -> Delivery:
    """Returns the row that the first request left, with this much of its lease to go."""
    created = iso(NOW - timedelta(seconds=20))
    row = {"messageId": MESSAGE, "senderId": ADA, "recipientCount": 2, "requestHash": DIGEST, "state": "pending"}
    times = {"createdAt": created, "pendingSince": created, "expiresAt": NOW_S}
    lease = {} if lease_s is None else {"leasedUntil": iso(NOW + timedelta(seconds=lease_s))}
    return Delivery.model_validate({**row, **times, **lease, **parts})


def accepted_before(aws: Aws, delivery: Delivery) -> None:
    aws.on("transact_write_items", cancelled("ConditionalCheckFailed", "None"))
    aws.on("get_item", held(delivery.to_item()))


@pytest.fixture(autouse=True)
def everybody(aws: Aws) -> None:
    site(aws)


async def test_a_repeated_request_has_the_answer_of_the_first_byte_for_byte(app: App, aws: Aws) -> None:
    first = await send(app, key=KEY)
    (settled,) = aws.named("update_item")
    values = decode({name[1:]: value for name, value in settled["ExpressionAttributeValues"].items()})
    accepted_before(aws, Delivery.from_item({**rows(aws)[0][1], **values}))
    assert await send(app, key=KEY) == first


async def test_a_repeated_request_tells_nobody_again(app: App, aws: Aws) -> None:
    accepted_before(aws, earlier(None, state="delivered"))
    assert (await send(app, key=KEY)).status == 201
    assert told(aws) == set()


async def test_a_body_that_asks_for_the_same_in_other_words_is_the_same(app: App, aws: Aws) -> None:
    accepted_before(aws, earlier(None, state="delivered"))
    body = json.dumps({"priority": "normal", **dict(reversed(BODY.items()))}, indent=2)
    assert (await send(app, body, key=KEY)).status == 201


@pytest.mark.parametrize("state", ["pending", "delivered"])
async def test_a_key_does_not_stand_for_another_body(app: App, aws: Aws, state: str) -> None:
    accepted_before(aws, earlier(state=state))
    answer = await send(app, {**BODY, "content": "other"}, key=KEY)
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert told(aws) == set()


@pytest.mark.parametrize(("lease_s", "after"), [(10, "10"), (29.5, "30"), (0.2, "1")])
async def test_a_repeat_while_the_first_is_running_waits_for_its_lease(
    app: App, aws: Aws, lease_s: float, after: str
) -> None:
    accepted_before(aws, earlier(lease_s))
    aws.on("update_item", condition_failed())
    answer = await send(app, key=KEY)
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (409, "in_progress", after)
    assert told(aws) == set()


@pytest.mark.parametrize("lease_s", [-1, None])
async def test_a_delivery_that_nobody_works_on_is_taken_over(app: App, aws: Aws, lease_s: float | None) -> None:
    accepted_before(aws, earlier(lease_s))
    answer = await send(app, key=KEY)
    assert (answer.status, answer.body["delivery"]["connections"]["posted"]) == (201, 2)


async def test_a_take_over_keeps_the_time_of_the_first(app: App, aws: Aws) -> None:
    accepted_before(aws, earlier(None))
    answer = await send(app, key=KEY)
    frame = json.loads(aws.named("post_to_connection")[0]["Data"])
    assert answer.body["createdAt"] == frame["createdAt"] == earlier().created_at


async def test_a_take_over_claims_before_it_tells_anybody(app: App, aws: Aws) -> None:
    accepted_before(aws, earlier(-1))
    await send(app, key=KEY)
    done = aws.operations()
    claim = aws.named("update_item")[0]
    assert done.index("update_item") < min(done.index("publish"), done.index("post_to_connection"))
    assert "leasedUntil <= :now" in claim["ConditionExpression"]


async def test_a_take_over_settles_under_its_own_lease(app: App, aws: Aws) -> None:
    accepted_before(aws, earlier(-1))
    await send(app, key=KEY)
    claim, settle = aws.named("update_item")
    assert settle["ExpressionAttributeValues"][":lease"] == claim["ExpressionAttributeValues"][":lease"]


@pytest.mark.parametrize("lease_s", [-1, None])
async def test_a_take_over_that_another_won_is_in_progress(app: App, aws: Aws, lease_s: float | None) -> None:
    accepted_before(aws, earlier(lease_s))
    aws.on("update_item", condition_failed())
    answer = await send(app, key=KEY)
    assert (answer.status, answer.headers["retry-after"]) == (409, "1")
    assert told(aws) == set()


async def test_a_take_over_that_fails_tells_nobody(app: App, aws: Aws) -> None:
    accepted_before(aws, earlier(-1))
    aws.on("update_item", down())
    assert (await send(app, key=KEY)).status == 503
    assert told(aws) == set()


async def test_a_repeat_has_its_answer_although_a_recipient_has_left(app: App, aws: Aws) -> None:
    site(aws, person(ADA), person(BOB, "Bob"))
    accepted_before(aws, earlier(None, state="delivered"))
    assert (await send(app, key=KEY)).status == 201


async def test_a_take_over_tells_those_who_are_still_there(app: App, aws: Aws) -> None:
    site(aws, person(ADA), person(CLEO, "Cleo"))
    accepted_before(aws, earlier(None))
    assert (await send(app, key=KEY)).status == 201
    assert posted(aws) == [f"c-{CLEO}"]


@pytest.mark.parametrize(("state", "status"), [("delivered", 201), ("pending", 202)])
async def test_a_sender_who_has_left_still_has_their_answer(app: App, aws: Aws, state: str, status: int) -> None:
    site(aws, person(BOB, "Bob"), person(CLEO, "Cleo"))
    accepted_before(aws, earlier(None, state=state))
    assert (await send(app, key=KEY)).status == status
    assert told(aws) == set()


async def test_an_unknown_recipient_of_a_new_key_is_pointed_at(app: App, aws: Aws) -> None:
    site(aws, person(ADA), person(BOB, "Bob"))
    answer = await send(app, key=KEY)
    assert (answer.status, answer.faults) == (422, [("/recipientIds/1", "unknown_recipient")])


async def test_a_conflict_that_left_nothing_is_answered_503(app: App, aws: Aws) -> None:
    aws.on("transact_write_items", cancelled("TransactionConflict"))
    assert (await send(app, key=KEY)).status == 503


async def test_keys_are_of_their_sender(app: App, aws: Aws) -> None:
    mine = await send(app, {"recipientIds": [CLEO], "content": "x"}, key=KEY)
    bobs = await send(app, {"recipientIds": [CLEO], "content": "x"}, key=KEY, caller=claims(BOB))
    assert mine.body["messageId"] != bobs.body["messageId"]
    assert len(aws.named("transact_write_items")) == 2


async def test_without_a_key_every_request_is_a_message_of_its_own(app: App) -> None:
    assert (await send(app)).body["messageId"] != (await send(app)).body["messageId"]


@pytest.mark.parametrize("key", ["", " ", "a b", "ключ", "a" * 256])
async def test_a_bad_key_is_answered_400_and_nothing_happens(app: App, aws: Aws, key: str) -> None:
    answer = await send(app, key=key)
    assert (answer.status, answer.code) == (400, "invalid_idempotency_key")
    assert aws.calls == []


async def test_a_take_over_does_not_publish_what_was_published(app: App, aws: Aws) -> None:
    accepted_before(aws, earlier(None, published=True))
    assert (await send(app, key=KEY)).status == 201
    assert aws.named("publish") == []
    assert posted(aws) != []
