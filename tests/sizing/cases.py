"""What is measured: for each function what it is mostly asked for, and the largest that it may be asked for.

A case is named by what the function does. Each makes a new event for each invocation, because most work can be done
only once; docs/cost.md prices a month from these figures.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.catalogue import Function
from app.models.devices import MAX_DEVICES
from app.models.ids import UserId
from tests.sizing.events import Event, http, queued, socket
from tests.sizing.inhabitants import (
    crowd,
    listener,
    me,
    owner,
    reader,
    reader_of_one,
    reader_of_ten,
    recipients,
    room,
    sent,
    waiting,
)
from tests.sizing.town import CONTENT, Town

PART = 50  # recipients that one job or message of a queue is for


@dataclass(frozen=True, slots=True)
class Case:
    function: str
    name: str
    make: Callable[[Town], Event]
    heavy: bool = False  # takes seconds to prepare, so fewer are done; and nobody expects it to be done at once
    most: int = 1  # how many times as much there is to do at the most

    @property
    def key(self) -> str:
        return f"{self.function}: {self.name}"


def _create_user(town: Town) -> Event:
    sub, email = town.account()
    return http("POST /users", sub, {"firstName": "Ada", "lastName": "Lovelace"}, username=email)


def _get_user(town: Town) -> Event:
    return http("GET /users/{userId}", me(town), path={"userId": me(town)})


def _update_user(town: Town) -> Event:
    body = {"firstName": f"Ada {time.monotonic()}"}
    return http("PUT /users/{userId}", me(town), body, path={"userId": me(town)})


def _delete_user(town: Town) -> Event:
    who = town.person(connected=True)
    town.inbox(who, 20)
    town.device(who)
    return http("DELETE /users/{userId}", who, path={"userId": who})


def _confirm(town: Town) -> Event:
    sub, email = town.account()
    attributes = {"sub": sub, "email_verified": "true", "cognito:user_status": "CONFIRMED", "email": email}
    source = "PostConfirmation_ConfirmSignUp"
    return {"version": "1", "triggerSource": source, "userName": sub, "request": {"userAttributes": attributes}}


def _send(town: Town, *recipients: UserId) -> Event:
    return http("POST /messages", me(town), {"recipientIds": [*recipients], "content": CONTENT})


def _announce(town: Town) -> Event:
    body = {"audience": "everyone", "content": CONTENT}
    return http("POST /messages", me(town), body, admin=True)


def _list(route: str) -> Callable[[Town], Event]:
    return lambda town: http(route, reader(town), query={"limit": "50"})


def _read_one(town: Town) -> Event:
    path = {"notificationId": town.notified(reader_of_one(town))}
    return http("PUT /notifications/{notificationId}/read", reader_of_one(town), path=path)


def _read_all(town: Town) -> Event:
    who = town.person()
    town.inbox(who, 20)
    return http("PUT /notifications/read", who)


def _report(town: Town) -> Event:
    return http("GET /messages/{messageId}/delivery", me(town), path={"messageId": sent(town)})


def _deliver_part(town: Town) -> Event:
    town.sent(me(town), town.people(PART, connected=True))
    return {"Records": town.jobs()}


def _deliver_segment(town: Town) -> Event:
    crowd(town)
    if not waiting(town):
        town.sent(me(town), [])
        waiting(town).extend(town.jobs())
    return {"Records": [waiting(town).pop()]}


def _tell(*, connected: bool, count: int = 1, devices: bool = False) -> Callable[[Town], Event]:
    def make(town: Town) -> Event:
        return queued(town.told(recipients(town, count, connected=connected, devices=devices)))

    return make


def _spread(town: Town) -> Event:
    crowd(town)
    return queued(town.told([]))


def _authorize(town: Town) -> Event:
    ticket = town.ticket(me(town))
    event = socket("$connect", me(town), town.connection_id())
    del event["requestContext"]["authorizer"]
    arn = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/default/$connect"
    return {**event, "type": "REQUEST", "methodArn": arn, "queryStringParameters": {"ticket": ticket}}


def _connect(town: Town) -> Event:
    return socket("$connect", town.person(), town.connection_id())


def _disconnect(town: Town) -> Event:
    return socket("$disconnect", me(town), town.connect(me(town)))


def _sync(town: Town) -> Event:
    return socket("$default", reader_of_ten(town), "reader=", {"action": "sync", "after": None})


def _ack(town: Town) -> Event:
    ids = [town.notified(reader_of_one(town))]
    return socket("$default", reader_of_one(town), "reader=", {"action": "ack", "notificationIds": ids})


def _ping(town: Town) -> Event:
    return socket("$default", me(town), "me=", {"action": "ping"})


def _register(town: Town) -> Event:
    return http("POST /devices", town.person(), {"platform": "fcm", "token": town.token()})


CASES = (
    Case("CreateUser", "one's own profile", _create_user),
    Case("GetUser", "one's own profile", _get_user),
    Case("UpdateUser", "one's own profile", _update_user),
    Case("DeleteUser", "20 messages, a device and a connection", _delete_user, heavy=True),
    Case("ConfirmAccount", "a sign-up", _confirm),
    Case("SendMessage", "to one who is not connected", lambda town: _send(town, reader(town))),
    Case("SendMessage", "to one with a connection", lambda town: _send(town, listener(town))),
    Case("SendMessage", "to 49 with a connection each", lambda town: _send(town, *room(town)), heavy=True),
    Case("SendMessage", "to everyone", _announce, heavy=True),
    Case("Inbox", "50 of 100 messages", _list("GET /messages")),
    Case("Inbox", "50 of 100 notifications", _list("GET /notifications")),
    Case("Inbox", "one read", _read_one),
    Case("Inbox", "20 read at a time", _read_all, heavy=True),
    Case("Inbox", "a delivery report", _report),
    Case("Deliver", "a segment: 500 connections", _deliver_segment, heavy=True),
    Case("Deliver", "a part: 50 with a connection each", _deliver_part, heavy=True),
    Case("Sweep", "nothing to do", lambda _: {"source": "aws.events", "detail": {}}),
    Case("SendMail", "one, a mail", _tell(connected=False)),
    Case("SendMail", "one who is connected, no mail", _tell(connected=True)),
    Case("SendMail", "50, a mail each", _tell(connected=False, count=PART), heavy=True),
    Case("SendMail", "a page of everyone onto the queue", _spread, heavy=True),
    Case("CreateTicket", "a ticket", lambda town: http("POST /tickets", me(town))),
    Case("AuthorizeConnection", "a good ticket", _authorize),
    Case("HandleConnection", "$connect", _connect),
    Case("HandleConnection", "$disconnect", _disconnect),
    Case("HandleConnection", "sync of 10", _sync),
    Case("HandleConnection", "ack of one", _ack),
    Case("HandleConnection", "ping", _ping),
    Case("HandleDevices", "registering", _register),
    Case("HandleDevices", "listing", lambda town: http("GET /devices", owner(town))),
    Case("Push", "one without a device", _tell(connected=False)),
    Case("Push", "one device", _tell(connected=False, devices=True)),
    Case("Push", "50 devices", _tell(connected=False, count=PART, devices=True), heavy=True, most=MAX_DEVICES),
    Case("Push", "a page of everyone onto the queue", _spread, heavy=True),
)


def cases_of(function: Function) -> tuple[Case, ...]:
    return tuple(case for case in CASES if case.function == function.name)


def fine(answer: Any) -> bool:
    """Whether a function has done what it was asked for."""
    match answer:
        case {"statusCode": int(status)}:
            return status < 300
        case {"batchItemFailures": failures}:
            return not failures
        case {"policyDocument": {"Statement": [{"Effect": effect}]}}:
            return bool(effect == "Allow")
        case {"errorType": _}:
            return False
        case _:
            return answer is None or "triggerSource" in answer
