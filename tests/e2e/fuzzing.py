"""Lets schemathesis make up requests from the description, as one person of the stack, and count what is wrong."""

import asyncio
import copy
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from description.openapi import openapi
from tests.description.conformity import closed
from tests.e2e.client import Person

FUZZ_S = int(os.environ.get("FUZZ_S", "0"))  # how long each run goes on with new requests; 0: the same few each time
_LIMIT_S = FUZZ_S + 150  # 800 requests take 20 s, and functions that have to start on a busy machine some more
_REPORT = "report.json"
_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "ignored_auth",
)
# What the state of things has to say about a request that is as described.
_ACCEPTED = '["2xx", 304, 401, 403, 404, 409, 429]'
_CONFIGURATION = f"""
headers = {{ Authorization = "Bearer ${{TOKEN}}" }}
[checks.positive_data_acceptance]
expected-statuses = {_ACCEPTED}
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 412, 422, 429]
"""
# No schema can say which cursors are ours, which keys were used before, and what a user pool takes for an address.
_MORE = """
[[operations]]
include-name = "{name}"
[operations.checks.positive_data_acceptance]
expected-statuses = {expected}
"""
_UNFORESEEABLE = {"GET /messages": 400, "GET /notifications": 400, "POST /messages": 422, "POST /users": 422}


@dataclass(frozen=True, slots=True)
class Findings:
    cases: int
    wrong: int
    said: str = field(repr=False)  # all of what schemathesis printed; tokens are filtered


@dataclass(frozen=True, slots=True)
class World:
    """What there is: requests that are as described name these, and others count as wrong."""

    people: tuple[str, ...]
    messages: tuple[str, ...]
    notifications: tuple[str, ...]

    def described(self) -> dict[str, Any]:
        """Returns the description of just this world: what only its data can say is said by lists."""
        document = copy.deepcopy(closed(openapi()))
        schemas = document["components"]["schemas"]
        schemas["SendMessage"]["properties"]["recipientIds"]["anyOf"][0]["items"] = {"enum": self.people}
        schemas["QuietHours"]["properties"] = {
            "start": {"const": "22:00"},
            "end": {"const": "07:00"},
            "timeZone": {"enum": ["Europe/Berlin", "UTC"]},
        }
        for operations in document["paths"].values():
            for operation in operations.values():
                for parameter in operation["parameters"]:
                    self._name(parameter)
        return document

    def _name(self, parameter: dict[str, Any]) -> None:
        known = {"userId": self.people, "messageId": self.messages, "notificationId": self.notifications}
        if parameter["name"] in known:
            parameter["schema"] = {"enum": known[parameter["name"]]}
        if parameter["name"] == "If-Match":
            parameter["schema"] = {"enum": ["*"]}


async def fuzz(person: Person, world: World, folder: Path, *options: str) -> Findings:
    """Makes requests as this person; `options` are schemathesis's."""
    _prepare(folder, world)
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("st"), "run", "openapi.json", "--url", person.site.endpoints.http),
        *("--checks", ",".join(_CHECKS), "--request-timeout", "60", "--continue-on-failure", "--no-shrink"),
        *("--suppress-health-check", "all", "--warnings", "off", "--report", "json", "--report-json-path", _REPORT),
        *(("--max-time", str(FUZZ_S)) if FUZZ_S else ("--max-examples", "5", "--seed", "1")),
        *options,
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(folder), "NO_PROXY": "*", "TOKEN": person.token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(_LIMIT_S):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return _findings(folder, said.decode(errors="replace"))


def _prepare(folder: Path, world: World) -> None:
    folder.mkdir()
    (folder / "openapi.json").write_text(json.dumps(world.described()))
    (folder / "schemathesis.toml").write_text(_configuration())


def _findings(folder: Path, said: str) -> Findings:
    assert (folder / _REPORT).exists(), said
    report = json.loads((folder / _REPORT).read_bytes())
    assert report["operations"]["tested"] == report["operations"]["selected"], said
    return Findings(report["test_cases"]["generated"], len(report["failures"]) + len(report["errors"]), said)


def _configuration() -> str:
    expected = (
        _MORE.format(name=name, expected=_ACCEPTED.replace("]", f", {status}]"))
        for name, status in _UNFORESEEABLE.items()
    )
    return _CONFIGURATION + "".join(expected)
