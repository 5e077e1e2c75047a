"""Decides, without any I/O, what a message writes, what it sends, and how a part goes on."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson

from app.models.connections import Page
from app.models.deliveries import Progress, Tally
from app.models.ids import ConnectionId, UserId, notification_id
from app.models.messages import Message
from app.models.notifications import Notification
from app.models.times import iso
from app.models.users import User
from app.models.work import Work
from app.resources import EVERYONE

MAX_FRAME_BYTES = 32 * 1024  # API Gateway meters, and may cut, what is larger
RETRIES = 5  # of a missed post, each in a job of its own; the lane has tried it several times in each
RETRY_S = 5  # before the first of them; three times as long before each further one
MOST_MISSED = 2_000  # ids, about 40 KB, that a part carries along; with more it stops and tries those again first


def notification(work: Work, owner: UserId) -> Notification:
    """Returns the notification of one recipient."""
    return Notification(
        notification_id=notification_id(work.message_id),
        user_id=owner,
        type="announcement" if work.audience else "message",
        message_id=work.message_id,
        sender_id=work.sender_id,
        title=work.title,
        content=work.content,
        priority=work.priority,
        read=False,
        created_at=work.created_at,
    )


def message(work: Work, owner: UserId) -> Message:
    """Returns the message as one recipient has it."""
    return Message(
        message_id=work.message_id,
        user_id=owner,
        sender_id=work.sender_id,
        title=work.title,
        content=work.content,
        priority=work.priority,
        read=False,
        created_at=work.created_at,
        updated_at=work.created_at,
    )


def frame(work: Work) -> bytes:
    """Returns the payload of every post; the same for all recipients, so that it is encoded and signed once.

    A message that does not fit into a frame becomes a pointer: the same without the content.
    """
    whole = notification(work, UserId(EVERYONE)).frame()
    payload = orjson.dumps(whole)
    return payload if len(payload) <= MAX_FRAME_BYTES else orjson.dumps({**whole, "content": None})


def live(people: dict[UserId, User], recipients: Iterable[UserId]) -> list[UserId]:
    """Returns those recipients who want to be told in real time; who has left meanwhile is not among them."""
    return [name for name in recipients if name in people and people[name].settings.channels.realtime]


class Reached(NamedTuple):
    """What came of the posts to one page of connections."""

    tally: Tally
    missed: list[ConnectionId]  # tried, and worth another attempt
    untried: list[ConnectionId]  # there was no time for them


def left_over(progress: Progress) -> list[Page]:
    """Returns what comes before reading on: the missed ones again, or, where all is read, nothing but to publish."""
    if progress.missed:
        return [Page(live=progress.missed, cursor=progress.cursor, again=True)]
    return [Page()] if progress.read else []


def after(progress: Progress, page: Page, reached: Reached, now: datetime, *, published: bool) -> Progress:
    """Returns how far a part is once a page has been told."""
    told = progress.model_copy(
        update={
            "version": progress.version + 1,
            "published": published,
            "read": progress.read if page.again else page.cursor is None,
            "cursor": page.cursor,
            "tally": progress.tally + reached.tally,
            "missed": [*(() if page.again else progress.missed), *reached.missed, *reached.untried],
        }
    )
    # A retry that ran out of time is no attempt yet, unless it got nowhere at all.
    return resting(_retried(told) if page.again and not (reached.untried and reached.tally.posted) else told, now)


def resting(progress: Progress, now: datetime) -> Progress:
    """Notes until when a part has to wait, if it has to."""
    wait = wait_s(progress)
    return progress.model_copy(update={"not_before": iso(now + timedelta(seconds=wait)) if wait else None})


def wait_s(progress: Progress) -> int:
    """Returns how many seconds a part has to wait for its missed posts; 0 where reading on comes first."""
    if progress.missed and (progress.read or len(progress.missed) >= MOST_MISSED):
        return int(RETRY_S * 3**progress.attempt)
    return 0


def _retried(progress: Progress) -> Progress:
    """Counts an attempt; after the last one, what is still missed has failed."""
    attempt = progress.attempt + 1
    if progress.missed and attempt < RETRIES:
        return progress.model_copy(update={"attempt": attempt})
    failed = progress.tally + Tally(failed=len(progress.missed))
    return progress.model_copy(update={"attempt": 0, "missed": [], "tally": failed})
