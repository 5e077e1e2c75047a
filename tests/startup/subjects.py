"""What is started: each function with an event that it answers well, a bare boto3 handler, and one that does naught."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

from app.catalogue import FUNCTIONS, Function
from laptop.endpoints import Endpoints
from laptop.stack import Clients
from tests.image.events import CALLER, event

PEER, NOTHING = "boto3 GetItem", "nothing"
# What the issue asks for first: to be no slower than the peer.
FOREMOST = ("GetUser", "SendMessage", "HandleConnection")
_RECIPIENT = "b7d2c1f0"  # of the message in tests/image/events.py
_RUNTIME = ("python3", "-m", "awslambdaric")


@dataclass(frozen=True, slots=True)
class Subject:
    name: str
    command: tuple[str, ...]  # behind the emulator
    event: Callable[[], Mapping[str, Any]]  # another one each time, where it can be done but once
    function: Function | None = None

    @property
    def foremost(self) -> bool:
        return self.name in FOREMOST


def subjects(endpoints: Endpoints) -> list[Subject]:
    """Returns the two to compare with first, and then every function of the catalogue."""
    get_user = next(function for function in FUNCTIONS if function.name == "GetUser")
    asked = partial(_event, get_user, endpoints)
    return [
        Subject(NOTHING, (*_RUNTIME, "peers.nothing.handle"), asked),
        Subject(PEER, (*_RUNTIME, "peers.get_item.handle"), asked),
        *(
            Subject(each.name, ("python3", "-m", "app.start", each.handler), partial(_event, each, endpoints), each)
            for each in FUNCTIONS
        ),
    ]


def fine(subject: Subject, answer: Any) -> bool:
    """Says whether the function did what it was asked for; who is denied or fails is quick, but no measure."""
    if subject.name == "AuthorizeConnection":  # its ticket is none, which it finds out where it would find a good one
        return bool(answer["policyDocument"])
    if isinstance(answer, dict) and "statusCode" in answer:
        return int(answer["statusCode"]) < 300
    return answer is None or (
        isinstance(answer, dict) and not answer.get("batchItemFailures") and "errorType" not in answer
    )


def _event(function: Function, endpoints: Endpoints) -> Mapping[str, Any]:
    text = json.dumps(event(function.triggers[0]), ensure_ascii=False)
    caller, bob = _caller(function, endpoints), endpoints.person("Bob").userId
    made: dict[str, Any] = json.loads(text.replace(CALLER, caller).replace(_RECIPIENT, bob))
    if function.name == "CreateUser":  # by an administrator, for somebody new
        made["body"] = json.dumps({"email": f"{uuid4()}@example.com", "firstName": "Ada", "lastName": "Lovelace"})
    return made


def _caller(function: Function, endpoints: Endpoints) -> str:
    if function.name == "ConfirmAccount":
        return str(uuid4())
    return _newcomer(endpoints) if function.name == "DeleteUser" else endpoints.person("Alice").userId


def _newcomer(endpoints: Endpoints) -> str:
    """Returns somebody who can sign in, and be erased."""
    pool = Clients(endpoints.aws).client("cognito-idp")
    made = pool.admin_create_user(UserPoolId=endpoints.userPoolId, Username=f"{uuid4()}@example.com")["User"]
    return str(next(each["Value"] for each in made["Attributes"] if each["Name"] == "sub"))
