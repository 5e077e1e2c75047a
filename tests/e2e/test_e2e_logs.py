"""Nothing that people say or show gets into a log; the last test, so that it sees what the others left."""

import json
import re
from functools import partial
from pathlib import Path

import pytest

from app.catalogue import FUNCTIONS
from tests.e2e import stack
from tests.e2e.aws import Aws, wait_until
from tests.e2e.client import Person
from tests.e2e.people import MARK, PASSWORD, confirm

# Another test plants a job that is none, one has SES take no mail, and two take rights away: to push, and to post.
_PLANTED = {"ValidationError", "UnavailableError"}
_CLOCK_S = 90  # the sweeper runs every minute
_LAMBDAS_OWN = re.compile(r"^(START|END|REPORT|INIT_START) |Task timed out")
FRAMES = [f'{{"action": "{MARK}"}}', MARK, f'{{"action": "ping", "{MARK}": 1, "{MARK}": 2}}']


async def _say(alice: Person, bob: Person, ada: Person, aws: Aws) -> None:
    """Goes by every way on which something could get into a log."""
    socket = await bob.connect()
    for token in (MARK, f"{MARK} {MARK}"):
        await bob.call("POST", "/devices", json={"platform": "fcm", "token": token})
    await ada.send(audience="everyone", content=MARK, title=MARK)
    assert await socket.frame()
    await alice.send(bob, content=MARK, title=MARK, key=f"{MARK}-key")
    await alice.send(bob, content=f"{MARK}, other", key=f"{MARK}-key")
    await alice.send(MARK, content=MARK)
    await alice.send(bob, **{MARK: MARK})
    await alice.call("POST", "/messages", data=MARK.encode())
    await alice.call("PUT", f"/users/{alice.user_id}", json={"firstName": MARK, "settings": {MARK: MARK}})
    await alice.call(
        "POST", "/users", json={"firstName": MARK, "lastName": MARK, "email": f"{MARK.lower()}@example.org"}
    )
    await ada.call("POST", "/users", json={"firstName": MARK, "lastName": MARK, "email": f"{MARK.lower()}@[x"})
    for frame in FRAMES:
        _hand_frame(aws, bob, frame)
    confirm(aws, bob)
    for method in ("GET", "DELETE"):
        await bob.call(method, f"/users/{bob.user_id}")


def _hand_frame(aws: Aws, bob: Person, frame: str) -> None:
    """Invokes the connection handler; MiniStack keeps no log of what its WebSocket side invokes."""
    authorizer = {"userId": bob.user_id, "tokenExpiresAt": "4000000000"}
    context = {"routeKey": "$default", "eventType": "MESSAGE", "connectionId": "none", "requestId": "logged"}
    event = {"requestContext": {**context, "authorizer": authorizer}, "body": frame, "isBase64Encoded": False}
    assert aws.invoke("HandleConnection", event) == {"statusCode": 200}


def _is_logged(aws: Aws, event: str) -> bool:
    return f'"event":"{event}"' in aws.function_logs()


@pytest.fixture
async def logs(alice: Person, bob: Person, ada: Person, aws: Aws) -> str:
    """Returns all that the functions have logged until now, and that is a lot."""
    await _say(alice, bob, ada, aws)
    for event in ("schedule", "mailed", "pushed"):
        await wait_until(partial(_is_logged, aws, event), event, _CLOCK_S)
    return aws.function_logs()


def test_no_function_logs_what_people_write_or_are_called(logs: str) -> None:
    assert '"event":"request"' in logs
    assert [line for line in logs.splitlines() if MARK.casefold() in line.casefold()] == []


def test_no_function_logs_a_token_or_a_ticket(logs: str, secrets: set[str]) -> None:
    assert len(secrets) > 2
    assert [secret for secret in secrets if secret in logs or secret.rpartition(".")[2] in logs] == []


def test_no_function_logs_an_address(logs: str) -> None:
    assert [line for line in logs.splitlines() if "@example" in line] == []


def test_every_line_of_ours_is_one_json_object(logs: str) -> None:
    ours = [line for line in logs.splitlines() if line.strip() and not _LAMBDAS_OWN.search(line)]

    assert all(isinstance(json.loads(line), dict) for line in ours)


def test_no_function_met_a_bug(logs: str) -> None:
    assert [line for line in logs.splitlines() if _is_bug(line)] == []


def _is_bug(line: str) -> bool:
    if '"level":"ERROR"' not in line:
        return "Task timed out" in line
    said = json.loads(line)
    if said["event"] == "posts refused":
        return bool(said["error"] != "AccessDeniedException")
    if (
        said["event"] == "message comes late"
    ):  # MiniStack had moved it to the dead letters, where tests leave one receive
        return bool(said["error"] != "ReceiptHandleIsInvalid")
    no_right = said["error"] == "AuthorizationError" and "/outreach/pushing.py:" in said["trace"]
    return not (said["event"] == "message failed" and (said["error"] in _PLANTED or no_right))


def test_every_function_has_logged_requests(logs: str, aws: Aws) -> None:
    groups = {group["logGroupName"] for group in aws.logs.describe_log_groups()["logGroups"]}

    assert logs
    for function in FUNCTIONS:
        [group] = [name for name in groups if f"/{function.name}Logs" in name]
        assert aws.logs.filter_log_events(logGroupName=group)["events"], function.name


def test_the_stacks_own_log_has_no_message_and_no_secret(logs: str, state: Path, secrets: set[str]) -> None:
    written = stack.log(state)  # addresses are in it: MiniStack says whom it would have sent a mail

    assert logs
    assert [secret for secret in {MARK, PASSWORD, *secrets} if secret in written] == []
