import asyncio
import time
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from app.models.ids import UserId
from app.models.messages import SendMessage
from app.models.wire import check
from app.runtime import App
from app.stores.dynamo import decode
from tests.unit.aws import Aws, condition_failed, down, hang, page, refusal
from tests.unit.people import ADA, BOB, CLEO, person
from tests.unit.sending import ADMIN, TO_ALL, posted, send, site, told

GONE = refusal("GoneException", 410)
THROTTLED = refusal("LimitExceededException", 429)
REFUSED = refusal("PayloadTooLargeException", 413)
UNFORESEEN = refusal("AccessDeniedException", 403)
UNREACHABLE = EndpointConnectionError(endpoint_url="https://example.test")


@pytest.fixture(autouse=True)
def everybody(aws: Aws) -> None:
    site(aws)


def settled(aws: Aws) -> dict[str, Any]:
    (update,) = aws.named("update_item")
    return decode({name[1:]: value for name, value in update["ExpressionAttributeValues"].items()})


def counts(body: dict[str, Any]) -> tuple[int, int, int]:
    report = body["delivery"]["connections"]
    return report["posted"], report["gone"], report["failed"]


@pytest.mark.parametrize("error", [down(), THROTTLED, refusal("InvalidParameterException"), UNREACHABLE, UNFORESEEN])
async def test_a_topic_that_takes_nothing_leaves_the_delivery_pending(app: App, aws: Aws, error: Exception) -> None:
    aws.on("publish", error)
    answer = await send(app)
    assert (answer.status, answer.body["delivery"]["state"]) == (202, "pending")


@pytest.mark.parametrize("error", [down(), UNREACHABLE, UNFORESEEN])
async def test_a_topic_that_takes_nothing_does_not_stop_the_posts(app: App, aws: Aws, error: Exception) -> None:
    aws.on("publish", error)
    answer = await send(app)
    assert posted(aws) == sorted([f"c-{BOB}", f"c-{CLEO}"])
    assert counts(answer.body) == (2, 0, 0)


@pytest.mark.parametrize("error", [down(), THROTTLED, UNREACHABLE, UNFORESEEN])
async def test_a_post_that_fails_is_counted_and_leaves_the_delivery_pending(
    app: App, aws: Aws, error: Exception
) -> None:
    aws.on("post_to_connection", error, {})
    answer = await send(app)
    assert (answer.status, counts(answer.body)) == (202, (1, 0, 1))


async def test_posts_that_fail_do_not_stop_the_publish(app: App, aws: Aws) -> None:
    aws.on("post_to_connection", down())
    await send(app)
    assert len(aws.named("publish")) == 1


async def test_a_connection_that_refuses_is_counted_but_not_tried_again(app: App, aws: Aws) -> None:
    aws.on("post_to_connection", REFUSED, {})
    answer = await send(app)
    assert (answer.status, counts(answer.body)) == (201, (1, 0, 1))


async def test_a_gone_connection_is_forgotten(app: App, aws: Aws) -> None:
    aws.on("post_to_connection", GONE, {})
    answer = await send(app)
    assert (answer.status, counts(answer.body)) == (201, (1, 1, 0))
    (delete,) = aws.named("delete_item")
    assert (delete["TableName"], delete["Key"]) == ("connections_table", {"connectionId": {"S": f"c-{BOB}"}})


async def test_a_connection_that_may_just_be_opening_is_kept(app: App, aws: Aws) -> None:
    aws.on("post_to_connection", GONE)
    await send(app)
    delete = aws.named("delete_item")[0]
    assert delete["ConditionExpression"] == "#timestamp < :young"
    assert delete["ExpressionAttributeValues"] == {":young": {"S": "2026-11-22T17:59:50.000Z"}}


@pytest.mark.parametrize("error", [condition_failed(), down(), UNREACHABLE, UNFORESEEN])
async def test_a_gone_connection_that_stays_is_no_failure(app: App, aws: Aws, error: Exception) -> None:
    aws.on("post_to_connection", GONE)
    aws.on("delete_item", error)
    assert (await send(app)).status == 201


@pytest.mark.parametrize("error", [down(), UNREACHABLE, UNFORESEEN])
async def test_connections_that_cannot_be_looked_up_leave_the_delivery_pending(
    app: App, aws: Aws, error: Exception
) -> None:
    aws.on("query", error)
    answer = await send(app)
    assert (answer.status, len(aws.named("publish"))) == (202, 1)


async def test_a_look_up_that_fails_leaves_nothing_running(app: App, aws: Aws) -> None:
    aws.on("query", down(), hang)
    assert (await send(app)).status == 202
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_look_up_that_fails_between_two_pages_leaves_the_delivery_pending(app: App, aws: Aws) -> None:
    first = {**page({"connectionId": "c1"}), "LastEvaluatedKey": {"connectionId": {"S": "c1"}}}
    aws.on("scan", first, down())
    assert (await send(app, TO_ALL, caller=ADMIN)).status == 202


async def test_connections_are_looked_up_on_every_page(app: App, aws: Aws) -> None:
    key = {"connectionId": {"S": "c1"}}
    aws.on("scan", {**page({"connectionId": "c1"}), "LastEvaluatedKey": key}, page({"connectionId": "c2"}))
    await send(app, TO_ALL, caller=ADMIN)
    assert posted(aws) == ["c1", "c2"]
    assert [call.get("ExclusiveStartKey") for call in aws.named("scan")] == [None, key]


@pytest.mark.parametrize("error", [down(), condition_failed(), UNREACHABLE, UNFORESEEN])
async def test_a_delivery_that_cannot_be_settled_is_accepted_all_the_same(app: App, aws: Aws, error: Exception) -> None:
    aws.on("update_item", error)
    answer = await send(app)
    assert (answer.status, answer.body["delivery"]["state"]) == (202, "pending")


async def test_a_delivery_is_settled_with_its_counts(app: App, aws: Aws) -> None:
    aws.on("post_to_connection", GONE, {})
    await send(app)
    values = settled(aws)
    assert (values["state"], values["posted"], values["gone"], values["failed"]) == ("delivered", 1, 1, 0)


@pytest.mark.parametrize(("publish", "removed"), [({}, "REMOVE leasedUntil, pending"), (down(), "REMOVE leasedUntil")])
async def test_what_is_done_leaves_the_sparse_index_and_the_rest_stays(
    app: App, aws: Aws, publish: Any, removed: str
) -> None:
    aws.on("publish", publish)
    await send(app)
    assert aws.named("update_item")[0]["UpdateExpression"].endswith(removed)


async def test_only_the_holder_of_the_lease_settles(app: App, aws: Aws) -> None:
    await send(app)
    (update,) = aws.named("update_item")
    assert update["ConditionExpression"] == "leasedUntil = :lease"
    assert settled(aws)["lease"] == "2026-11-22T18:00:30.000Z"


async def test_who_does_not_want_it_is_not_posted_to(app: App, aws: Aws) -> None:
    site(aws, person(ADA), person(BOB, "Bob", realtime=False), person(CLEO, "Cleo"))
    assert (await send(app)).status == 201
    assert posted(aws) == [f"c-{CLEO}"]


async def test_recipients_without_a_connection_are_told_by_the_topic_alone(app: App, aws: Aws) -> None:
    aws.on("query", page())
    answer = await send(app)
    assert (answer.status, counts(answer.body), told(aws)) == (201, (0, 0, 0), {"publish"})


async def test_publish_and_posts_run_at_the_same_time(app: App, aws: Aws) -> None:
    together = asyncio.Barrier(3)

    async def meet(**_: Any) -> dict[str, Any]:
        await together.wait()
        return {}

    aws.on("publish", meet)
    aws.on("post_to_connection", meet)
    assert (await send(app)).status == 201  # each of the three waits for the other two


async def test_connections_of_many_people_are_looked_up_at_the_same_time(app: App, aws: Aws) -> None:
    names = [f"r{n}" for n in range(16)]
    site(aws, person(ADA), *(person(name, "R") for name in names))
    together = asyncio.Barrier(16)

    async def meet(**_: Any) -> dict[str, Any]:
        await together.wait()
        return page()

    aws.on("query", meet)
    assert (await send(app, {"recipientIds": names, "content": "x"})).status == 201


@pytest.mark.parametrize("operation", ["publish", "post_to_connection", "query"])
async def test_what_hangs_is_left_pending_in_time(app: App, aws: Aws, operation: str) -> None:
    aws.on(operation, hang)
    started = time.monotonic()
    answer = await send(app, ms=4200)
    assert (answer.status, answer.body["delivery"]["state"]) == (202, "pending")
    assert time.monotonic() - started < 1


async def test_one_hanging_post_does_not_take_the_others_along(app: App, aws: Aws) -> None:
    aws.on("post_to_connection", hang, {})
    answer = await send(app, ms=4200)
    assert (answer.status, counts(answer.body)[0]) == (202, 1)


async def test_an_accepted_message_is_answered_as_such_although_settling_hangs(app: App, aws: Aws) -> None:
    aws.on("update_item", hang)
    assert (await send(app, ms=3600)).status == 202


async def test_forgetting_gone_connections_that_hangs_takes_none_of_the_time_for_settling(app: App, aws: Aws) -> None:
    aws.on("post_to_connection", GONE)
    aws.on("delete_item", hang)
    body = check(SendMessage, {"recipientIds": [BOB], "content": "x"})
    async with asyncio.timeout(2.5):
        assert (await app.dispatch.send(UserId(ADA), body, None, 0.1)).gone == 1


async def test_without_time_left_a_message_is_accepted_and_pending(app: App, aws: Aws) -> None:
    aws.on("publish", hang)
    assert (await send(app, ms=2000)).status == 202


async def test_out_of_time_leaves_nothing_running(app: App, aws: Aws) -> None:
    for operation in ("publish", "post_to_connection"):
        aws.on(operation, hang)
    await send(app, ms=3600)
    assert asyncio.all_tasks() == {asyncio.current_task()}
