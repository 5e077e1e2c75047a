"""A conversation begins with the last messages and the number of those that are unread."""

from typing import Any

import pytest

from laptop.history import History
from tests.unit.laptop.backend import Frame, message
from tests.unit.laptop.stage import Stage


def history(*messages: Frame, unread: int, notifications: tuple[str, ...] = ()) -> History:
    return History(messages, unread, notifications)


def listed(number: int, **changes: Any) -> Frame:
    """A message as a list of the API shows it."""
    item = message(number, audience=None, **changes)
    del item["type"], item["notificationId"]
    return item


async def test_it_begins_with_the_history_and_the_unread_count(stage: Stage) -> None:
    stage.answers["/users/id-of-alice"] = (200, {"firstName": "Alice"})
    past = history(listed(1), listed(2, senderId="id-of-bob"), listed(3), unread=1, notifications=("n3",))
    await stage.conversation.begin(past)
    assert [text.split(" ", 1)[1] for text in stage.shown] == [
        "Alice: hello 1",
        "You: hello 2",
        "Alice: hello 3",
        "unread",
    ]
    assert stage.shown[-1] == "1 unread"


async def test_unread_messages_that_are_not_shown_are_mentioned(stage: Stage) -> None:
    await stage.conversation.begin(history(listed(1), unread=40, notifications=("n1",)))
    assert stage.shown[-1] == "40 unread, 39 of them further back"


async def test_an_empty_inbox_is_no_secret(stage: Stage) -> None:
    await stage.conversation.begin(History())
    assert stage.shown == ["nothing unread"]


async def test_a_message_of_another_day_has_its_date(stage: Stage) -> None:
    await stage.conversation.begin(history(listed(1, createdAt="2026-11-20T12:00:01.000Z"), unread=0))
    assert stage.shown[0].startswith("2026-11-20 ")


async def test_an_announcement_in_the_history_says_whom_it_is_for(stage: Stage) -> None:
    await stage.conversation.begin(history(listed(1) | {"audience": "everyone"}, unread=0))
    assert stage.shown[0].endswith("Somebody to everyone: hello 1")


async def test_a_sent_message_whose_recipients_are_gone_has_no_content(stage: Stage) -> None:
    await stage.conversation.begin(history(listed(1, senderId="id-of-bob", content=None, priority=None), unread=0))
    assert stage.shown[0].endswith("You: (its recipients are gone)")


@pytest.mark.parametrize("field", ["content", "name"])
async def test_the_history_cannot_steer_the_terminal(stage: Stage, field: str) -> None:
    hostile = "\x1b]0;title\x07\u202e"
    stage.answers["/users/id-of-alice"] = (200, {"firstName": hostile if field == "name" else "Alice"})
    await stage.conversation.begin(history(listed(1, content=hostile if field == "content" else "hello"), unread=0))
    assert r"\x1b]0;title\x07\u202e" in stage.shown[0]
    assert not {"\x1b", "\x07", "\u202e"} & set(stage.shown[0])
