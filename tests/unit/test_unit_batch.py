import asyncio
import time
from typing import Any

import pytest

from app.application import App
from app.batch import RESERVE_S, Received, queue_source, schedule
from app.catalogue import DELIVERIES_QUEUE, variables
from app.handlers import deliveries
from app.runtime import Core, LambdaFunction
from app.settings import MissingSettingsError
from tests.unit.aws import Aws, down, hang
from tests.unit.delivering import MESSAGE, Site, work_of
from tests.unit.events import Remaining, lines
from tests.unit.people import BOB


def record(name: str = "a", body: str = "{}", receives: int = 1) -> dict[str, Any]:
    """Returns a message as SQS hands it to Lambda."""
    return {
        "messageId": name,
        "receiptHandle": f"receipt-{name}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receives), "SentTimestamp": "1545082649183"},
        "eventSource": "aws:sqs",
    }


async def hand(function: LambdaFunction, app: App, *records: dict[str, Any], ms: int = 60_000) -> list[str]:
    """Hands messages to a function; returns those that it is not done with."""
    answer = await function.answer(lambda: app, {"Records": [*records]}, Remaining(ms))
    assert set(answer) == {"batchItemFailures"}
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def failing(*names: str, error: Exception | None = None) -> LambdaFunction:
    """Returns a function that fails at these messages."""

    @queue_source(DELIVERIES_QUEUE)
    async def handler(app: App, message: Received) -> None:  # noqa: ARG001 - every handler has it
        if message.message_id in names:
            raise error or RuntimeError

    return handler


def hidden(aws: Aws) -> list[tuple[str, int]]:
    calls = aws.named("change_message_visibility")
    return [(call["ReceiptHandle"], call["VisibilityTimeout"]) for call in calls]


async def test_what_is_done_is_not_a_failure(app: App, aws: Aws) -> None:
    assert await hand(failing(), app, record("a"), record("b")) == []
    assert aws.calls == []


async def test_only_the_message_that_failed_comes_again(app: App) -> None:
    assert await hand(failing("b"), app, record("a"), record("b"), record("c")) == ["b"]


async def test_every_message_that_failed_comes_again(app: App) -> None:
    assert await hand(failing("a", "c"), app, record("a"), record("b"), record("c")) == ["a", "c"]


async def test_the_messages_of_a_batch_are_worked_off_at_the_same_time(app: App) -> None:
    together = asyncio.Barrier(3)

    @queue_source(DELIVERIES_QUEUE)
    async def meet(app: App, message: Received) -> None:  # noqa: ARG001 - every handler has them
        await together.wait()

    assert await hand(meet, app, record("a"), record("b"), record("c")) == []


async def test_a_handler_gets_the_message_as_it_was_received(app: App) -> None:
    got: list[Received] = []

    @queue_source(DELIVERIES_QUEUE)
    async def keep(app: App, message: Received) -> None:  # noqa: ARG001 - every handler has it
        got.append(message)

    before = time.monotonic()
    await hand(keep, app, record("a", "text", receives=3), ms=60_000)
    (message,) = got
    assert (message.message_id, message.receipt, message.body, message.receives) == ("a", "receipt-a", "text", 3)
    assert before + 60 - RESERVE_S <= message.deadline <= time.monotonic() + 60 - RESERVE_S


@pytest.mark.parametrize("event", [{}, {"Records": []}, None, [], "x"])
async def test_an_event_without_messages_is_no_failure(app: App, event: Any) -> None:
    assert await failing().answer(lambda: app, event, Remaining()) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    ("receives", "seconds"),
    [(1, 10), (2, 20), (3, 40), (4, 80), (5, 160), (6, 320), (7, 640), (8, 900), (9, 900), (1_000, 900)],
)
async def test_a_failure_comes_again_after_twice_as_long_each_time(
    app: App, aws: Aws, receives: int, seconds: int
) -> None:
    await hand(failing("a"), app, record("a", receives=receives))
    assert hidden(aws) == [("receipt-a", seconds)]
    assert aws.calls[0][1]["QueueUrl"] == "deliveries_queue"


@pytest.mark.parametrize("reply", [down(), RuntimeError()])
async def test_a_failure_that_cannot_be_hidden_comes_again_all_the_same(app: App, aws: Aws, reply: Exception) -> None:
    aws.on("change_message_visibility", reply)
    assert await hand(failing("a"), app, record("a"), record("b")) == ["a"]


async def test_hiding_a_failure_that_hangs_takes_no_more_than_the_reserve(app: App, aws: Aws) -> None:
    aws.on("change_message_visibility", hang)
    async with asyncio.timeout(RESERVE_S):
        assert await hand(failing("a"), app, record("a")) == ["a"]


@pytest.mark.parametrize("ms", [2_050, 2_000, 500, 0])
async def test_a_message_that_takes_too_long_comes_again_and_the_others_do_not(app: App, aws: Aws, ms: int) -> None:
    @queue_source(DELIVERIES_QUEUE)
    async def slow(app: App, message: Received) -> None:  # noqa: ARG001 - every handler has it
        if message.message_id == "a":
            await asyncio.Event().wait()

    async with asyncio.timeout(5):
        assert await hand(slow, app, record("a"), record("b"), ms=ms) == ["a"]
    assert hidden(aws) == [("receipt-a", 10)]


async def test_what_ran_out_of_time_is_not_left_running(app: App) -> None:
    @queue_source(DELIVERIES_QUEUE)
    async def slow(app: App, message: Received) -> None:  # noqa: ARG001 - every handler has them
        await asyncio.Event().wait()

    await hand(slow, app, record("a"), ms=2_010)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("function", [failing(), deliveries.deliver, deliveries.sweep])
def test_missing_settings_are_raised_so_that_the_queue_keeps_everything(
    function: LambdaFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    made = Core()
    with pytest.raises(MissingSettingsError):
        made.run(function.answer, {"Records": [record()]}, Remaining())
    made.close()


async def test_each_message_has_one_line_in_the_log(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    await hand(failing("b"), app, record("a"), record("b", receives=2))
    told = [line for line in lines(capsys.readouterr().out) if line["event"] == "message"]
    found = [(line["queue"], line["queueMessageId"], line["receives"], line["fine"]) for line in told]
    assert sorted(found) == [("deliveries", "a", 1, True), ("deliveries", "b", 2, False)]


async def test_a_handler_of_a_schedule_gets_the_app(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    got: list[App] = []

    @schedule
    async def keep(app: App) -> None:
        got.append(app)

    await keep.answer(lambda: app, {"source": "aws.events"}, Remaining())
    assert got == [app]
    assert [line["event"] for line in lines(capsys.readouterr().out)] == ["schedule"]


async def test_what_a_schedule_raises_counts_as_its_error(app: App) -> None:
    @schedule
    async def broken(app: App) -> None:  # noqa: ARG001 - every handler has it
        raise LookupError

    with pytest.raises(LookupError):
        await broken.answer(lambda: app, {}, Remaining())


async def test_a_schedule_that_takes_too_long_is_ended(app: App) -> None:
    @schedule
    async def slow(app: App) -> None:  # noqa: ARG001 - every handler has it
        await asyncio.Event().wait()

    async with asyncio.timeout(5):
        with pytest.raises(TimeoutError):
            await slow.answer(lambda: app, {}, Remaining(2_010))


@pytest.mark.parametrize(
    "body",
    ["", "x", "null", "[]", "{}", '{"messageId":"m"}', '{"messageId":"m","part":0}', '{"message_id":"m","part":"0"}',
     '{"messageId":"m","part":"0","more":1}'],
)  # fmt: skip
async def test_a_job_that_is_none_is_a_failure_and_touches_nothing(site: Site, body: str) -> None:
    assert await hand(deliveries.deliver, site.app, record("a", body)) == ["a"]
    assert site.aws.operations() == ["change_message_visibility"]


async def test_a_job_that_is_none_does_not_stop_the_others(site: Site) -> None:
    site.join(BOB)
    await site.accept(work_of(BOB))
    jobs = record("bad", "x"), record("good", f'{{"messageId":"{MESSAGE}","part":"0-49"}}')
    assert await hand(deliveries.deliver, site.app, *jobs) == ["bad"]
    assert site.delivery().state == "delivered"


async def test_a_job_is_worked_off_within_the_time_of_its_invocation(site: Site) -> None:
    site.join(BOB)
    await site.accept(work_of(BOB))
    await hand(deliveries.deliver, site.app, record("a", f'{{"messageId":"{MESSAGE}","part":"0-49"}}'), ms=30_000)
    (call,) = site.aws.named("post")
    assert 23 < call["budget_s"] <= 24  # 2 s are kept for the answer, and 4 for writing down how far it has come


async def test_the_clock_sweeps(site: Site) -> None:
    await site.accept(work_of(BOB), "pending")
    site.clock.advance(seconds=30)
    await deliveries.sweep.answer(lambda: site.app, {}, Remaining())
    assert site.queued() == [(MESSAGE, "0-49")]
