"""Makes one sequence, without gaps and doubles, of what is pushed and what is caught up on.

It decides and does nothing: whoever has the connection sends and shows what it says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.together import batched
from laptop.frames import Frame
from laptop.history import History

MOST_IDS = 100  # in a frame


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next; `show` before anything is awaited, because the feed will not say it again."""

    show: Sequence[Frame] = ()
    send: Frame | None = None
    caught_up: str | None = None  # the cursor up to which nothing is missed once `show` is shown


class Feed:
    """Follows one person's messages, from the last cursor that they were given."""

    def __init__(self, cursor: str | None, history: History) -> None:
        self.cursor = cursor
        self.asking = False
        self._since = history.since
        self._shown = history.ids
        self._passed: set[str] = set()
        self._unmarked = set(history.notifications)
        self._caught_up_before = False
        self._missed: list[Frame] = []
        self._held: list[Frame] = []  # pushed while catching up: they come after what was missed

    def ask(self) -> Frame:
        """Begins to catch up, or begins anew if that was under way; returns the frame to send."""
        self.asking, self._missed = True, []
        return _sync(self.cursor)

    def take(self, frame: Frame) -> Step:
        """Says what is to be done about a frame."""
        match frame["type"]:
            case "message" | "announcement" if self.asking:
                self._held.append(frame)
            case "message" | "announcement":
                return Step(self._new([frame]))
            case "page" if self.asking:
                return self._page(frame)
            case "page":  # the server posts again what it is not sure of
                return Step(self._new(frame["items"]))
            case "error" if frame.get("code") == "invalid_cursor" and self.asking and self.cursor is not None:
                self.cursor = None
                return Step(send=self.ask())
            case "read":
                self.marked(frame["notificationIds"])
        return Step()

    def unmarked(self) -> list[list[str]]:
        """Returns, in parts that fit a frame, the notifications that were shown and are to be told of as read."""
        return list(batched(sorted(self._unmarked), MOST_IDS))

    def marked(self, ids: Iterable[str]) -> None:
        self._unmarked.difference_update(ids)

    def _page(self, page: Frame) -> Step:
        self._missed += page["items"]
        if page["more"]:
            return Step(send=_sync(page["cursor"]))
        if not self._caught_up_before or self.cursor is None:
            self._pass_over(self._missed)
        frames = sorted([*self._missed, *self._held], key=lambda each: str(each["createdAt"]))
        self.asking, self._missed, self._held = False, [], []
        self.cursor, self._caught_up_before = page["cursor"], True
        return Step(self._new(frames), caught_up=self.cursor)

    def _pass_over(self, frames: Iterable[Frame]) -> None:
        """Leaves unread and unseen what is further back than the history that was shown."""
        found = {each["messageId"] for each in frames if each["createdAt"] <= self._since}
        self._passed |= found - self._shown

    def _new(self, frames: Iterable[Frame]) -> list[Frame]:
        return [each for each in frames if self._is_new(each)]

    def _is_new(self, frame: Frame) -> bool:
        message = frame["messageId"]
        new = message not in self._shown and message not in self._passed
        if new or (message in self._shown and frame.get("read") is False):  # then it was told of in vain
            self._shown.add(message)
            self._unmarked.add(frame["notificationId"])
        return new


def _sync(cursor: str | None) -> Frame:
    return {"action": "sync", "after": cursor}
