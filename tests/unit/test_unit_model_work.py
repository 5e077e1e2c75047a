from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue import EVERYONE
from app.delivery.plan import message
from app.models.ids import UserId
from app.models.messages import MAX_RECIPIENTS
from app.models.work import Work
from tests.unit.delivering import MESSAGE, names, work_of
from tests.unit.people import ADA, BOB, CLEO, NOW_ISO

SIZES = (1, 49, 50, 51, 100, 101, MAX_RECIPIENTS)
PARTS = {
    1: ("0-49",),
    49: ("0-49",),
    50: ("0-50",),
    51: ("0-50", "50-100"),
    100: ("0-50", "50-100"),
    101: ("0-50", "50-100", "100-150"),
}


def sized(count: int) -> Work:
    return work_of(*names(count))


@pytest.mark.parametrize("count", PARTS)
def test_a_part_is_named_after_its_recipients(count: int) -> None:
    assert sized(count).parts == PARTS[count]


@pytest.mark.parametrize("count", SIZES)
def test_a_part_is_at_most_50_recipients(count: int) -> None:
    work = sized(count)
    assert max(len(work.recipients(part)) for part in work.parts) == min(count, 50)


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("kb", [0.001, 3, 7, 16])
def test_the_parts_are_for_every_recipient_once_and_in_order(count: int, kb: float) -> None:
    work = work_of(*names(count), content="x" * int(kb * 1024))
    assert [name for part in work.parts for name in work.recipients(part)] == names(count)


@pytest.mark.parametrize(("content", "most"), [("x" * 1000, 50), ("x" * 4000, 50), ("x" * 6000, 41), ("x" * 16384, 14)])
def test_a_part_of_a_long_message_has_fewer_recipients(content: str, most: int) -> None:
    work = work_of(*names(200), content=content)
    assert max(len(work.recipients(part)) for part in work.parts) == most


def test_content_is_as_long_as_it_is_in_utf_8() -> None:
    assert work_of(*names(200), content="\u20ac" * 5000).parts[0] == "0-16"  # 15,000 bytes


@given(st.integers(1, 400))
def test_no_part_is_empty(count: int) -> None:
    work = sized(count)
    assert all(work.recipients(part) for part in work.parts)


@pytest.mark.parametrize("count", SIZES)
def test_what_does_not_fit_into_one_transaction_is_large(count: int) -> None:
    assert sized(count).large is (1 + 2 * count > 100)


@pytest.mark.parametrize("count", SIZES)
def test_what_is_not_large_is_delivered_at_once(count: int) -> None:
    assert sized(count).inline is (count <= 49)


@pytest.mark.parametrize("count", SIZES)
def test_the_rows_of_up_to_49_recipients_are_written_at_once_and_of_more_none(count: int) -> None:
    assert sized(count).owners() == (names(count) if count <= 49 else [])


def test_work_for_everyone_has_a_part_for_each_segment() -> None:
    assert work_of().parts == ("0/4", "1/4", "2/4", "3/4")


def test_work_for_everyone_is_neither_large_nor_delivered_at_once() -> None:
    assert (work_of().large, work_of().inline) == (False, False)


def test_work_for_everyone_writes_the_rows_of_the_reserved_id() -> None:
    assert work_of().owners() == [EVERYONE]


@pytest.mark.parametrize("part", work_of().parts)
def test_a_segment_names_no_recipients(part: str) -> None:
    assert work_of().recipients(part) == []


def test_a_recipient_named_twice_is_one() -> None:
    assert work_of(BOB, CLEO, BOB).recipient_ids == [BOB, CLEO]


def test_work_is_of_the_moment_at_which_it_was_accepted() -> None:
    assert (work_of(BOB).created_at, work_of(BOB).sender_id) == (NOW_ISO, ADA)


@pytest.mark.parametrize(
    ("work", "title"),
    [
        (work_of(BOB), "Message from Ada Lovelace"),
        (work_of(), "Announcement by Ada Lovelace"),
        (work_of(BOB, title="Hi"), "Hi"),
        (work_of(title="Hi"), "Hi"),
    ],
)
def test_a_message_without_a_title_names_its_sender(work: Work, title: str) -> None:
    assert work.title == title


@pytest.mark.parametrize("count", [1, 2, 49])
def test_small_work_is_read_back_from_its_rows(count: int) -> None:
    work = work_of(*names(count), title="Hi", priority="critical")
    assert Work.from_rows([message(work, owner) for owner in work.owners()], None) == work


def test_work_for_everyone_is_read_back_from_its_row() -> None:
    work = work_of(title="Hi", priority="critical")
    assert Work.from_rows([message(work, UserId(EVERYONE))], "everyone") == work


def test_who_was_erased_since_is_not_read_back() -> None:
    work = work_of(BOB, CLEO)
    assert Work.from_rows([message(work, UserId(CLEO))], None).recipient_ids == [CLEO]


@pytest.mark.parametrize("body", [{}, {"title": "Hi"}, {"priority": "critical"}])
@pytest.mark.parametrize("recipients", [(), (BOB,), names(MAX_RECIPIENTS)])
def test_work_survives_its_table(recipients: tuple[str, ...], body: dict[str, Any]) -> None:
    work = work_of(*recipients, **body)
    assert Work.from_item(work.to_map()) == work


def test_work_that_a_later_version_wrote_can_be_read() -> None:
    assert Work.from_item({**work_of(BOB).to_map(), "expiresIn": 3}).message_id == MESSAGE
