import json
from typing import Any

import pytest

from app.catalogue import DELIVERIES
from app.errors import UnavailableError
from app.models.deliveries import Delivery, State
from app.models.ids import MessageId, new_message_id
from app.models.times import iso
from tests.unit.aws import condition_failed, down, refusal
from tests.unit.delivering import Site, names, work_of
from tests.unit.events import lines


def plant(site: Site, state: State = "pending", parts: tuple[str, ...] = ("0-50",), **age: float) -> MessageId:
    """A delivery that was accepted so long ago, and not touched since."""
    message_id = new_message_id()
    work = work_of(*names(150)).model_copy(update={"message_id": message_id, "created_at": iso(site.clock())})
    made = Delivery.accepted(work, "hash", site.clock())
    item = made.model_copy(update={"parts": frozenset(parts), "state": state}).to_item()
    gone = {"delivered": {"pending", "parts"}, "failed": {"pending"}}.get(state, set())
    site.tables.plant(DELIVERIES, {name: value for name, value in item.items() if name not in gone})
    site.clock.advance(**age)
    return message_id


def counted(out: str) -> tuple[int, int]:
    metrics = [json.loads(line) for line in out.splitlines() if "_aws" in line]
    return sum(line.get("DeliveriesFailed", 0) for line in metrics), sum(
        line.get("DeliveriesQueuedAgain", 0) for line in metrics
    )


@pytest.mark.parametrize(("state", "age_s"), [("pending", 30), ("delivering", 900)])
async def test_a_delivery_that_nobody_works_on_is_queued_again(site: Site, state: State, age_s: int) -> None:
    message_id = plant(site, state, seconds=age_s)
    await site.app.sweeper.sweep()
    assert site.queued() == [(message_id, "0-50")]
    assert site.delivery(message_id).state == "delivering"
    assert site.delivery(message_id).pending_since == iso(site.clock())


async def test_only_the_open_parts_are_queued_again(site: Site) -> None:
    message_id = plant(site, "delivering", ("0-50", "100-150"), minutes=15)
    await site.app.sweeper.sweep()
    assert site.queued() == [(message_id, "0-50"), (message_id, "100-150")]


@pytest.mark.parametrize(
    ("state", "age_s"), [("pending", 29.9), ("delivering", 899.9), ("delivered", 99), ("failed", 9e5)]
)
async def test_a_delivery_that_is_at_work_or_has_ended_is_left_alone(site: Site, state: State, age_s: float) -> None:
    message_id = plant(site, state, seconds=age_s)
    before = site.delivery(message_id)
    await site.app.sweeper.sweep()
    assert (site.queued(), site.delivery(message_id)) == ([], before)


async def test_what_was_queued_again_is_not_due_a_minute_later(site: Site) -> None:
    plant(site, seconds=30)
    await site.app.sweeper.sweep()
    site.clock.advance(minutes=1)
    await site.app.sweeper.sweep()
    assert len(site.queued()) == 1


@pytest.mark.parametrize("state", ["pending", "delivering"])
async def test_a_delivery_that_is_too_old_has_failed(
    site: Site, capsys: pytest.CaptureFixture[str], state: State
) -> None:
    message_id = plant(site, state, hours=6)
    await site.app.sweeper.sweep()
    assert (site.delivery(message_id).state, site.queued()) == ("failed", [])
    assert counted(capsys.readouterr().out) == (1, 0)


async def test_a_delivery_that_is_just_not_too_old_is_queued_again(site: Site) -> None:
    message_id = plant(site, hours=6, milliseconds=-1)
    await site.app.sweeper.sweep()
    assert site.queued() == [(message_id, "0-50")]


async def test_a_delivery_fails_once(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    message_id = plant(site, hours=7)
    await site.app.sweeper.sweep()
    await site.app.sweeper.sweep()
    out = capsys.readouterr().out
    failed = [json.loads(line)["DeliveriesFailed"] for line in out.splitlines() if "_aws" in line]
    assert (failed, site.delivery(message_id).parts) == ([1, 0, 0], frozenset({"0-50"}))


async def test_a_failed_delivery_is_named_in_the_log_as_an_error(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    message_id = plant(site, parts=("0-50", "50-100"), hours=7)
    await site.app.sweeper.sweep()
    (line,) = [line for line in lines(capsys.readouterr().out) if line.get("level") == "ERROR"]
    assert (line["event"], line["messageId"], line["parts"]) == ("delivery failed", message_id, 2)


async def test_a_delivery_that_ended_while_it_was_given_up_is_not_logged_as_failed(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(site, hours=7)
    site.aws.on("update_item", condition_failed())
    await site.app.sweeper.sweep()
    assert "delivery failed" not in capsys.readouterr().out


async def test_a_delivery_is_counted_as_failed_before_nobody_finds_it_again(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(site, hours=7)
    out: list[str] = []

    async def give_up(**call: Any) -> dict[str, Any]:
        out.append(capsys.readouterr().out)
        return await site.tables.update(**call)

    site.aws.on("update_item", give_up)
    await site.app.sweeper.sweep()
    assert counted(out[0]) == (1, 0)


@pytest.mark.parametrize("error", [down(), refusal("AccessDenied", 403), RuntimeError()])
async def test_one_that_cannot_be_swept_does_not_stop_the_others(
    site: Site, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    messages = [plant(site) for _ in range(25)]
    site.clock.advance(seconds=30)
    site.aws.on("send_message_batch", error, {})
    await site.app.sweeper.sweep()
    states = [site.delivery(message_id).state for message_id in messages]
    assert (states.count("delivering"), states.count("pending")) == (24, 1)
    assert counted(capsys.readouterr().out) == (0, 24)


async def test_one_that_cannot_be_given_up_does_not_stop_the_others(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        plant(site)
    site.clock.advance(hours=6)
    site.aws.on("update_item", down(), site.tables.update)
    await site.app.sweeper.sweep()
    assert capsys.readouterr().out.count('"delivery failed"') == 2


async def test_deliveries_that_cannot_be_read_are_raised(site: Site) -> None:
    plant(site, minutes=1)
    site.aws.on("query", down())
    with pytest.raises(UnavailableError):
        await site.app.sweeper.sweep()


async def test_every_shard_is_looked_through(site: Site) -> None:
    messages = {plant(site) for _ in range(60)}
    site.clock.advance(seconds=30)
    await site.app.sweeper.sweep()
    assert {message_id for message_id, _ in site.queued()} == messages
    assert len(site.aws.named("query")) == 20  # of each of the two open states


async def test_only_those_that_may_be_due_are_read(site: Site) -> None:
    plant(site, seconds=29.9)
    await site.app.sweeper.sweep()
    assert site.aws.named("get_item") == []


async def test_a_delivery_that_is_gone_when_it_is_looked_at_is_passed_over(site: Site) -> None:
    plant(site, minutes=1)
    site.aws.on("get_item", {})
    await site.app.sweeper.sweep()
    assert site.queued() == []


async def test_a_sweep_that_breaks_off_has_counted_what_it_swept(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(150):
        plant(site)
    site.clock.advance(seconds=30)
    queries = [site.tables.query] * 9
    site.aws.on("query", *queries, down())
    with pytest.raises(UnavailableError):
        await site.app.sweeper.sweep()
    counts = counted(capsys.readouterr().out)
    assert counts == (0, len(site.queued()))
    assert counts[1] >= 10


async def test_a_delivery_that_got_on_since_the_index_was_read_is_left_alone(site: Site) -> None:
    message_id = plant(site, "delivering", minutes=15)
    query = site.tables.query

    async def late(**asked: Any) -> dict[str, Any]:
        answer = await query(**asked)
        if answer["Items"]:
            await site.app.deliveries.queued(message_id, site.clock())
        return answer

    site.aws.on("query", late)
    await site.app.sweeper.sweep()
    assert site.queued() == []


async def test_without_work_the_metric_is_nothing_of_each(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    await site.app.sweeper.sweep()
    (line,) = lines(capsys.readouterr().out)
    assert (line["DeliveriesFailed"], line["DeliveriesQueuedAgain"]) == (0, 0)


async def test_what_is_old_and_what_is_due_are_counted_apart(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        plant(site)
    site.clock.advance(hours=6)
    for _ in range(3):
        plant(site)
    site.clock.advance(seconds=30)
    await site.app.sweeper.sweep()
    assert counted(capsys.readouterr().out) == (2, 3)
