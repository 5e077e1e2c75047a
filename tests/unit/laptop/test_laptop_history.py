"""Who comes sees the last messages in the order of time, and how many are unread."""

from typing import Any

from laptop.history import SHOWN, merged
from tests.unit.laptop.backend import Frame, message


def listed(*numbers: int, cursor: str | None = None, **more: Any) -> Frame:
    return {"items": [message(number) for number in numbers], "cursor": cursor, **more}


def unread(*numbers: int, count: int | None = None) -> Frame:
    return listed(*numbers, unread=len(numbers) if count is None else count)


def numbers_of(messages: tuple[Frame, ...]) -> list[int]:
    return [int(each["messageId"][1:]) for each in messages]


def test_received_and_sent_are_merged_the_oldest_first() -> None:
    history = merged(listed(5, 2, 1), listed(4, 3), unread())
    assert numbers_of(history.messages) == [1, 2, 3, 4, 5]


def test_what_somebody_sent_to_themselves_is_there_once() -> None:
    assert numbers_of(merged(listed(2, 1), listed(2), unread()).messages) == [1, 2]


def test_only_the_last_are_shown() -> None:
    received, sent = range(58, 18, -2), range(59, 19, -2)
    assert numbers_of(merged(listed(*received), listed(*sent), unread()).messages) == list(range(60 - SHOWN, 60))


def test_it_reaches_back_to_the_oldest_that_is_shown() -> None:
    assert merged(listed(3, 2, cursor="more"), listed(), unread()).since == message(2)["createdAt"]
    assert merged(listed(3), listed(2, cursor="more"), unread()).since == message(2)["createdAt"]
    assert merged(listed(*range(30, 10, -1)), listed(1), unread()).since == message(11)["createdAt"]


def test_a_history_that_is_whole_has_nothing_behind_it() -> None:
    assert merged(listed(2, 1), listed(3), unread()).since == ""
    assert merged(listed(), listed(), unread()).since == ""


def test_of_the_unread_those_that_are_shown_will_be_marked() -> None:
    history = merged(listed(3, 2, cursor="more"), listed(), unread(3, 1, count=40))
    assert (history.unread, history.notifications) == (40, ("n3",))
