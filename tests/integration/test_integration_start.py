"""A function starts with what it needs and with nothing else; each in a process of its own, where everything works."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.application import App
from app.catalogue import DELIVERIES, FUNCTIONS, NOTIFICATIONS, Function
from app.models.deliveries import Job
from app.models.ids import UserId
from app.start import PARTS
from tests.image.events import CALLER, event
from tests.integration.events import Client
from tests.integration.faults import FaultServer
from tests.integration.phones import Phones
from tests.integration.site import ACCESS_KEY, REGION, SECRET_KEY, STAGE, Clock, Site
from tests.integration.wire import json_ok

ROOT = Path(__file__).parents[2]
AT_ONCE = 3  # processes
HOT = ("GetUser", "SendMessage", "HandleConnection", "Deliver")  # somebody waits for them, or many do
NO_TIME_S = 1.0  # of Lambda's, which is too little to deliver anything
BOB = UserId("bob")
_RECIPIENT, _ROW, _TOLD = "b7d2c1f0", "0" * 32, "f" * 32  # of the events
FRAMES: tuple[Mapping[str, Any], ...] = (
    {"action": "sync", "after": None},
    {"action": "ack", "notificationIds": [_TOLD]},
    {"action": "read", "notificationIds": [_TOLD]},
)
_TICKET = "dGhpcyBpcyBubyB0aWNrZXQgYXQgYWxs"


@pytest.fixture
def clock() -> Clock:
    """The processes go by the real time."""
    return Clock(datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Stage:
    """Sees to it that every event finds what it is about."""

    app: App
    site: Site
    clock: Clock

    async def events(self, function: Function) -> list[dict[str, Any]]:
        caller = self._person(function)
        events = [event(trigger) for trigger in function.triggers]
        if function.name == "HandleConnection":
            events += [{**events[-1], "body": json.dumps(frame)} for frame in FRAMES]
        text = json.dumps(events)
        for old, new in {CALLER: caller, _RECIPIENT: BOB, **await self._about(function, caller)}.items():
            text = text.replace(old, new)
        made: list[dict[str, Any]] = json.loads(text)
        if function.name == "Deliver":
            made[0]["Records"][0]["body"] = await self._job(caller)
        return made

    def _person(self, function: Function) -> UserId:
        """Returns somebody of this function's own, with all that a person has."""
        caller = UserId(self.site.person(f"{function.name.lower()}@example.org"))
        if function.name not in ("CreateUser", "ConfirmAccount"):
            connections = () if function.name == "SendMail" else (f"c-{function.name}",)
            self.site.settle(self.clock(), caller, *connections)
        return caller

    async def _about(self, function: Function, caller: UserId) -> Mapping[str, str]:
        """Returns what goes in the place of the ids in the events."""
        if function.name in ("Inbox", "HandleConnection"):
            _, sent, _ = await self._client(caller).http("SendMessage", {"recipientIds": [caller], "content": "hi"})
            (row,) = [row for row in self.site.rows(NOTIFICATIONS) if row["userId"] == caller]
            told = row["notificationId"]
            return {f'"notificationId": "{_ROW}"': f'"notificationId": "{told}"', _TOLD: told, _ROW: sent["messageId"]}
        if function.name == "AuthorizeConnection":
            return {_TICKET: (await self._client(caller).http("CreateTicket"))[1]["ticket"]}
        if function.name in ("HandleDevices", "Push"):
            _, phone = await Phones(self.app, self.site, self.clock).register(caller)
            return {_ROW: phone["deviceId"]} if function.name == "HandleDevices" else {}
        return {}

    async def _job(self, caller: UserId) -> str:
        """Returns a part of a message for which there was no time."""
        body = {"recipientIds": [BOB], "content": "hi"}
        status, sent, _ = await self._client(caller).http("SendMessage", body, remaining_s=NO_TIME_S)
        assert status == 202
        (row,) = [row for row in self.site.rows(DELIVERIES) if row.get("messageId") == sent["messageId"]]
        return Job(message_id=sent["messageId"], part=min(row["parts"])).model_dump_json(by_alias=True)

    def _client(self, caller: UserId) -> Client:
        return Client(self.app, self.clock, caller)


async def started(function: Function, events: list[dict[str, Any]], environment: Mapping[str, str]) -> dict[str, Any]:
    """Returns what starting.py finds."""
    command = (sys.executable, "-m", "tests.integration.starting", function.handler)
    process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    output, _ = await process.communicate(json.dumps(events).encode())
    assert process.returncode == 0, output
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def is_fine(answer: Any) -> bool:
    if answer is None or "policyDocument" in answer:
        return answer is None or bool(answer["policyDocument"]["Statement"][0]["Effect"] == "Allow")
    return bool(answer.get("statusCode", 200) < 300 and not answer.get("batchItemFailures"))


@pytest_asyncio.fixture
async def found(fragile: App, site: Site, clock: Clock, faults: FaultServer) -> Mapping[str, dict[str, Any]]:
    """What each function of the catalogue did."""
    faults.script("SendEmail", json_ok(MessageId="m"))
    site.settle(clock(), BOB, "c-bob")
    stage, places = Stage(fragile, site, clock), asyncio.Semaphore(AT_ONCE)
    environment = {**site.names, **access(faults.url)}
    events = {function: await stage.events(function) for function in FUNCTIONS}

    async def run(function: Function) -> dict[str, Any]:
        async with places:
            return await started(function, events[function], environment)

    return dict(zip((each.name for each in FUNCTIONS), await asyncio.gather(*map(run, FUNCTIONS)), strict=True))


def access(url: str) -> Mapping[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_DEFAULT_REGION": REGION}
    return {**keys, "AWS_ENDPOINT_URL": url, "MANAGEMENT_ENDPOINT": f"{url}/{STAGE}"}


def test_every_function_of_the_catalogue_says_what_it_uses() -> None:
    assert list(PARTS) == [function.handler for function in FUNCTIONS]


async def test_a_function_starts_with_what_it_needs_and_with_nothing_else(found: Mapping[str, dict[str, Any]]) -> None:
    bad = {name: [answer for answer in each["answers"] if not is_fine(answer)] for name, each in found.items()}
    assert {name: answers for name, answers in bad.items() if answers} == {}
    for flaw in ("late", "unused", "needless"):
        assert {name: each[flaw] for name, each in found.items() if each[flaw]} == {}, flaw
    assert {name: found[name]["sdk"] for name in HOT} == {name: [] for name in HOT}
