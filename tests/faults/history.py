"""What happened to one message, as an outsider sees it: the material of the checker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["live", "gone", "expired", "opening", "stranger"]


@dataclass(frozen=True, slots=True)
class Socket:
    """A WebSocket connection that was there when the message was sent, and stayed as it was."""

    name: str
    owner: str
    # "opening": answers 410 once and is live then. "stranger": live, and of somebody whom it is not for.
    kind: Kind = "live"


@dataclass(frozen=True, slots=True)
class History:
    """All that is known when everything has come to rest."""

    message_id: str
    sender: str
    recipients: tuple[str, ...]  # empty for everyone
    content: str
    sockets: tuple[Socket, ...]
    page: int  # connections: what one crash may make a worker post again
    crashes: int
    overdue: bool  # the delivery was left alone for so long that it has to fail
    given_up: bool  # and nobody has taken it up again
    settled: bool  # nothing was open after the last sweep, and before the client asked again
    answers: tuple[int, ...]  # the status that each send was answered with; a send that died has none
    committed: bool  # the delivery was written, whether or not anybody was told
    messages: tuple[Mapping[str, Any], ...]  # rows of the table
    notifications: tuple[Mapping[str, Any], ...]
    deliveries: tuple[Mapping[str, Any], ...]
    pending: tuple[str, ...]  # message ids in the index
    read: frozenset[str]  # owners who have read the message between crash and recovery
    rows_left: frozenset[str]  # of the table Connections
    frames: Mapping[str, tuple[Mapping[str, Any], ...]]  # that each connection got
    told: tuple[tuple[str, ...], ...]  # the recipients of each message that SNS delivered; none stand for everyone
    queued: int  # jobs
    dead: int  # jobs with the dead letters
    rescued: int  # how often the sweeper put jobs on the queue again, although they had been there
    lost_jobs: bool  # jobs were taken from the queue behind the app's back
    alarms: int  # deliveries that the metric DeliveriesFailed has counted

    @property
    def accepted(self) -> bool:
        """Whether somebody was told that it is, or it is without anybody knowing."""
        return self.committed or any(status in (201, 202) for status in self.answers)

    @property
    def owners(self) -> frozenset[str]:
        """Whose rows there have to be."""
        return frozenset(self.recipients or ("*",))

    def of_kind(self, *kinds: Kind) -> frozenset[str]:
        return frozenset(socket.name for socket in self.sockets if socket.kind in kinds)
