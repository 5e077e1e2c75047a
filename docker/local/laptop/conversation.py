"""Turns messages into lines, and typed lines into messages."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from laptop import cursors
from laptop.commands import Command, Everyone, Quit, To, Write, Wrong
from laptop.door import Door
from laptop.drafts import Draft, Drafts
from laptop.errors import LaptopError
from laptop.frames import Frame
from laptop.history import History
from laptop.names import Names
from laptop.screen import line

Print = Callable[[str], None]


def _now() -> datetime:
    return datetime.now().astimezone()


class Conversation:
    """What one person sees and types; `progress` is the file that remembers how far they have seen it."""

    def __init__(self, door: Door, progress: Path, say: Print, now: Callable[[], datetime] = _now) -> None:
        self._door, self._progress, self._now = door, progress, now
        self.say = say
        self.drafts = Drafts(self._post, say)
        self._names = Names(door)
        self._recipient: str | None = None

    def choose(self, name: str) -> None:
        """Sends to this person from now on; raises LaptopError for a name that nobody has."""
        self._recipient = self._door.endpoints.person(name).name
        self.say(f"What you type goes to {self._recipient}")

    async def begin(self, history: History) -> None:
        """Shows the last messages, and how many were unread until now."""
        await self._names.learn(each["senderId"] for each in history.messages)
        self.show(history.messages)
        unseen = max(history.unread - len(history.notifications), 0)
        further = f", {unseen} of them further back" if unseen and history.messages else ""
        self.say(f"{history.unread or 'nothing'} unread{further}")

    async def prepare(self, frame: Frame) -> None:
        """Finds out who sent what the frame brings."""
        frames = frame["items"] if frame["type"] == "page" else [frame]
        await self._names.learn(each["senderId"] for each in frames if "senderId" in each)

    def show(self, frames: Sequence[Frame]) -> None:
        """Shows messages as live frames, pages and lists bring them."""
        for frame in frames:
            at = datetime.fromisoformat(frame["createdAt"])
            everyone = " to everyone" if _is_announcement(frame) else ""
            self.say(line(at, self._names.of(frame["senderId"]) + everyone, _text(frame), self._now()))

    def keep(self, cursor: str) -> None:
        cursors.save(cursor, self._progress)

    def obey(self, command: Command) -> bool:
        """Does what was typed, without waiting for anything; False ends the conversation."""
        match command:
            case Quit():
                return False
            case To(name):
                self._try(name)
            case Write(text) if self._recipient is None:
                self.say("Nobody would get this yet; choose with /to NAME")
            case Write(text):
                self.drafts.put(Draft(text, self._recipient))
            case Everyone(text):
                self.drafts.put(Draft(text, None))
            case Wrong(hint):
                self.say(hint)
        return True

    def _try(self, name: str) -> None:
        try:
            self.choose(name)
        except LaptopError as error:
            self.say(str(error))

    async def _post(self, draft: Draft) -> str:
        who = {"recipientIds": [self._door.endpoints.person(draft.to).userId]} if draft.to else {"audience": "everyone"}
        body = {**who, "content": draft.text}
        return _receipt(await self._door.api.call("POST", "/messages", body, {"Idempotency-Key": draft.key}))


def _is_announcement(frame: Frame) -> bool:
    return frame.get("type") == "announcement" or frame.get("audience") == "everyone"


def _text(frame: Frame) -> str:
    # The title, where the sender gave none, only says again whom it is from.
    content = frame.get("content")
    if content is None:
        content = "(too long for a frame; it is in the inbox)" if "type" in frame else "(its recipients are gone)"
    return f"(critical) {content}" if frame.get("priority") == "critical" else content


def _receipt(answer: Frame) -> str:
    """Says how far a message has come: onto open screens, into the inbox, or only past the door."""
    delivery = answer.get("delivery", {})
    if posted := delivery.get("connections", {}).get("posted", 0):
        return f"  (shown on {posted} {'screen' if posted == 1 else 'screens'})"
    return "  (kept in the inbox)" if delivery.get("state") == "delivered" else "  (accepted)"
