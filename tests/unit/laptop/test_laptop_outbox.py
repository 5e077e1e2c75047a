"""The outbox shows what would have left the machine, and nothing in it can steer the terminal."""

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from laptop.endpoints import Endpoints
from laptop.errors import LaptopError
from laptop.mails import SENDER
from laptop.outbox import outbox
from laptop.places import Places

NOON_S = 1795348800
FOUND = Endpoints("http://a", "ws://a", "r", "", "pool", "client", {}, {}, {}, ())


class _MiniStack(BaseHTTPRequestHandler):
    """Answers what MiniStack does of sent mail, and of the requests that CloudTrail has noted."""

    mails: list[dict[str, Any]] = []  # noqa: RUF012 - of one test
    requests: list[dict[str, Any]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        assert self.path == "/_ministack/ses/messages?account=000000000000"
        self._answer({"messages": {"000000000000": self.mails} if self.mails else {}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"Events": [self.requests.pop()] if self.requests else []})

    def _answer(self, body: Any) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        pass


def mail(subject: str = "Hi", text: str = "hello\n", source: str = SENDER, at_s: float = NOON_S) -> dict[str, Any]:
    known = {"MessageId": "m", "CC": [], "BCC": [], "Type": "v2.SendEmail", "BodyHtml": "<p>"}
    return {**known, "Source": source, "To": ["bob@e"], "Subject": subject, "BodyText": text, "Timestamp": at_s}


def push(body: str, at_s: float) -> dict[str, Any]:
    shown = {"fcmV1Message": {"message": {"notification": {"title": "Hi", "body": body}, "data": {}}}}
    request = {
        "Action": "Publish",
        "TargetArn": "a:endpoint/GCM/laptop/1",
        "Message": json.dumps({"GCM": json.dumps(shown)}),
    }
    return {"EventId": "e", "EventTime": at_s, "CloudTrailEvent": json.dumps({"requestParameters": request})}


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A stack that is running, as far as an outbox can tell."""
    _MiniStack.mails, _MiniStack.requests = [], []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _MiniStack)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    places = Places(tmp_path)
    places.local.mkdir()
    found = replace(FOUND, aws=f"http://127.0.0.1:{server.server_port}")
    places.endpoints.write_text(json.dumps(asdict(found)))
    yield places
    server.shutdown()
    server.server_close()


def test_a_mail_is_shown_with_whom_it_is_from_and_to_its_subject_and_its_text(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    _MiniStack.mails = [mail(text="one\n\ntwo\n")]
    outbox(places)
    _, *lines = capsys.readouterr().out.splitlines()
    assert lines == [f"From: {SENDER}", "To: bob@e", "Subject: Hi", "  one", "  ", "  two", "", "1 sent"]


def test_mails_and_pushes_are_shown_in_the_order_of_time(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    _MiniStack.mails = [mail("third", at_s=NOON_S + 2), mail("first")]
    _MiniStack.requests = [push("second", NOON_S + 1)]
    outbox(places)
    shown = capsys.readouterr().out
    assert sorted(("first", "second", "third"), key=shown.index) == ["first", "second", "third"]
    assert "To: GCM a:endpoint/GCM/laptop/1\n  Hi\n  second\n" in shown
    assert shown.endswith("3 sent\n")


def test_mails_of_the_user_pool_are_not_ours(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    _MiniStack.mails = [mail(source="no-reply@verificationemail.com")]
    outbox(places)
    assert capsys.readouterr().out == "Nothing was sent\n"


@pytest.mark.parametrize("hostile", ["\x1b[2J", "a\x9b2J", "\u202eabc"])
def test_nothing_that_was_sent_steers_the_terminal(
    places: Places, capsys: pytest.CaptureFixture[str], hostile: str
) -> None:
    _MiniStack.mails, _MiniStack.requests = [mail(hostile, hostile)], [push(hostile, NOON_S)]
    outbox(places)
    assert hostile not in capsys.readouterr().out


def test_a_stack_that_is_gone_is_named(places: Places) -> None:
    places.endpoints.write_text(json.dumps(asdict(replace(FOUND, aws="http://127.0.0.1:9"))))
    with pytest.raises(LaptopError, match="make run"):
        outbox(places)


def test_without_a_stack_there_is_no_outbox(tmp_path: Path) -> None:
    with pytest.raises(LaptopError, match="make run"):
        outbox(Places(tmp_path))
