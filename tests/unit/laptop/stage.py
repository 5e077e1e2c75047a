"""Bob's conversation, on a stage."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from laptop.api import Api
from laptop.conversation import Conversation
from laptop.door import Door
from laptop.endpoints import Endpoints, Person
from laptop.places import Places
from tests.unit.laptop.backend import Frame

BOB = Person("Bob", "bob@example.com", "secret", "id-of-bob", False, "token")
ENDPOINTS = Endpoints("", "", "", "", "", "", {}, {}, {}, (BOB,))
LATER = datetime.fromisoformat("2026-11-22T12:30:00.000Z")


class Stage:
    """Bob's conversation, what it has shown, and an API that answers as it is told."""

    def __init__(self, session: aiohttp.ClientSession, base: str, folder: Path) -> None:
        self.shown: list[str] = []
        self.requests: list[tuple[str, str, Any]] = []
        self.keys: list[str] = []
        self.answers: dict[str, tuple[int, Any]] = {}
        self.asked = asyncio.Event()
        self.progress = folder / "cursor-bob"
        door = Door(session, Places(folder), "bob", ENDPOINTS, Api(session, base, "token"))
        self.conversation = Conversation(door, self.progress, self.shown.append, lambda: LATER)

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.requests.append((request.method, request.path, body))
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        self.asked.set()
        status, content = self.answers.get(request.path, (404, {"detail": "There is no such thing here."}))
        return web.json_response(content, status=status)

    async def arrives(self, frame: Frame) -> None:
        await self.conversation.prepare(frame)
        self.conversation.show([frame])

    async def types(self, *commands: Any) -> None:
        """Gives commands, and waits until what they send has been sent."""
        for command in commands:
            assert self.conversation.obey(command)
        await self.conversation.drafts.drain()
