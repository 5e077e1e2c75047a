"""The situations in which a process dies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from app.models.deliveries import GIVEN_UP, IN_PROGRESS, QUEUED
from tests.faults.history import Socket
from tests.lane.faults import OK, THROTTLED, Fault

if TYPE_CHECKING:
    from tests.faults.drive import Drive

IN_PROGRESS_S = IN_PROGRESS.total_seconds() + 1
QUEUED_S = QUEUED.total_seconds() + 60
TOO_OLD_S = GIVEN_UP.total_seconds() + 60
SHORT_S = 16.0  # a worker with so little time left begins one page only
ACCEPTED = "transact_write_items:Deliveries+Messages+Notifications/after"
LISTED = "transact_write_items:Deliveries/after"  # as it is accepted with its work, if it is large

Play: TypeAlias = "Callable[[Drive], None]"


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    recipients: tuple[str, ...]  # empty for everyone
    sockets: tuple[Socket, ...]
    play: Play
    watched: tuple[str, ...] = ("send", "deliver")  # the beginnings of the names of the runs in which it may die
    common: tuple[str, ...] = ()  # the beginnings of points that are those of another scenario or part, and left out
    readers: tuple[str, ...] = ()  # who reads the message between crash and recovery
    faults: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)  # of posts, by connection
    down: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # operations that fail in a run, by its name
    short: tuple[str, ...] = ()  # runs that have little time
    repeated: bool = True  # the client asks again at last, with the same Idempotency-Key
    overdue: bool = False
    lost_jobs: bool = False

    def watches(self, point: str) -> bool:
        return point.startswith(self.watched) and not point.startswith(self.common)


def _sent(drive: "Drive") -> None:
    drive.send("send")
    drive.drain()


def _swept_pending(drive: "Drive") -> None:
    drive.send("accept", dies_at=LISTED)
    drive.go_on(IN_PROGRESS_S)
    drive.sweep("sweep")
    drive.drain()


def _swept_delivering(drive: "Drive") -> None:
    drive.send("accept")
    drive.cloud.lose_jobs()
    drive.go_on(QUEUED_S)
    drive.sweep("sweep")
    drive.drain()


def _swept_too_old(drive: "Drive") -> None:
    drive.send("accept", dies_at=LISTED)
    drive.go_on(TOO_OLD_S)
    drive.sweep("sweep")


def _repeated(drive: "Drive") -> None:
    drive.send("accept", dies_at=ACCEPTED)
    drive.go_on(IN_PROGRESS_S)
    drive.send("repeat")
    drive.drain()


def _too_late(drive: "Drive") -> None:
    """A failed delivery is taken up again by a client that repeats its request."""
    _swept_too_old(drive)
    drive.send("repeat")
    drive.drain()


FEW = (
    Socket("ann-1", "ann"),
    Socket("ann-2", "ann"),
    Socket("bob-1", "bob"),
    Socket("bob-gone", "bob", "gone"),
    Socket("cid-expired", "cid", "expired"),
    Socket("cid-opening", "cid", "opening"),
    Socket("dan-1", "dan", "stranger"),
)
NAMES = tuple(f"u{number:03}" for number in range(105))
HEARERS = NAMES[::5]
QUIET = frozenset(NAMES) - {*HEARERS}  # do not want to be told in real time; for them no connection is looked for
MANY = (
    *(Socket(f"{name}-1", name) for name in HEARERS),
    Socket("u055-gone", "u055", "gone"),
    Socket("u095-expired", "u095", "expired"),
    Socket("u001-1", "u001", "stranger"),
    Socket("dan-1", "dan", "stranger"),
)
# MiniStack divides a table into segments by a hash of the key: 8, 7, 5 and 8 of these.
ALL = (
    *(Socket(f"c{number:02}", f"u{number:03}") for number in range(26)),
    Socket("c27-gone", "u027", "gone"),
    Socket("c30-expired", "u030", "expired"),
)
PEOPLE = ("sam", "ann", "bob", "cid", "dan", *NAMES)
READERS = NAMES[0::50]  # one of each part

_TOLD = ("transact", "publish", "post")
AS_SMALL = tuple(f"send/{effect}" for effect in _TOLD)
AS_FIRST_PART = ("deliver 100-150", "deliver 50-100/ack", *(f"deliver 50-100/{effect}" for effect in _TOLD))

SCENARIOS = (
    Scenario("small", ("ann", "bob", "cid"), FEW, _sent, readers=("bob",)),
    Scenario("large", NAMES, MANY, _sent, common=AS_FIRST_PART, readers=READERS),
    Scenario(
        "everyone",
        (),
        ALL,
        _sent,
        common=("deliver 2 of 4", "deliver 3 of 4"),
        readers=("*",),
        short=("deliver 1 of 4",),
    ),
    Scenario(
        "missed", ("ann", "bob"), FEW[:3], _sent, common=AS_SMALL, readers=("ann",), faults={"ann-2": (THROTTLED, OK)}
    ),
    Scenario(
        "topic down",
        ("ann", "bob"),
        FEW[:3],
        _sent,
        common=AS_SMALL,
        readers=("ann",),
        down={"send": ("publish",), "deliver 0-49": ("publish",)},
    ),
    Scenario("queue full", NAMES, MANY, _sent, ("send",), readers=READERS, down={"send": ("send_message_batch",)}),
    Scenario("sweep pending", NAMES, MANY, _swept_pending, ("sweep",), readers=READERS),
    Scenario("sweep delivering", NAMES, MANY, _swept_delivering, ("sweep",), readers=READERS, lost_jobs=True),
    Scenario("sweep too old", NAMES, MANY, _swept_too_old, ("sweep",), repeated=False, overdue=True),
    Scenario("repeat", ("ann", "bob", "cid"), (*FEW[:5], FEW[6]), _repeated, ("repeat",), readers=("bob",)),
    Scenario("repeat too late", NAMES, MANY, _too_late, ("repeat",), readers=READERS, overdue=True),
)


def scenario(name: str) -> Scenario:
    return next(each for each in SCENARIOS if each.name == name)
