"""The terminal client: sends what is typed and shows what arrives."""

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass

import aiohttp

from laptop import endpoints, keyboard
from laptop.api import Api, sign_in
from laptop.commands import parse
from laptop.conversation import Conversation
from laptop.endpoints import Endpoints
from laptop.errors import LaptopError
from laptop.listener import Listener
from laptop.places import Places

CLOSE = aiohttp.ClientWSTimeout(ws_close=2.0)  # a dead peer answers no goodbye


def chat(places: Places, name: str, to: str | None) -> None:
    """Talks until the input ends; raises LaptopError when it cannot begin."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_chat(places, name, to))


async def _chat(places: Places, name: str, to: str | None) -> None:
    async with aiohttp.ClientSession() as session:
        door = Door(session, places, name)
        found, api = await door.sign_in()
        conversation = Conversation(found, api, _show)
        if to:
            conversation.choose(to)

        async def reconnect() -> aiohttp.ClientWebSocketResponse:
            conversation.endpoints, conversation.api = await door.sign_in()
            return await door.connect(conversation.endpoints, conversation.api)

        socket = await door.connect(found, api)
        _show(f"You are {found.person(name).name}, connected. /quit or Ctrl-D ends")
        await _first(Listener(reconnect, conversation.arrived, _show).run(socket), _type(conversation))


@dataclass(frozen=True, slots=True)
class Door:
    """The way in: a password becomes an access token, and that a ticket for one WebSocket."""

    session: aiohttp.ClientSession
    places: Places
    name: str

    async def sign_in(self) -> tuple[Endpoints, Api]:
        """Finds the stack and signs in anew: it may be another by now, and a connection ends when its token does."""
        found = endpoints.read(self.places.endpoints)
        me = found.person(self.name)
        token = await sign_in(self.session, found.aws, found.clientId, me.email, me.password)
        return found, Api(self.session, found.http, token)

    async def connect(self, found: Endpoints, api: Api) -> aiohttp.ClientWebSocketResponse:
        """Opens a WebSocket with a fresh ticket; raises LaptopError."""
        ticket = (await api.call("POST", "/tickets"))["ticket"]
        try:
            return await self.session.ws_connect(found.websocket, params={"ticket": ticket}, timeout=CLOSE)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise LaptopError(f"The WebSocket did not open: {type(error).__name__}") from None


async def _type(conversation: Conversation) -> None:
    async for text in keyboard.typed():
        command = parse(text)
        if command and not await conversation.obey(command):
            return


async def _first(*work: Coroutine[None, None, None]) -> None:
    """Waits until one of them ends, and ends the others."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _show(text: str) -> None:
    print(text, flush=True)
