"""The terminal client: shows what came, sends what is typed, and shows what arrives."""

import asyncio
import contextlib

import aiohttp

from laptop import cursors, history, keyboard
from laptop.commands import parse
from laptop.conversation import Conversation
from laptop.door import Door
from laptop.feed import Feed
from laptop.listener import Listener
from laptop.places import Places
from laptop.screen import visible
from laptop.tasks import until_one_ends

REQUEST = aiohttp.ClientTimeout(total=30)  # as long as API Gateway lets a request take


def chat(places: Places, name: str, to: str | None) -> None:
    """Talks until the input ends; raises LaptopError when it cannot begin, or the sign-in has ended."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_chat(places, name, to))


async def _chat(places: Places, name: str, to: str | None) -> None:
    async with aiohttp.ClientSession(timeout=REQUEST) as session:
        door = await Door.open(session, places, name)
        progress = places.progress(door.me.name)
        conversation = Conversation(door, progress, _show)
        if to:
            conversation.choose(to)
        past = await history.load(door.api)
        socket = await door.connect()
        _show(f"You are {door.me.name}, connected. /quit or Ctrl-D ends")
        await conversation.begin(past)
        listener = Listener(door.connect, Feed(cursors.load(progress), past), conversation)
        try:
            await until_one_ends(listener.run(socket), conversation.drafts.run(), _type(conversation))
        finally:
            for draft in conversation.drafts.unsent:
                _show(visible(f"not sent: {draft.text}"))


async def _type(conversation: Conversation) -> None:
    async for text in keyboard.typed():
        command = parse(text)
        if command and not conversation.obey(command):
            break
    await conversation.drafts.drain()


def _show(text: str) -> None:
    print(text, flush=True)
