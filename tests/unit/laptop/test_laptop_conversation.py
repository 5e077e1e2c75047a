"""A conversation shows each message once, and goes on whatever the API refuses."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from laptop.api import Api
from laptop.commands import Everyone, Quit, To, Write, Wrong
from laptop.conversation import Conversation
from laptop.endpoints import Endpoints, Person

BOB = Person("Bob", "bob@example.com", "secret", "id-of-bob", False, "token")
ENDPOINTS = Endpoints("", "", "", "", "", "", {}, {}, {}, (BOB,))


class Stage:
    """A conversation, what it has shown, and an API that answers as it is told."""

    conversation: Conversation

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.shown: list[str] = []
        self.requests: list[tuple[str, str, Any]] = []
        self.keys: list[str] = []
        self.answers: dict[str, tuple[int, Any]] = {}

    def open(self, base: str) -> None:
        self.conversation = Conversation(ENDPOINTS, Api(self.session, base, "token"), self.shown.append)

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.requests.append((request.method, request.path, body))
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        status, content = self.answers.get(request.path, (404, {"detail": "There is no such thing here."}))
        return web.json_response(content, status=status)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    app = web.Application()
    async with aiohttp.ClientSession() as session:
        stage = Stage(session)
        app.router.add_route("*", "/{path:.*}", stage.answer)
        async with TestServer(app) as server:
            stage.open(str(server.make_url("")).rstrip("/"))
            yield stage


def frame(**changes: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "notificationId": "n1",
        "senderId": "id-of-alice",
        "content": "hello",
        "priority": "normal",
        "createdAt": "2026-11-22T12:00:01.000Z",
    } | changes


def report(state: str, posted: int) -> dict[str, Any]:
    return {"delivery": {"state": state, "connections": {"posted": posted, "gone": 0, "failed": 0}}}


async def test_a_message_is_shown_with_its_senders_first_name(stage: Stage) -> None:
    stage.answers["/users/id-of-alice"] = (200, {"firstName": "Alice"})
    await stage.conversation.arrived(frame())
    assert [text.split(" ", 1)[1] for text in stage.shown] == ["Alice: hello"]


async def test_a_frame_that_comes_twice_is_shown_once(stage: Stage) -> None:
    await stage.conversation.arrived(frame())
    await stage.conversation.arrived(frame())
    assert len(stage.shown) == 1


async def test_a_sender_is_looked_up_once(stage: Stage) -> None:
    stage.answers["/users/id-of-alice"] = (200, {"firstName": "Alice"})
    await stage.conversation.arrived(frame(notificationId="n1"))
    await stage.conversation.arrived(frame(notificationId="n2"))
    assert len(stage.requests) == 1


async def test_a_message_of_a_sender_who_is_gone_is_still_shown(stage: Stage) -> None:
    await stage.conversation.arrived(frame())
    assert stage.shown[0].endswith("Somebody: hello")


async def test_an_announcement_says_whom_it_is_for(stage: Stage) -> None:
    await stage.conversation.arrived(frame(type="announcement"))
    assert stage.shown[0].endswith("Somebody to everyone: hello")


async def test_a_critical_message_is_marked(stage: Stage) -> None:
    await stage.conversation.arrived(frame(priority="critical"))
    assert stage.shown[0].endswith("Somebody: (critical) hello")


async def test_a_frame_without_content_points_to_the_inbox(stage: Stage) -> None:
    await stage.conversation.arrived(frame(content=None))
    assert "inbox" in stage.shown[0]


async def test_other_frames_are_passed_over(stage: Stage) -> None:
    await stage.conversation.arrived({"type": "pong"})
    assert stage.shown == []


async def test_what_is_typed_goes_to_whoever_was_chosen(stage: Stage) -> None:
    stage.answers["/messages"] = (201, report("delivered", 1))
    assert await stage.conversation.obey(To("bob"))
    assert await stage.conversation.obey(Write("hello"))
    assert stage.requests == [("POST", "/messages", {"recipientIds": ["id-of-bob"], "content": "hello"})]


async def test_each_message_has_a_key_of_its_own(stage: Stage) -> None:
    await stage.conversation.obey(To("bob"))
    await stage.conversation.obey(Write("hello"))
    await stage.conversation.obey(Write("hello"))
    assert len(set(stage.keys)) == 2
    assert all(stage.keys)


async def test_nothing_is_sent_to_nobody(stage: Stage) -> None:
    await stage.conversation.obey(Write("hello"))
    assert stage.requests == []
    assert "/to NAME" in stage.shown[0]


async def test_an_announcement_is_sent_to_everyone(stage: Stage) -> None:
    await stage.conversation.obey(Everyone("tea"))
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
    await stage.conversation.obey(Everyone("tea"))
    assert stage.shown == [receipt]


async def test_a_refusal_is_shown_in_one_line_and_the_conversation_goes_on(stage: Stage) -> None:
    faults = [{"pointer": "/content", "code": "too_long", "detail": "This is too long."}]
    stage.answers["/messages"] = (422, {"detail": "Not accepted.", "errors": faults})
    assert await stage.conversation.obey(Everyone("tea"))
    assert stage.shown == ["Not accepted. (/content: This is too long.)"]


async def test_what_api_gateway_refuses_by_itself_is_shown(stage: Stage) -> None:
    stage.answers["/messages"] = (401, {"message": "Unauthorized"})
    await stage.conversation.obey(Everyone("tea"))
    assert stage.shown == ["Unauthorized"]


async def test_a_refusal_cannot_steer_the_terminal(stage: Stage) -> None:
    stage.answers["/messages"] = (422, {"detail": "\x1b[2J"})
    await stage.conversation.obey(Everyone("tea"))
    assert stage.shown == [r"\x1b[2J"]


async def test_an_unknown_name_is_answered_with_the_known_ones(stage: Stage) -> None:
    assert await stage.conversation.obey(To("zoe"))
    assert stage.shown == ["Nobody here is called zoe. There are: Bob"]


async def test_a_hint_is_shown(stage: Stage) -> None:
    assert await stage.conversation.obey(Wrong("like this"))
    assert stage.shown == ["like this"]


async def test_quit_ends_it(stage: Stage) -> None:
    assert not await stage.conversation.obey(Quit())
