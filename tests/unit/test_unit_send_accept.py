import json
from typing import Any

import pytest

from app.catalogue import EVERYONE
from app.models.ids import notification_id
from app.models.messages import MAX_RECIPIENTS
from app.runtime import App
from tests.unit.aws import Aws, cancelled, down, refusal
from tests.unit.people import ADA, BOB, CLEO, NOW_ISO, NOW_S, person
from tests.unit.sending import ADMIN, ALL, BODY, KEY, MESSAGE, TO_ALL, posted, rows, send, site, told


@pytest.fixture(autouse=True)
def everybody(aws: Aws) -> None:
    site(aws)


async def test_a_message_whose_recipients_were_told_is_answered_201(app: App) -> None:
    answer = await send(app, key=KEY)
    report = {"posted": 2, "gone": 0, "failed": 0}
    delivery = {"messageId": MESSAGE, "state": "delivered", "recipients": 2, "connections": report, "seen": 0}
    assert (answer.status, answer.body) == (201, {"messageId": MESSAGE, "createdAt": NOW_ISO, "delivery": delivery})


async def test_one_transaction_writes_the_delivery_and_two_rows_each(app: App, aws: Aws) -> None:
    await send(app)
    assert [table for table, _ in rows(aws)] == [
        "deliveries_table", "messages_table", "messages_table", "notifications_table", "notifications_table",
    ]  # fmt: skip


async def test_the_rows_are_exactly_these(app: App, aws: Aws) -> None:
    await send(app, key=KEY)
    shared = {"messageId": MESSAGE, "userId": BOB, "senderId": ADA, "title": "Hi", "content": "hello"}
    state = {"priority": "normal", "read": False, "createdAt": NOW_ISO}
    assert rows(aws)[1][1] == {**shared, **state, "updatedAt": NOW_ISO}
    told_of = {"notificationId": notification_id(MESSAGE), "type": "message", "unread": BOB}
    assert rows(aws)[3][1] == {**shared, **state, **told_of}


async def test_the_delivery_is_pending_until_everybody_was_told(app: App, aws: Aws) -> None:
    await send(app, key=KEY)
    row = rows(aws)[0][1]
    assert (row["state"], row["recipientCount"], row["leasedUntil"]) == ("pending", 2, "2026-11-22T18:00:30.000Z")
    assert (row["pendingSince"], row["expiresAt"]) == (NOW_ISO, NOW_S + 30 * 24 * 3600)
    assert "pending" in row


async def test_no_row_is_written_over(app: App, aws: Aws) -> None:
    await send(app)
    puts = [action["Put"] for action in aws.named("transact_write_items")[0]["TransactItems"]]
    assert all(put["ConditionExpression"].startswith("attribute_not_exists(") for put in puts)


async def test_the_most_recipients_fit_into_one_transaction(app: App, aws: Aws) -> None:
    names = [f"r{n}" for n in range(MAX_RECIPIENTS)]
    site(aws, person(ADA), *(person(name, "R") for name in names))
    assert (await send(app, {"recipientIds": names, "content": "x"})).status == 201
    assert len(rows(aws)) <= 100


async def test_a_recipient_named_twice_gets_one_message_and_one_post(app: App, aws: Aws) -> None:
    await send(app, {"recipientIds": [BOB, BOB], "content": "x"})
    assert len(rows(aws)) == 3
    assert posted(aws) == [f"c-{BOB}"]


async def test_one_may_write_to_oneself(app: App, aws: Aws) -> None:
    assert (await send(app, {"recipientIds": [ADA], "content": "x"})).status == 201
    assert posted(aws) == [f"c-{ADA}"]


async def test_an_announcement_is_one_row_of_each(app: App, aws: Aws) -> None:
    answer = await send(app, TO_ALL, caller=ADMIN)
    assert (answer.status, answer.body["delivery"]["recipients"]) == (201, 0)
    assert [row.get("userId") for _, row in rows(aws)] == [None, EVERYONE, EVERYONE]


async def test_an_announcement_is_posted_to_every_connection(app: App, aws: Aws) -> None:
    await send(app, TO_ALL, caller=ADMIN)
    assert posted(aws) == sorted(f"c-{who['userId']}" for who in ALL)


async def test_an_announcement_is_for_admins_only(app: App, aws: Aws) -> None:
    answer = await send(app, TO_ALL)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert aws.calls == []


async def test_every_unknown_recipient_is_pointed_at(app: App, aws: Aws) -> None:
    answer = await send(app, {"recipientIds": ["x", BOB, "y", "x"], "content": "hello"})
    unknown = [(f"/recipientIds/{place}", "unknown_recipient") for place in (0, 2, 3)]
    assert (answer.status, answer.faults) == (422, unknown)
    assert aws.operations() == ["batch_get_item"]


async def test_the_reserved_id_is_nobody(app: App) -> None:
    assert (await send(app, {"recipientIds": [EVERYONE], "content": "x"})).status == 422


@pytest.mark.parametrize("body", [BODY, TO_ALL])
async def test_a_sender_has_a_profile(app: App, aws: Aws, body: Any) -> None:
    site(aws, person(BOB, "Bob"), person(CLEO, "Cleo"))
    answer = await send(app, body, caller=ADMIN)
    assert (answer.status, answer.code) == (403, "profile_required")
    assert aws.named("transact_write_items") == []


@pytest.mark.parametrize("error", [down(), cancelled("None", "ThrottlingError"), refusal("ThrottlingException")])
async def test_nobody_is_told_of_what_was_not_accepted(app: App, aws: Aws, error: Exception) -> None:
    aws.on("transact_write_items", error)
    assert (await send(app)).status == 503
    assert told(aws) == set()


async def test_a_bug_in_the_transaction_tells_nobody(app: App, aws: Aws) -> None:
    aws.on("transact_write_items", cancelled("ValidationError"))
    assert (await send(app)).status == 500
    assert told(aws) == set()


async def test_a_conflict_without_a_key_is_answered_503(app: App, aws: Aws) -> None:
    aws.on("transact_write_items", cancelled("TransactionConflict"))
    assert (await send(app)).status == 503
    assert aws.named("get_item") == []


async def test_people_who_cannot_be_looked_up_are_answered_503(app: App, aws: Aws) -> None:
    aws.on("batch_get_item", down())
    assert (await send(app)).status == 503
    assert aws.operations() == ["batch_get_item"]


async def test_people_that_dynamodb_left_out_are_asked_for_again(app: App, aws: Aws) -> None:
    whole = aws.replies["batch_get_item"][0]
    rest = {"users_table": {"Keys": [{"userId": {"S": name}} for name in (ADA, BOB, CLEO)]}}
    aws.on("batch_get_item", {"Responses": {}, "UnprocessedKeys": rest}, whole)
    assert (await send(app)).status == 201


async def test_people_that_dynamodb_always_leaves_out_are_answered_503(app: App, aws: Aws) -> None:
    rest = {"users_table": {"Keys": [{"userId": {"S": ADA}}]}}
    aws.on("batch_get_item", {"Responses": {}, "UnprocessedKeys": rest})
    assert (await send(app)).status == 503
    assert len(aws.named("batch_get_item")) == 4


async def test_the_topic_hears_the_frame_and_whom_it_is_for(app: App, aws: Aws) -> None:
    await send(app, {**BODY, "priority": "critical"})
    (publish,) = aws.named("publish")
    frame = json.loads(aws.named("post_to_connection")[0]["Data"])
    assert publish["TopicArn"] == "notifications_topic"
    assert json.loads(publish["Message"]) == {**frame, "recipientIds": [BOB, CLEO]}
    attributes = {name: value["StringValue"] for name, value in publish["MessageAttributes"].items()}
    assert attributes == {"type": "message", "priority": "critical"}


async def test_every_connection_gets_the_same_bytes(app: App, aws: Aws) -> None:
    await send(app)
    assert len({call["Data"] for call in aws.named("post_to_connection")}) == 1


async def test_a_throttled_transaction_is_tried_again(app: App, aws: Aws) -> None:
    aws.on("transact_write_items", cancelled("ThrottlingError"), cancelled("TransactionConflict"), {})
    assert (await send(app)).status == 201
    tokens = [call["ClientRequestToken"] for call in aws.named("transact_write_items")]
    assert len(tokens) == 3
    assert len(set(tokens)) == 1, "so that a try whose answer was lost counts once"


async def test_every_message_is_a_transaction_of_its_own(app: App, aws: Aws) -> None:
    await send(app)
    await send(app)
    first, second = (call["ClientRequestToken"] for call in aws.named("transact_write_items"))
    assert first != second
