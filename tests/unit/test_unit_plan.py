import json

import pytest

from app.catalogue import EVERYONE
from app.delivery.plan import frame, live, message, notification
from app.models.ids import UserId, notification_id
from app.models.messages import MAX_CONTENT_BYTES
from app.models.users import User
from app.models.work import Work
from tests.unit.delivering import MESSAGE, ids, work_of
from tests.unit.people import ADA, BOB, CLEO, NOW_ISO, person

PEOPLE = {
    UserId(ADA): User.from_item(person(ADA, "Ada")),
    UserId(BOB): User.from_item(person(BOB, "Bob")),
    UserId(CLEO): User.from_item(person(CLEO, "Cleo", realtime=False)),
}
CRITICAL = {"title": "Hi", "priority": "critical"}


def test_a_recipient_has_the_message_as_it_was_sent() -> None:
    shared = {"messageId": MESSAGE, "userId": BOB, "senderId": ADA, "title": "Hi", "content": "hello"}
    state = {"priority": "critical", "read": False, "createdAt": NOW_ISO, "updatedAt": NOW_ISO}
    assert message(work_of(BOB, **CRITICAL), UserId(BOB)).to_item() == {**shared, **state}


@pytest.mark.parametrize(
    ("work", "kind"), [(work_of(BOB, **CRITICAL), "message"), (work_of(**CRITICAL), "announcement")]
)
def test_a_recipient_is_notified_of_what_it_is(work: Work, kind: str) -> None:
    told = notification(work, UserId(BOB)).model_dump(by_alias=True, exclude_none=True)
    shared = {"messageId": MESSAGE, "userId": BOB, "senderId": ADA, "title": "Hi", "content": "hello", "type": kind}
    state = {"priority": "critical", "read": False, "createdAt": NOW_ISO}
    assert told == {"notificationId": notification_id(MESSAGE), **shared, **state}


@pytest.mark.parametrize(("work", "kind"), [(work_of(BOB), "message"), (work_of(), "announcement")])
def test_a_frame_says_what_it_is(work: Work, kind: str) -> None:
    assert json.loads(frame(work))["type"] == kind


def test_a_frame_is_the_notification() -> None:
    assert json.loads(frame(work_of(BOB))) == notification(work_of(BOB), UserId(BOB)).frame()


def test_a_frame_names_no_recipient() -> None:
    assert BOB not in frame(work_of(BOB, CLEO)).decode()
    assert EVERYONE not in json.loads(frame(work_of())).values()


@pytest.mark.parametrize("letter", ["a", "é", '"', "\n", "\x01", "\\"])
def test_a_frame_stays_under_32_kib_whatever_the_content(letter: str) -> None:
    content = letter * (MAX_CONTENT_BYTES // len(letter.encode()))
    assert len(frame(work_of(BOB, content=content, title="t" * 200))) <= 32 * 1024


def test_a_message_that_does_not_fit_into_a_frame_becomes_a_pointer() -> None:
    work = work_of(BOB, content="\x01" * MAX_CONTENT_BYTES)
    assert json.loads(frame(work)) == {**notification(work, UserId(BOB)).frame(), "content": None}


def test_the_largest_message_of_plain_text_is_in_its_frame() -> None:
    content = "a" * MAX_CONTENT_BYTES
    assert json.loads(frame(work_of(BOB, content=content)))["content"] == content


def test_only_those_who_want_it_are_told_in_real_time() -> None:
    assert live(PEOPLE, ids([BOB, CLEO])) == [BOB]


def test_a_recipient_who_has_left_is_not_told_in_real_time() -> None:
    assert live({UserId(ADA): PEOPLE[UserId(ADA)]}, ids([BOB, ADA])) == [ADA]
