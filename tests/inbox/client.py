"""A client as the contract asks for one: it connects, syncs from its last cursor, listens, and drops what it has."""

from collections import Counter
from dataclasses import dataclass, field

from app.models.ids import NotificationId, UserId
from tests.inbox.stage import Frame, Site


@dataclass(slots=True, eq=False)
class Client:
    """One device, or one tab, of one person."""

    user_id: UserId
    connection: str | None = None
    expires_s: float = 0.0  # epoch seconds, when the token ends with which it connected
    cursor: str | None = None
    known: dict[NotificationId, bool] = field(default_factory=dict)  # what it has; whether it shows it as read
    whole: bool = False  # it has heard everything since it synced from the beginning
    more: bool = True  # it has not come to the end of its last sync
    unread: int = 0  # as the last page said
    came: Counter[str] = field(default_factory=Counter)  # frames of the connection that is open, by notification
    cleared: list[set[NotificationId]] = field(default_factory=list)  # what it was told others have read

    async def connect(self, site: Site) -> None:
        self.connection = await site.connect(self.user_id)
        self.expires_s = site.clock().timestamp() + 3600
        self.whole, self.more = False, True

    async def say(self, site: Site, action: str, ids: list[NotificationId]) -> None:
        assert self.connection
        for frame in await site.say(self.user_id, self.connection, action=action, notificationIds=ids):
            self.hear(frame)

    async def sync(self, site: Site, *, pages: int = 1_000) -> None:
        """Syncs on from its last cursor, at most so many pages."""
        assert self.connection
        beginning = self.cursor is None
        for _ in range(pages):
            frames = await site.say(self.user_id, self.connection, action="sync", after=self.cursor)
            assert [frame["type"] for frame in frames].count("page") == 1, frames
            for frame in frames:
                self.hear(frame)
            if not self.more:
                break
        self.whole |= beginning and not self.more

    def listen(self, site: Site) -> None:
        for frame in site.heard(self.connection) if self.connection else ():
            self.hear(frame)

    def hear(self, frame: Frame) -> None:
        if frame["type"] == "page":
            self.known.update((item["notificationId"], item["read"]) for item in frame["items"])
            self.cursor, self.more, self.unread = frame["cursor"], frame["more"], frame["unread"]
        elif frame["type"] == "read":
            read = {NotificationId(each) for each in frame["notificationIds"]}
            self.known.update(dict.fromkeys(read & set(self.known), True))
            self.cleared.append(read)
        else:
            assert frame["type"] in ("message", "announcement"), frame
            self.known.setdefault(frame["notificationId"], False)
            self.came[frame["notificationId"]] += 1
