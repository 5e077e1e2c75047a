from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from app.errors import UnacceptableError
from app.models.queries import Ack, ListMessages, ListNotifications, Read, ReadUpTo, Sync
from app.models.times import iso
from app.models.wire import WireT, check

IDS = [f"{number:032x}" for number in range(101)]


def faults(model: type[WireT], value: Any) -> list[tuple[str, str]]:
    with pytest.raises(UnacceptableError) as error:
        check(model, value)
    assert error.value.status == 422
    return [(fault.pointer, fault.code) for fault in error.value.faults]


def test_without_a_word_the_inbox_is_listed_fifty_at_a_time() -> None:
    assert check(ListMessages, {}).model_dump() == {"box": "inbox", "limit": 50, "cursor": None}


@pytest.mark.parametrize("text", ["1", "50", "100", "0050"])
def test_a_limit_is_a_whole_number_from_1_to_100(text: str) -> None:
    assert check(ListMessages, {"limit": text}).limit == int(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "+1",
        "101",
        "1e2",
        "1.0",
        " 1",
        "1 ",
        "1\n",
        "0x1",
        "1,2",
        "\u0661",
        "\u00b2",
        "9" * 5000,
        "many",
        "null",
    ],
)
@pytest.mark.parametrize("model", [ListMessages, ListNotifications])
def test_any_other_limit_is_refused(model: Any, text: str) -> None:
    assert faults(model, {"limit": text}) == [("/limit", "out_of_range")]


@pytest.mark.parametrize("box", ["", "Inbox", "inbox ", "drafts", "inbox,sent", "*"])
def test_a_box_that_is_none_is_refused(box: str) -> None:
    assert faults(ListMessages, {"box": box}) == [("/box", "not_allowed")]


@pytest.mark.parametrize("name", ["userId", "offset", "CURSOR"])
def test_what_a_list_does_not_know_is_refused(name: str) -> None:
    assert faults(ListMessages, {name: "1"}) == [(f"/{name}", "unknown_field")]


@pytest.mark.parametrize(("text", "unread"), [("", True), ("true", True), ("false", False)])
def test_unread_alone_asks_for_the_unread_ones(text: str, unread: bool) -> None:
    assert check(ListNotifications, {"unread": text}).unread is unread


@pytest.mark.parametrize("text", ["1", "0", "yes", "True", "FALSE", "true,false", " "])
def test_any_other_wish_for_the_unread_ones_is_refused(text: str) -> None:
    assert faults(ListNotifications, {"unread": text}) == [("/unread", "not_allowed")]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T18:00:00.000Z", datetime(2026, 11, 22, 18, tzinfo=UTC)),
        ("2026-11-22T18:00:00Z", datetime(2026, 11, 22, 18, tzinfo=UTC)),
        ("2026-11-22T18:00:00.000001+00:00", datetime(2026, 11, 22, 18, 0, 0, 1, tzinfo=UTC)),
        ("2026-11-22T23:30:00+05:30", datetime(2026, 11, 22, 18, tzinfo=UTC)),
        ("1600-01-01T00:00:00Z", datetime(1600, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_time_comes_with_its_offset(text: str, moment: datetime) -> None:
    assert check(ReadUpTo, {"upTo": text}).up_to == moment


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_in_utc_is_beyond_the_calendar_is_refused(value: str) -> None:
    assert faults(ReadUpTo, {"upTo": value}) == [("/upTo", "malformed")]


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
def test_a_time_at_the_edge_of_the_calendar_can_be_reckoned_with(value: str) -> None:
    moment = check(ReadUpTo, {"upTo": value}).up_to
    assert moment is not None
    assert iso(moment)[:10] == value[:10]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "now",
        "2026-11-22",
        "2026-11-22T18:00:00",
        "2026-11-22T18:00:00 Europe/Berlin",
        "2026-11-22T18:00:00[Mars/Base]",
        "2026-11-22T18:00:00+24:00",
        "2026-11-22T18:00:00XX",
        "2026-02-30T18:00:00Z",
        "2026-11-22T18:00:00Z\n",
        "\u0662\u0660\u0662\u0666-11-22T18:00:00Z",
        1_700_000_000,
        1.5,
        True,
        [],
        {},
    ],
)
def test_what_is_no_time_is_refused(value: Any) -> None:
    assert faults(ReadUpTo, {"upTo": value}) == [("/upTo", "malformed")]


def test_no_time_means_now() -> None:
    assert check(ReadUpTo, {}).up_to is None
    assert check(ReadUpTo, {"upTo": None}).up_to is None


def test_a_time_zone_of_odd_minutes_is_reckoned_with() -> None:
    zone = timezone(timedelta(hours=-3, minutes=-30, seconds=-15))
    moment = datetime(2026, 11, 22, 12, tzinfo=zone)
    assert check(ReadUpTo, {"upTo": moment.isoformat()}).up_to == moment


@pytest.mark.parametrize("model", [Ack, Read])
@pytest.mark.parametrize("count", [1, 100])
def test_a_frame_names_1_to_100_notifications(model: type[Ack], count: int) -> None:
    frame = check(model, {"action": "ack", "notificationIds": IDS[:count]})
    assert frame.ids == IDS[:count]


@pytest.mark.parametrize("model", [Ack, Read])
@pytest.mark.parametrize(
    ("ids", "fault"),
    [
        ([], ("/notificationIds", "too_few")),
        (IDS, ("/notificationIds", "too_many")),
        (IDS * 100, ("/notificationIds", "too_many")),
        ([*IDS[:2], "*"], ("/notificationIds/2", "malformed")),
        ([IDS[0] + "#work"], ("/notificationIds/0", "malformed")),
        ([IDS[10].upper()], ("/notificationIds/0", "malformed")),
        ([IDS[0] + "\n"], ("/notificationIds/0", "malformed")),
        ([""], ("/notificationIds/0", "malformed")),
        ([1], ("/notificationIds/0", "wrong_type")),
        ([None], ("/notificationIds/0", "wrong_type")),
        (None, ("/notificationIds", "wrong_type")),
        (IDS[0], ("/notificationIds", "wrong_type")),
        ({IDS[0]: True}, ("/notificationIds", "wrong_type")),
    ],
    ids=[
        "none",
        "101",
        "10100",
        "star",
        "part",
        "upper",
        "newline",
        "empty",
        "number",
        "null",
        "no list",
        "text",
        "map",
    ],
)
def test_a_frame_that_names_others_is_refused(model: type[Ack], ids: Any, fault: tuple[str, str]) -> None:
    assert faults(model, {"action": "ack", "notificationIds": ids}) == [fault]


@pytest.mark.parametrize("after", [1, True, [], {}])
def test_a_cursor_is_text(after: Any) -> None:
    assert faults(Sync, {"action": "sync", "after": after}) == [("/after", "wrong_type")]


def test_a_sync_says_from_where() -> None:
    assert faults(Sync, {"action": "sync"}) == [("/after", "required")]
