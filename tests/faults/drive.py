"""Plays a scenario, with a death in it or without, and brings everything to rest as AWS and time would."""

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from signal import SIGKILL
from typing import Any, Final

from app.catalogue import CONNECTIONS, DELIVERIES, FUNCTIONS, MESSAGES, NOTIFICATIONS
from app.models.ids import UserId, keyed_message_id, notification_id
from app.models.times import epoch_s, iso, utc_now
from tests.faults.cloud import Aws, Cloud, Job
from tests.faults.forks import Forks
from tests.faults.history import History, Socket
from tests.faults.runner import PAGE, WINDOW, Call, Command
from tests.faults.scenarios import IN_PROGRESS_S, QUEUED_S, SHORT_S, Scenario
from tests.lane.fake_connections import FakeConnections
from tests.lane.faults import GONE, OK

SENDER, KEY, CONTENT = "sam", "key-1", "The lift is out of order."
MESSAGE: Final = keyed_message_id(UserId(SENDER), KEY)
LIFE, AGE, SOON = timedelta(days=1), timedelta(hours=1), timedelta(seconds=20)
MOST_ROUNDS = 12  # of one drain: far more than any scenario has
PART_PAGE = 50  # connections: those of a part are one page


class DiedError(Exception):
    """The process has died where it was meant to."""


@dataclass(frozen=True, slots=True)
class Played:
    history: History
    points: tuple[str, ...]  # "deliver 0/publish/after", of the runs that are watched


@dataclass(slots=True)
class Drive:
    scenario: Scenario
    cloud: Cloud
    forks: Forks
    fake: FakeConnections
    crash: str | None  # "deliver 0/publish/after"
    bug: str | None
    later_s: float = 0.0
    runs: Counter[str] = field(default_factory=Counter)
    points: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    log: list[Mapping[str, Any]] = field(default_factory=list)
    held: list[Job] = field(default_factory=list)  # received and not done
    wait_s: float = 0.0  # until all jobs can be received
    crashes: int = 0
    read: set[str] = field(default_factory=set)

    def go_on(self, seconds: float) -> None:
        """Lets time pass."""
        self.later_s += seconds

    def send(self, name: str, dies_at: str | None = None) -> None:
        """Sends the message, or sends it again: the key and the body are the same."""
        crash = f"{name}/{dies_at}" if dies_at else None
        with suppress(*([DiedError] if dies_at else [])):
            self._run("send", [self._call("send", name, _request(self.scenario))], crash)

    def sweep(self, name: str = "sweep") -> None:
        self._run("sweep", [self._call("sweep", self._named(name), {"source": "aws.events"})])

    def drain(self) -> None:
        """Hands the jobs on the queue to a worker, until there are none."""
        for _ in range(MOST_ROUNDS):
            self.go_on(self.wait_s)
            self.wait_s = 0.0
            self.held = self.cloud.receive()
            if not self.held:
                return
            self._run("deliver", [self._job_call(job) for job in self.held])
            self._put_back()

    def settle(self) -> bool:
        """Brings back what the dead process had received, and sweeps until nothing is open; False if something is."""
        self._put_back()
        for socket in self.scenario.sockets:
            if socket.kind == "opening":
                self.fake.on(socket.name, OK)  # by now it is open
        for wait_s in (IN_PROGRESS_S, QUEUED_S, QUEUED_S):
            self.go_on(wait_s)
            self.sweep()
            self.drain()
            if not self.cloud.rows(DELIVERIES, "pending"):
                return True
        return False

    def mark_read(self) -> None:
        notification = notification_id(MESSAGE)
        self.read |= {name for name in self.scenario.readers if self.cloud.mark_read(MESSAGE, notification, name)}

    def _put_back(self) -> None:
        for job in self.held:
            self.cloud.put_back(job)
        self.held.clear()

    def _named(self, name: str) -> str:
        self.runs[name] += 1
        return name + " again" * (self.runs[name] - 1)

    def _job_call(self, job: Job) -> Call:
        name = self._named(f"deliver {job.part.replace('/', ' of ')}")
        return self._call("deliver", name, {"Records": [job.record]})

    def _call(self, function: str, name: str, event: dict[str, Any]) -> Call:
        remaining_s = SHORT_S if name in self.scenario.short else _timeout_s(function)
        down = () if self.crashes else self.scenario.down.get(name, ())
        return Call(name, event, remaining_s, down)

    def _run(self, function: str, calls: list[Call], dies_at: str | None = None) -> None:
        """Has a process do this; raises DiedError if it has died where it was meant to."""
        crash = dies_at or (None if self.crashes else self.crash)
        settings = self.cloud.settings(self.fake.url)
        ended = self.forks.run(Command(function, calls, settings, self.later_s, crash, self.bug))
        if not self.crashes:
            self.points += [point for point in ended.points if self.scenario.watches(point)]
        self.log += ended.log
        self.wait_s = max(self.wait_s, ended.wait_s)
        self.answers += [int(answer["statusCode"]) for answer in ended.answers if function == "send"]
        if ended.status == -SIGKILL and ended.points[-1] == crash:
            self.crashes += dies_at is None
            raise DiedError
        assert ended.status == 0, f"{calls[0].name} ended with {ended.status}"


def play(
    scenario: Scenario, aws: Aws, users: str, forks: Forks, crash: str | None = None, bug: str | None = None
) -> Played:
    """Plays it on tables of its own; `crash` is one of the points of a play without."""
    cloud = Cloud.build(aws, users)
    with FakeConnections(verify=False) as fake:
        drive = Drive(scenario, cloud, forks, fake, crash, bug)
        _open(scenario.sockets, cloud, fake)
        for name, faults in scenario.faults.items():
            fake.on(name, *faults)
        try:
            scenario.play(drive)
        except DiedError:
            drive.mark_read()
        settled = drive.settle()
        if scenario.repeated and (crash is None or not drive.answers):  # who has no answer asks again
            drive.send("the same again")
            drive.drain()
        history = _history(drive, settled)
    return Played(history, tuple(drive.points))


def _open(sockets: tuple[Socket, ...], cloud: Cloud, fake: FakeConnections) -> None:
    now = utc_now()
    for socket in sockets:
        if socket.kind == "gone":
            fake.on(socket.name, GONE)
        if socket.kind == "opening":
            fake.on(socket.name, GONE, OK)
    rows = [
        {
            "connectionId": socket.name,
            "userId": socket.owner,
            "timestamp": iso(now + SOON if socket.kind == "opening" else now - AGE),
            "expiresAt": epoch_s(now - AGE if socket.kind == "expired" else now + LIFE),
        }
        for socket in sockets
    ]
    cloud.insert(CONNECTIONS, rows)


def _request(scenario: Scenario) -> dict[str, Any]:
    whom = {"recipientIds": scenario.recipients} if scenario.recipients else {"audience": "everyone"}
    claims = {"sub": SENDER, "token_use": "access", "exp": str(epoch_s(utc_now() + LIFE)), "cognito:groups": "[admins]"}
    return {
        "routeKey": "POST /messages",
        "headers": {"idempotency-key": KEY},
        "requestContext": {"requestId": "request-1", "authorizer": {"jwt": {"claims": claims}}},
        "body": json.dumps({**whom, "content": CONTENT}),
        "isBase64Encoded": False,
    }


def _history(drive: Drive, settled: bool) -> History:
    scenario, cloud = drive.scenario, drive.cloud
    deliveries = tuple(row for row in cloud.rows(DELIVERIES) if "#" not in row["messageId"])
    swept = [line for line in drive.log if line.get("event") == "queued again"]
    return History(
        message_id=MESSAGE,
        sender=SENDER,
        recipients=scenario.recipients,
        content=CONTENT,
        sockets=scenario.sockets,
        page=PART_PAGE if scenario.recipients else PAGE + WINDOW,
        crashes=drive.crashes,
        overdue=scenario.overdue,
        given_up=scenario.overdue and not scenario.repeated,
        settled=settled,
        answers=tuple(drive.answers),
        committed=bool(deliveries),
        messages=cloud.rows(MESSAGES),
        notifications=cloud.rows(NOTIFICATIONS),
        deliveries=deliveries,
        pending=tuple(str(row["messageId"]) for row in cloud.rows(DELIVERIES, "pending")),
        read=frozenset(drive.read),
        rows_left=frozenset(row["connectionId"] for row in cloud.rows(CONNECTIONS)),
        frames={name: tuple(json.loads(frame) for frame in frames) for name, frames in drive.fake.frames.items()},
        told=cloud.told(),
        queued=cloud.count(cloud.queue),
        dead=cloud.count(cloud.dead),
        rescued=sum(line["state"] == "delivering" for line in swept),
        lost_jobs=scenario.lost_jobs,
        alarms=sum(line.get("DeliveriesFailed", 0) for line in drive.log),
    )


def _timeout_s(function: str) -> float:
    names = {"send": "SendMessage", "deliver": "Deliver", "sweep": "Sweep"}
    return float(next(each.timeout_s for each in FUNCTIONS if each.name == names[function]))
