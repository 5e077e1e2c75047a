from datetime import datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue import DELIVERIES
from app.models.deliveries import TRANSITIONS, Delivery, Job, Progress, State, Tally, shard, shards, sources
from app.models.ids import ConnectionId, MessageId, new_message_id
from app.models.times import iso
from app.models.work import Work
from app.stores.dynamo import decode, encode
from tests.unit.delivering import MESSAGE, names, work_of
from tests.unit.people import ADA, BOB, NOW, NOW_ISO, NOW_S

STATES: tuple[State, ...] = get_args(State)
TALLIES = st.builds(Tally, posted=st.integers(0, 9), gone=st.integers(0, 9), failed=st.integers(0, 9))
CONNECTIONS = st.text("abc", min_size=1, max_size=3).map(ConnectionId)
PROGRESSES = st.fixed_dictionaries(
    {
        "message_id": st.just(MESSAGE),
        "part": st.text("0123456789", min_size=1, max_size=2),
        "run": st.text("abc", max_size=3),
        "version": st.integers(0, 99),
        "published": st.booleans(),
        "read": st.booleans(),
        "cursor": st.none() | CONNECTIONS,
        "tally": TALLIES,
        "missed": st.lists(CONNECTIONS, max_size=3),
        "attempt": st.integers(0, 4),
        "not_before": st.none() | st.just(NOW_ISO),
    }
).map(Progress.model_validate)


def delivery(work: Work | None = None, **parts: Any) -> Delivery:
    made = Delivery.accepted(work or work_of(BOB), "hash", NOW)
    return made.model_copy(update=parts)


def after(**span: float) -> datetime:
    return NOW + timedelta(**span)


def waiting(state: State, **since: float) -> Delivery:
    """Returns a delivery that was last touched so long ago."""
    return delivery(state=state, pending_since=iso(NOW - timedelta(**since)))


@pytest.mark.parametrize(
    ("state", "origins"),
    [
        ("pending", ()),
        ("delivering", ("pending", "delivering", "failed")),
        ("delivered", ("pending", "delivering", "failed")),
        ("failed", ("pending", "delivering")),
    ],
)
def test_a_state_is_come_into_only_from_these(state: State, origins: tuple[State, ...]) -> None:
    assert sources(state) == origins


def test_every_state_stands_in_the_table_of_transitions() -> None:
    assert set(TRANSITIONS) == set(STATES)


def test_nothing_leads_out_of_delivered() -> None:
    assert TRANSITIONS["delivered"] == ()


@pytest.mark.parametrize(
    ("work", "count", "parts"), [(work_of(*names(51)), 51, {"0-50", "50-100"}), (work_of(BOB), 1, {"0-49"})]
)
def test_a_delivery_is_accepted_pending_with_all_its_parts_open(work: Work, count: int, parts: set[str]) -> None:
    made = Delivery.accepted(work, "hash", NOW)
    assert (made.state, made.parts, made.recipient_count) == ("pending", frozenset(parts), count)
    assert (made.sender_id, made.request_hash, made.audience) == (ADA, "hash", work.audience)


def test_a_delivery_is_kept_for_30_days() -> None:
    assert delivery().expires_at == NOW_S + 30 * 24 * 3600


def test_a_delivery_waits_from_the_moment_at_which_it_was_accepted() -> None:
    made = Delivery.accepted(work_of(BOB), "hash", after(seconds=2))
    assert (made.created_at, made.pending_since) == (NOW_ISO, iso(after(seconds=2)))


@pytest.mark.parametrize("work", [work_of(BOB), work_of(), work_of(*names(5000))])
def test_a_delivery_survives_its_table(work: Work) -> None:
    assert Delivery.from_item(decode(encode(delivery(work).to_item()))) == delivery(work)


def test_a_delivery_without_open_parts_can_be_read() -> None:
    row = delivery().to_item()
    del row["parts"], row["pending"]
    assert Delivery.from_item(row).parts == frozenset()


def test_a_new_delivery_is_in_the_sparse_index() -> None:
    item, index = delivery().to_item(), DELIVERIES.index("pending")
    assert item[index.partition] == shard(MESSAGE, "pending")
    assert item[str(index.sort)] == NOW_ISO


@pytest.mark.parametrize("state", ["pending", "delivering"])
def test_the_shards_are_those_that_are_looked_through_and_all_are_used(state: State) -> None:
    assert {shard(new_message_id(), state) for _ in range(300)} == {*shards(state)}
    assert len(shards(state)) == 10


def test_the_states_do_not_share_a_shard() -> None:
    assert not {*shards("pending")} & {*shards("delivering")}


@pytest.mark.parametrize("count", [1, 49, 50, 5000])
def test_a_delivery_is_as_large_as_its_work(count: int) -> None:
    work = work_of(*names(count))
    assert (delivery(work).large, delivery(work).inline) == (work.large, work.inline)


def test_a_delivery_to_everyone_is_neither_large_nor_inline() -> None:
    assert (delivery(work_of()).large, delivery(work_of()).inline) == (False, False)


@pytest.mark.parametrize(("age_s", "left_s"), [(0, 30), (0.4, 30), (1, 29), (29.5, 1), (29.999, 1), (30, 0), (99, 0)])
def test_a_pending_delivery_is_in_progress_for_30_s(age_s: float, left_s: int) -> None:
    assert waiting("pending", seconds=age_s).in_progress_s(NOW) == left_s


@pytest.mark.parametrize("state", ["delivering", "delivered", "failed"])
def test_only_a_pending_delivery_is_in_progress(state: State) -> None:
    assert waiting(state, seconds=1).in_progress_s(NOW) == 0


@pytest.mark.parametrize(("state", "due_s"), [("pending", 30.0), ("delivering", 900.0)])
def test_an_open_delivery_is_due_when_its_time_is_up(state: State, due_s: float) -> None:
    assert not waiting(state, seconds=due_s - 0.001).is_due(NOW)
    assert waiting(state, seconds=due_s).is_due(NOW)


@pytest.mark.parametrize("state", ["delivered", "failed"])
def test_what_has_ended_is_never_due(state: State) -> None:
    assert not waiting(state, days=20).is_due(NOW)


@given(st.floats(0, 100))
def test_a_pending_delivery_is_either_in_progress_or_due(age_s: float) -> None:
    made = waiting("pending", seconds=age_s)
    assert (made.in_progress_s(NOW) == 0) is made.is_due(NOW)


@pytest.mark.parametrize("state", STATES)
def test_a_delivery_is_too_old_six_hours_after_it_was_accepted_whatever_was_done_since(state: State) -> None:
    made = delivery(state=state, pending_since=iso(after(hours=5)))
    assert not made.is_too_old(after(hours=6, milliseconds=-1))
    assert made.is_too_old(after(hours=6))


def test_a_report_has_the_shape_of_the_contract() -> None:
    made = delivery(work_of(*names(4)), posted=3, gone=2, failed=1, state="delivering")
    counts = {"posted": 3, "gone": 2, "failed": 1}
    named = {"messageId": MESSAGE, "state": "delivering", "recipients": 4}
    assert made.report() == {**named, "connections": counts, "seen": 0}


def test_what_an_open_part_has_reached_can_be_added_to_a_report() -> None:
    made = delivery(posted=1, gone=2, failed=3).counting(Tally(posted=10, gone=20, failed=30))
    assert made.report()["connections"] == {"posted": 11, "gone": 22, "failed": 33}


@given(TALLIES, TALLIES)
def test_tallies_add_up(one: Tally, other: Tally) -> None:
    whole = one + other
    assert (whole.posted, whole.gone, whole.failed) == (
        one.posted + other.posted, one.gone + other.gone, one.failed + other.failed,
    )  # fmt: skip


@given(PROGRESSES)
def test_progress_survives_its_table(progress: Progress) -> None:
    assert Progress.from_item(decode(encode(progress.to_item()))) == progress


@given(PROGRESSES)
def test_the_job_of_a_part_brings_it_back(progress: Progress) -> None:
    body = progress.job.model_dump_json(by_alias=True)
    job = Job.model_validate_json(body, by_alias=True, by_name=False)
    assert (job.message_id, job.part) == (progress.message_id, progress.part)


def test_a_job_says_nothing_but_which_part_of_which_message() -> None:
    body = Job(message_id=MessageId("m"), part="0/4").model_dump_json(by_alias=True)
    assert body == '{"messageId":"m","part":"0/4"}'


@pytest.mark.parametrize(
    ("published", "read", "missed", "done"),
    [(True, True, [], True), (False, True, [], False), (True, False, [], False), (True, True, ["c"], False)],
)
def test_a_part_is_done_when_all_was_read_and_told(published: bool, read: bool, missed: list[str], done: bool) -> None:
    connections = [ConnectionId(name) for name in missed]
    progress = Progress(message_id=MESSAGE, part="0/4", published=published, read=read, missed=connections)
    assert progress.done is done


@pytest.mark.parametrize(("in_s", "early_s"), [(5, 5), (4.2, 5), (0.001, 1), (0, 0), (-3, 0)])
def test_a_part_that_waits_says_how_much_too_early_it_is(in_s: float, early_s: int) -> None:
    progress = Progress(message_id=MESSAGE, part="0/4", not_before=iso(after(seconds=in_s)))
    assert progress.early_s(NOW) == early_s


def test_a_part_that_does_not_wait_is_never_too_early() -> None:
    assert Progress(message_id=MESSAGE, part="0/4").early_s(NOW) == 0
