import json
from typing import Any

import pytest

from app.catalogue import DELIVERIES, MESSAGES
from app.delivery.lane import Outcome
from app.models.deliveries import Delivery, State
from app.models.ids import UserId, keyed_message_id
from tests.unit.aws import cancelled, down
from tests.unit.delivering import Site, names
from tests.unit.events import claims
from tests.unit.people import ADA, BOB, CLEO
from tests.unit.sending import ADMIN, BOBS, BODY, KEY, MESSAGE, TO_ALL, counts, deliveries, send, state, to, told


@pytest.fixture(autouse=True)
def everybody(site: Site) -> None:
    site.join(ADA, BOB, CLEO)


async def left(site: Site, in_state: State, *, after_s: float = 20, body: Any = BODY, **event: Any) -> None:
    """Sends a message so that it is left in this state; then so many seconds pass."""
    first = site.tables.transact_write_items
    await send(site, body, key=KEY, **event)
    (row,) = [row for row in site.tables.rows(DELIVERIES) if row["messageId"] == MESSAGE]
    open_ = Delivery.from_item(row).model_copy(update={"parts": frozenset({"0-49"}), "state": in_state}).to_item()
    site.tables.plant(DELIVERIES, {**(row if in_state == "delivered" else open_), "state": in_state})
    site.clock.advance(seconds=after_s)
    site.aws.calls.clear()
    assert site.aws.replies["transact_write_items"] == [first]


async def test_a_repeated_request_has_the_answer_of_the_first_byte_for_byte(site: Site) -> None:
    first = await send(site, key=KEY)
    assert await send(site, key=KEY) == first


async def test_a_repeated_request_tells_nobody_again(site: Site) -> None:
    await left(site, "delivered")
    assert (await send(site, key=KEY)).status == 201
    assert told(site) == set()


async def test_a_repeated_request_writes_nothing(site: Site) -> None:
    await left(site, "delivered")
    rows = site.tables.rows(MESSAGES) + deliveries(site)
    await send(site, key=KEY)
    assert site.tables.rows(MESSAGES) + deliveries(site) == rows
    assert site.done("update_item", "put_item") == ["update_item"], "which counts it"


async def test_a_body_that_asks_for_the_same_in_other_words_is_the_same(site: Site) -> None:
    await left(site, "delivered")
    body = json.dumps({"priority": "normal", **dict(reversed(BODY.items()))}, indent=2)
    assert (await send(site, body, key=KEY)).status == 201


@pytest.mark.parametrize("in_state", ["pending", "delivering", "delivered", "failed"])
async def test_a_key_does_not_stand_for_another_body(site: Site, in_state: State) -> None:
    await left(site, in_state)
    answer = await send(site, {**BODY, "content": "other"}, key=KEY)
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")
    assert told(site) == set()


@pytest.mark.parametrize(("after_s", "retry_after"), [(0, "30"), (20, "10"), (29.8, "1")])
async def test_a_repeat_while_the_first_is_at_work_is_in_progress(site: Site, after_s: float, retry_after: str) -> None:
    await left(site, "pending", after_s=after_s)
    answer = await send(site, key=KEY)
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (409, "in_progress", retry_after)
    assert told(site) == set()


@pytest.mark.parametrize(
    ("in_state", "after_s"), [("pending", 30), ("delivering", 900), ("failed", 0), ("failed", 9e5)]
)
async def test_a_delivery_that_nobody_works_on_goes_to_the_queue(site: Site, in_state: State, after_s: float) -> None:
    await left(site, in_state, after_s=after_s)
    assert state(await send(site, key=KEY)) == (202, "delivering")
    assert (site.queued(), told(site)) == ([(MESSAGE, "0-49")], {"send_message_batch"})
    assert site.delivery(MESSAGE).state == "delivering"


@pytest.mark.parametrize("in_state", ["pending", "delivering", "failed"])
async def test_what_was_taken_up_again_is_delivered_by_a_worker(site: Site, in_state: State) -> None:
    await left(site, in_state, after_s=1_000)
    await send(site, key=KEY)
    await site.work_off(message_id=MESSAGE)
    assert state(await send(site, key=KEY)) == (201, "delivered")


async def test_a_delivery_that_workers_are_at_is_answered_as_it_is(site: Site) -> None:
    await left(site, "delivering", after_s=899)
    assert state(await send(site, key=KEY)) == (202, "delivering")
    assert (told(site), site.done("update_item")) == (set(), ["update_item"])


async def test_the_answer_to_a_repeat_keeps_the_time_of_the_first(site: Site) -> None:
    first = await send(site, key=KEY)
    site.clock.advance(days=3)
    assert (await send(site, key=KEY)).body["createdAt"] == first.body["createdAt"]


async def test_a_queue_that_takes_nothing_is_answered_503_to_a_repeat(site: Site) -> None:
    await left(site, "pending", after_s=60)
    site.aws.on("send_message_batch", down())
    assert (await send(site, key=KEY)).status == 503
    assert site.delivery(MESSAGE).state == "pending"


async def test_a_repeat_that_comes_when_a_worker_has_just_ended_it_is_no_failure(site: Site) -> None:
    await left(site, "pending", after_s=60)

    async def worked_off(**_: Any) -> dict[str, Any]:
        await site.work_off(message_id=MESSAGE)
        return {}

    site.aws.on("send_message_batch", worked_off)
    assert (await send(site, key=KEY)).status == 202
    assert site.delivery(MESSAGE).state == "delivered"


async def test_a_repeat_has_its_answer_although_a_recipient_has_left(site: Site) -> None:
    await left(site, "delivered")
    site.leave(CLEO)
    assert (await send(site, key=KEY)).status == 201


@pytest.mark.parametrize(("in_state", "status"), [("delivered", 201), ("delivering", 202)])
async def test_a_sender_who_has_left_still_has_their_answer(site: Site, in_state: State, status: int) -> None:
    await left(site, in_state)
    site.leave(ADA)
    assert (await send(site, key=KEY)).status == status
    assert told(site) == set()


async def test_an_unknown_recipient_of_a_new_key_is_pointed_at(site: Site) -> None:
    site.leave(CLEO)
    answer = await send(site, key=KEY)
    assert (answer.status, answer.faults) == (422, [("/recipientIds/1", "unknown_recipient")])


async def test_a_conflict_that_left_nothing_is_answered_503(site: Site) -> None:
    site.aws.on("transact_write_items", cancelled("TransactionConflict"))
    assert (await send(site, key=KEY)).status == 503


async def test_a_conflict_with_a_twin_that_was_accepted_is_in_progress(site: Site) -> None:
    await left(site, "pending", after_s=1)
    site.aws.on("transact_write_items", cancelled("TransactionConflict"))
    assert (await send(site, key=KEY)).status == 409


async def test_keys_are_of_their_sender(site: Site) -> None:
    mine = await send(site, to(CLEO), key=KEY)
    bobs = await send(site, to(CLEO), key=KEY, caller=claims(BOB))
    assert (mine.body["messageId"], bobs.body["messageId"]) == (MESSAGE, keyed_message_id(UserId(BOB), KEY))
    assert (mine.status, bobs.status) == (201, 201)


async def test_without_a_key_every_request_is_a_message_of_its_own(site: Site) -> None:
    assert (await send(site)).body["messageId"] != (await send(site)).body["messageId"]


@pytest.mark.parametrize("key", ["", " ", "a b", "ключ", "a" * 256])
async def test_a_bad_key_is_answered_400_and_nothing_happens(site: Site, key: str) -> None:
    answer = await send(site, key=key)
    assert (answer.status, answer.code) == (400, "invalid_idempotency_key")
    assert site.aws.calls == []


async def test_a_key_whose_delivery_has_expired_but_whose_rows_have_not_is_not_taken_again(site: Site) -> None:
    await send(site, key=KEY)
    site.tables.clear(DELIVERIES)
    answer = await send(site, key=KEY)
    assert (answer.status, answer.code) == (422, "idempotency_key_reused")


async def test_a_large_message_that_is_delivered_is_answered_like_the_first_time(site: Site) -> None:
    site.join(*names(50))
    first = await send(site, to(*names(50)), key=KEY)
    await site.work_off("0-50", message_id=MESSAGE)
    assert (first.status, state(await send(site, to(*names(50)), key=KEY))) == (202, (202, "delivered"))


async def test_an_announcement_that_is_repeated_is_not_sent_twice(site: Site) -> None:
    await send(site, TO_ALL, key=KEY, caller=ADMIN)
    again = await send(site, TO_ALL, key=KEY, caller=ADMIN)
    assert (state(again), len(site.queued())) == ((202, "delivering"), 4)


async def test_a_report_grows_with_what_workers_reach(site: Site) -> None:
    site.lane.on(BOBS, Outcome.FAILED, Outcome.POSTED)
    await send(site, key=KEY)
    site.clock.advance(seconds=5)
    await site.work_off(message_id=MESSAGE)
    assert counts(await send(site, key=KEY)) == (2, 0, 0)
