import json
from typing import Any

import pytest

from app.catalogue import EVERYONE, MESSAGES
from app.models.ids import notification_id
from tests.unit.aws import cancelled, down, refusal
from tests.unit.delivering import Site, names
from tests.unit.people import ADA, BOB, CLEO, NOW_ISO, NOW_S
from tests.unit.sending import ADMIN, BOBS, BODY, CLEOS, KEY, MESSAGE, TO_ALL, deliveries, rows, send, to, told


@pytest.fixture(autouse=True)
def everybody(site: Site) -> None:
    site.join(ADA, BOB, CLEO)


async def test_a_message_whose_recipients_were_told_is_answered_201(site: Site) -> None:
    answer = await send(site, key=KEY)
    report = {"posted": 2, "gone": 0, "failed": 0}
    delivery = {"messageId": MESSAGE, "state": "delivered", "recipients": 2, "connections": report, "seen": 0}
    assert (answer.status, answer.body) == (201, {"messageId": MESSAGE, "createdAt": NOW_ISO, "delivery": delivery})


async def test_one_transaction_writes_the_delivery_and_two_rows_each(site: Site) -> None:
    await send(site)
    assert [table for table, _ in rows(site)] == [
        "deliveries_table", "messages_table", "messages_table", "notifications_table", "notifications_table",
    ]  # fmt: skip


async def test_the_rows_are_exactly_these(site: Site) -> None:
    await send(site, key=KEY)
    shared = {"messageId": MESSAGE, "userId": BOB, "senderId": ADA, "title": "Hi", "content": "hello"}
    state = {"priority": "normal", "read": False, "createdAt": NOW_ISO}
    assert rows(site)[1][1] == {**shared, **state, "updatedAt": NOW_ISO}
    told_of = {"notificationId": notification_id(MESSAGE), "type": "message", "unread": BOB}
    assert rows(site)[3][1] == {**shared, **state, **told_of}


async def test_the_delivery_is_pending_until_everybody_was_told(site: Site) -> None:
    await send(site, key=KEY)
    row = rows(site)[0][1]
    assert (row["state"], row["recipientCount"], row["parts"]) == ("pending", 2, {"0-49"})
    assert (row["pendingSince"], row["expiresAt"]) == (NOW_ISO, NOW_S + 30 * 24 * 3600)
    assert "pending" in row


async def test_nobody_is_told_before_the_message_is_accepted(site: Site) -> None:
    await send(site)
    assert site.done("transact_write_items", "publish", "post", "send_message")[0] == "transact_write_items"


async def test_no_row_is_written_over(site: Site) -> None:
    await send(site)
    puts = [action["Put"] for action in site.aws.named("transact_write_items")[0]["TransactItems"]]
    assert all(put["ConditionExpression"].startswith("attribute_not_exists(") for put in puts)


async def test_49_recipients_fit_into_one_transaction(site: Site) -> None:
    site.join(*names(49))
    assert (await send(site, to(*names(49)))).status == 201
    assert len(rows(site)) == 99


async def test_a_recipient_named_twice_gets_one_message_and_one_post(site: Site) -> None:
    await send(site, to(BOB, BOB))
    assert (len(rows(site)), site.posted()) == (3, [BOBS])


async def test_one_may_write_to_oneself(site: Site) -> None:
    assert (await send(site, to(ADA))).status == 201
    assert site.posted() == [f"c-{ADA}"]


async def test_a_small_message_is_no_work_for_the_queue(site: Site) -> None:
    await send(site)
    assert site.done("send_message", "send_message_batch", "put_item") == []
    assert len(deliveries(site)) == 1


async def test_an_announcement_is_one_row_of_each(site: Site) -> None:
    answer = await send(site, TO_ALL, caller=ADMIN)
    assert (answer.status, answer.body["delivery"]["recipients"]) == (202, 0)
    assert [row.get("userId") for _, row in rows(site)] == [None, EVERYONE, EVERYONE]


async def test_an_announcement_is_delivered_by_way_of_the_queue(site: Site) -> None:
    answer = await send(site, TO_ALL, key=KEY, caller=ADMIN)
    assert answer.body["delivery"]["state"] == "delivering"
    assert site.queued() == [(MESSAGE, f"{number}/4") for number in range(4)]
    assert told(site) == {"send_message_batch"}


async def test_an_announcement_is_for_admins_only(site: Site) -> None:
    answer = await send(site, TO_ALL)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert site.aws.calls == []


async def test_every_unknown_recipient_is_pointed_at(site: Site) -> None:
    answer = await send(site, to("x", BOB, "y", "x"))
    unknown = [(f"/recipientIds/{place}", "unknown_recipient") for place in (0, 2, 3)]
    assert (answer.status, answer.faults) == (422, unknown)
    assert site.aws.operations() == ["update_item", "batch_get_item"]


async def test_the_reserved_id_is_nobody(site: Site) -> None:
    assert (await send(site, to(EVERYONE))).status == 422


@pytest.mark.parametrize("body", [BODY, TO_ALL])
async def test_a_sender_has_a_profile(site: Site, body: Any) -> None:
    site.leave(ADA)
    answer = await send(site, body, caller=ADMIN)
    assert (answer.status, answer.code) == (403, "profile_required")
    assert site.aws.named("transact_write_items") == []


@pytest.mark.parametrize("error", [down(), cancelled("None", "ThrottlingError"), refusal("ThrottlingException")])
async def test_nobody_is_told_of_what_was_not_accepted(site: Site, error: Exception) -> None:
    site.aws.on("transact_write_items", error)
    assert (await send(site)).status == 503
    assert told(site) == set()


async def test_a_bug_in_the_transaction_tells_nobody(site: Site) -> None:
    site.aws.on("transact_write_items", cancelled("ValidationError"))
    assert (await send(site)).status == 500
    assert told(site) == set()


async def test_a_conflict_without_a_key_is_answered_503(site: Site) -> None:
    site.aws.on("transact_write_items", cancelled("TransactionConflict"))
    assert (await send(site)).status == 503
    assert site.aws.named("get_item") == []


async def test_people_who_cannot_be_looked_up_are_answered_503(site: Site) -> None:
    site.aws.on("batch_get_item", down())
    assert (await send(site)).status == 503
    assert site.aws.operations() == ["update_item", "batch_get_item"]


async def test_people_that_dynamodb_left_out_are_asked_for_again(site: Site) -> None:
    rest = {"users_table": {"Keys": [{"userId": {"S": name}} for name in (ADA, BOB, CLEO)]}}
    site.aws.on("batch_get_item", {"Responses": {}, "UnprocessedKeys": rest}, site.tables.batch_get)
    assert (await send(site)).status == 201


async def test_people_that_dynamodb_always_leaves_out_are_answered_503(site: Site) -> None:
    rest = {"users_table": {"Keys": [{"userId": {"S": ADA}}]}}
    site.aws.on("batch_get_item", {"Responses": {}, "UnprocessedKeys": rest})
    assert (await send(site)).status == 503
    assert len(site.aws.named("batch_get_item")) == 4


async def test_the_topic_hears_the_frame_and_whom_it_is_for(site: Site) -> None:
    await send(site, {**BODY, "priority": "critical"})
    (publish,) = site.aws.named("publish")
    frame = json.loads(site.aws.named("post")[0]["payload"])
    assert publish["TopicArn"] == "notifications_topic"
    assert json.loads(publish["Message"]) == {**frame, "audience": None, "recipientIds": [BOB, CLEO]}
    attributes = {name: value["StringValue"] for name, value in publish["MessageAttributes"].items()}
    assert attributes == {"type": "message", "priority": "critical"}


async def test_every_connection_gets_the_same_frame(site: Site) -> None:
    await send(site)
    assert site.pages() == [[BOBS, CLEOS]]


async def test_a_throttled_transaction_is_tried_again(site: Site) -> None:
    write = site.tables.transact_write_items
    site.aws.on("transact_write_items", cancelled("ThrottlingError"), cancelled("TransactionConflict"), write)
    assert (await send(site)).status == 201
    tokens = [call["ClientRequestToken"] for call in site.aws.named("transact_write_items")]
    assert len(tokens) == 3
    assert len(set(tokens)) == 1, "so that a try whose answer was lost counts once"


async def test_every_message_is_a_transaction_of_its_own(site: Site) -> None:
    await send(site)
    await send(site)
    first, second = (call["ClientRequestToken"] for call in site.aws.named("transact_write_items"))
    assert first != second
    assert len(site.tables.rows(MESSAGES)) == 4
