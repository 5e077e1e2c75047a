"""Turns frames into lines, and typed lines into messages."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from laptop.api import Api
from laptop.commands import Command, Everyone, Quit, To, Write, Wrong
from laptop.endpoints import Endpoints
from laptop.errors import LaptopError
from laptop.listener import Frame
from laptop.screen import line

Print = Callable[[str], None]


class Conversation:
    """What one person sees and sends; `api` and `endpoints` are replaced whenever they sign in again."""

    def __init__(self, endpoints: Endpoints, api: Api, show: Print) -> None:
        self.endpoints, self.api = endpoints, api
        self._show = show
        self._recipient: str | None = None  # by name: ids are new when the stack was started again
        self._seen: set[str] = set()
        self._names: dict[str, str] = {}

    def choose(self, name: str) -> None:
        """Sends to this person from now on; raises LaptopError for a name that nobody has."""
        self._recipient = self.endpoints.person(name).name
        self._show(f"What you type goes to {self._recipient}")

    async def arrived(self, frame: Frame) -> None:
        """Shows a message once, however often it comes."""
        if frame["type"] not in ("message", "announcement") or frame["notificationId"] in self._seen:
            return
        self._seen.add(frame["notificationId"])
        sender = await self._name(frame["senderId"])
        everyone = " to everyone" if frame["type"] == "announcement" else ""
        self._show(line(datetime.fromisoformat(frame["createdAt"]), sender + everyone, _text(frame)))

    async def obey(self, command: Command) -> bool:
        """Does what was typed; False ends the conversation. What the API refuses is shown, and goes on."""
        try:
            match command:
                case Quit():
                    return False
                case To(name):
                    self.choose(name)
                case Write(text):
                    await self._write(text)
                case Everyone(text):
                    await self._send({"audience": "everyone", "content": text})
                case Wrong(hint):
                    self._show(hint)
        except LaptopError as error:
            self._show(str(error))
        return True

    async def _write(self, text: str) -> None:
        if self._recipient is None:
            raise LaptopError("Nobody would get this yet; choose with /to NAME")
        recipient = self.endpoints.person(self._recipient)
        await self._send({"recipientIds": [recipient.userId], "content": text})

    async def _send(self, body: dict[str, Any]) -> None:
        answer = await self.api.call("POST", "/messages", body, {"Idempotency-Key": str(uuid.uuid4())})
        self._show(_receipt(answer))

    async def _name(self, user_id: str) -> str:
        if user_id not in self._names:
            try:
                self._names[user_id] = (await self.api.call("GET", f"/users/{user_id}"))["firstName"]
            except LaptopError:
                return "Somebody"
        return self._names[user_id]


def _text(frame: Frame) -> str:
    # The title, where the sender gave none, only says again whom it is from.
    content = frame.get("content")
    text = "(too long for a frame; it is in the inbox)" if content is None else content
    return f"(critical) {text}" if frame.get("priority") == "critical" else text


def _receipt(answer: dict[str, Any]) -> str:
    """Says how far a message has come: onto open screens, into the inbox, or only past the door."""
    delivery = answer.get("delivery", {})
    if posted := delivery.get("connections", {}).get("posted", 0):
        return f"  (shown on {posted} {'screen' if posted == 1 else 'screens'})"
    return "  (kept in the inbox)" if delivery.get("state") == "delivered" else "  (accepted)"
