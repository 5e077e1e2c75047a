"""What a person finds when they come: the last messages, and how many are unread."""

from dataclasses import dataclass

from app.together import together
from laptop.api import Api
from laptop.frames import Frame

SHOWN = 20
MOST_UNREAD = 100  # in a page of the API


@dataclass(frozen=True, slots=True)
class History:
    """The last messages, received and sent, the oldest first."""

    messages: tuple[Frame, ...] = ()
    unread: int = 0  # of all
    notifications: tuple[str, ...] = ()  # the ids of those that told of these messages and are unread
    since: str = ""  # the time of the oldest message, if there are older ones that are not here

    @property
    def ids(self) -> set[str]:
        return {each["messageId"] for each in self.messages}


async def load(api: Api) -> History:
    """Asks the API; raises LaptopError."""
    paths = (
        f"/messages?box=inbox&limit={SHOWN}",
        f"/messages?box=sent&limit={SHOWN}",
        f"/notifications?unread=true&limit={MOST_UNREAD}",
    )
    inbox, sent, unread = await together(api.call("GET", path) for path in paths)
    return merged(inbox, sent, unread)


def merged(inbox: Frame, sent: Frame, unread: Frame) -> History:
    """Makes one history of three pages; what somebody sent to themselves is in two of them, and here once."""
    found = {each["messageId"]: each for each in [*sent["items"], *inbox["items"]]}
    last = sorted(found.values(), key=lambda each: str(each["createdAt"]))[-SHOWN:]
    more = len(found) > len(last) or inbox["cursor"] or sent["cursor"]
    shown = {each["messageId"] for each in last}
    return History(
        tuple(last),
        unread["unread"],
        tuple(each["notificationId"] for each in unread["items"] if each["messageId"] in shown),
        last[0]["createdAt"] if more else "",
    )
