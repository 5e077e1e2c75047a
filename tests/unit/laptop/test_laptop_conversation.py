"""A conversation shows what came, takes what is typed at any time, and goes on whatever the API refuses."""

import asyncio
from typing import Any

import pytest

from laptop import cursors
from laptop.commands import Everyone, Quit, To, Write, Wrong
from tests.unit.laptop.backend import Frame, message
from tests.unit.laptop.stage import Stage


def frame(**changes: Any) -> Frame:
    return message(1, **{"content": "hello", **changes})


def report(state: str, posted: int) -> dict[str, Any]:
    return {"delivery": {"state": state, "connections": {"posted": posted, "gone": 0, "failed": 0}}}


async def test_a_message_is_shown_with_its_senders_first_name(stage: Stage) -> None:
    stage.answers["/users/id-of-alice"] = (200, {"firstName": "Alice"})
    await stage.arrives(frame())
    assert [text.split(" ", 1)[1] for text in stage.shown] == ["Alice: hello"]


async def test_a_sender_is_looked_up_once(stage: Stage) -> None:
    stage.answers["/users/id-of-alice"] = (200, {"firstName": "Alice"})
    await stage.arrives(message(1))
    await stage.arrives(message(2))
    assert len(stage.requests) == 1


async def test_a_message_of_a_sender_who_is_gone_is_still_shown(stage: Stage) -> None:
    await stage.arrives(frame())
    assert stage.shown[0].endswith("Somebody: hello")


async def test_an_announcement_says_whom_it_is_for(stage: Stage) -> None:
    await stage.arrives(frame(type="announcement"))
    assert stage.shown[0].endswith("Somebody to everyone: hello")


async def test_a_critical_message_is_marked(stage: Stage) -> None:
    await stage.arrives(frame(priority="critical"))
    assert stage.shown[0].endswith("Somebody: (critical) hello")


async def test_a_frame_without_content_points_to_the_inbox(stage: Stage) -> None:
    await stage.arrives(frame(content=None))
    assert "inbox" in stage.shown[0]


async def test_what_is_typed_goes_to_whoever_was_chosen(stage: Stage) -> None:
    stage.answers["/messages"] = (201, report("delivered", 1))
    await stage.types(To("bob"))
    await stage.types(Write("hello"))
    assert stage.requests == [("POST", "/messages", {"recipientIds": ["id-of-bob"], "content": "hello"})]


async def test_each_message_has_a_key_of_its_own(stage: Stage) -> None:
    stage.answers["/messages"] = (201, report("delivered", 1))
    await stage.types(To("bob"))
    await stage.types(Write("hello"))
    await stage.types(Write("hello"))
    assert len(set(stage.keys)) == 2
    assert all(stage.keys)


async def test_nothing_is_sent_to_nobody(stage: Stage) -> None:
    await stage.types(Write("hello"))
    assert stage.requests == []
    assert "/to NAME" in stage.shown[0]


async def test_an_announcement_is_sent_to_everyone(stage: Stage) -> None:
    stage.answers["/messages"] = (201, report("delivered", 1))
    await stage.types(Everyone("tea"))
    assert stage.requests == [("POST", "/messages", {"audience": "everyone", "content": "tea"})]


@pytest.mark.parametrize(
    ("state", "posted", "receipt"),
    [
        ("delivered", 1, "  (shown on 1 screen)"),
        ("delivered", 2, "  (shown on 2 screens)"),
        ("delivered", 0, "  (kept in the inbox)"),
        ("pending", 0, "  (accepted)"),
    ],
)
async def test_the_sender_learns_how_far_it_came(stage: Stage, state: str, posted: int, receipt: str) -> None:
    stage.answers["/messages"] = (201, report(state, posted))
    await stage.types(Everyone("tea"))
    assert stage.shown == [receipt]


async def test_a_refusal_is_shown_in_one_line_and_the_conversation_goes_on(stage: Stage) -> None:
    faults = [{"pointer": "/content", "code": "too_long", "detail": "This is too long."}]
    stage.answers["/messages"] = (422, {"detail": "Not accepted.", "errors": faults})
    await stage.types(Everyone("tea"))
    assert stage.shown == ["Not accepted. (/content: This is too long.)"]


async def test_what_api_gateway_refuses_by_itself_is_shown(stage: Stage) -> None:
    stage.answers["/messages"] = (403, {"message": "Forbidden"})
    await stage.types(Everyone("tea"))
    assert stage.shown == ["Forbidden"]


async def test_a_refusal_cannot_steer_the_terminal(stage: Stage) -> None:
    stage.answers["/messages"] = (422, {"detail": "\x1b[2J"})
    await stage.types(Everyone("tea"))
    assert stage.shown == [r"\x1b[2J"]


async def test_an_unknown_name_is_answered_with_the_known_ones(stage: Stage) -> None:
    await stage.types(To("zoe"))
    assert stage.shown == ["Nobody here is called zoe. There are: Bob"]


async def test_a_hint_is_shown(stage: Stage) -> None:
    await stage.types(Wrong("like this"))
    assert stage.shown == ["like this"]


async def test_quit_ends_it(stage: Stage) -> None:
    assert not stage.conversation.obey(Quit())


async def test_a_long_page_names_everybody_in_it(stage: Stage) -> None:
    stage.answers |= {f"/users/id-of-{name.lower()}": (200, {"firstName": name}) for name in ("Alice", "Ada")}
    page = {"type": "page", "items": [message(1), message(2, senderId="id-of-ada")]}
    await stage.conversation.prepare(page)
    stage.conversation.show(page["items"])  # type: ignore[arg-type]
    assert [text.split(" ", 1)[1] for text in stage.shown] == ["Alice: hello 1", "Ada: hello 2"]


@pytest.mark.parametrize("frame", [{"type": "read", "notificationIds": ["n1"]}, {"type": "pong"}, {"type": "error"}])
async def test_other_frames_need_no_names(stage: Stage, frame: Frame) -> None:
    await stage.conversation.prepare(frame)
    assert stage.requests == []


async def test_what_is_typed_while_the_api_is_away_waits_and_blocks_nothing(stage: Stage) -> None:
    stage.answers["/messages"] = (503, {"detail": "Try again."})
    for command in (To("bob"), Write("one"), Write("two"), Wrong("a hint")):
        assert stage.conversation.obey(command)
    assert stage.shown[-1] == "a hint"
    await asyncio.wait_for(stage.asked.wait(), 5)
    stage.answers["/messages"] = (201, report("delivered", 1))
    await stage.conversation.drafts.drain()
    assert [body["content"] for _, _, body in stage.requests if body][-2:] == ["one", "two"]
    assert len(set(stage.keys)) == 2


async def test_how_far_it_was_shown_is_kept(stage: Stage) -> None:
    stage.conversation.keep("cursor")
    assert cursors.load(stage.progress) == "cursor"
