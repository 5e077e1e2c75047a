import json
from typing import Any

import pytest

from app.catalogue import EVERYONE
from app.delivery.plan import Plan, plan, replan
from app.models.ids import MessageId, UserId
from app.models.messages import MAX_CONTENT_BYTES, MAX_RECIPIENTS, SendMessage
from app.models.users import User
from app.models.wire import check
from tests.unit.people import ADA, BOB, CLEO, NOW, NOW_ISO, NOW_S, person

PEOPLE = {
    UserId(ADA): User.from_item(person(ADA, "Ada")),
    UserId(BOB): User.from_item(person(BOB, "Bob")),
    UserId(CLEO): User.from_item(person(CLEO, "Cleo", realtime=False)),
}
MESSAGE = MessageId("0a" * 16)


def planned(people: dict[UserId, User] = PEOPLE, **body: Any) -> Plan:
    wish = check(SendMessage, {"recipientIds": [BOB, CLEO, BOB], "content": "hello", **body})
    return plan(MESSAGE, PEOPLE[UserId(ADA)], wish, people, NOW)


def announced(**body: Any) -> Plan:
    return planned(recipientIds=None, audience="everyone", **body)


def test_each_recipient_gets_one_message_and_one_notification() -> None:
    assert [row.user_id for row in planned().messages] == [BOB, CLEO]
    assert [row.user_id for row in planned().notifications] == [BOB, CLEO]


def test_an_announcement_is_one_row_of_each_under_the_reserved_id() -> None:
    assert [row.user_id for row in announced().messages] == [EVERYONE]
    assert [row.user_id for row in announced().notifications] == [EVERYONE]


def test_the_most_recipients_fit_into_one_transaction() -> None:
    many = planned(recipientIds=[f"r{n}" for n in range(MAX_RECIPIENTS)])
    assert 1 + len(many.messages) + len(many.notifications) <= 100


def test_all_rows_are_of_one_moment() -> None:
    rows = planned()
    times = {row.created_at for row in rows.messages} | {row.updated_at for row in rows.messages}
    times |= {row.created_at for row in rows.notifications} | {rows.delivery.created_at}
    assert times == {NOW_ISO}


def test_nothing_is_read_yet() -> None:
    rows = planned()
    assert not any([row.read for row in rows.messages] + [row.read for row in rows.notifications])


def test_a_new_delivery_is_pending_and_leased() -> None:
    delivery = planned().delivery
    assert (delivery.state, delivery.leased_until) == ("pending", "2026-11-22T18:00:30.000Z")
    assert delivery.expires_at == NOW_S + 30 * 24 * 3600


@pytest.mark.parametrize(("rows", "count"), [(planned(), 2), (announced(), 0)])
def test_a_delivery_counts_each_named_recipient_once(rows: Plan, count: int) -> None:
    assert rows.delivery.recipient_count == count


def test_only_those_who_want_it_are_told_in_real_time() -> None:
    assert planned().live == (BOB,)


def test_a_recipient_who_has_left_is_not_told_in_real_time() -> None:
    rest = {UserId(ADA): PEOPLE[UserId(ADA)]}
    assert planned(rest).live == ()


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        (planned(), "Message from Ada Lovelace"),
        (announced(), "Announcement by Ada Lovelace"),
        (planned(title="Hi"), "Hi"),
        (announced(title="Hi"), "Hi"),
    ],
)
def test_a_message_without_a_title_names_its_sender(rows: Plan, title: str) -> None:
    assert [row.title for row in rows.messages] == [row.title for row in rows.notifications]
    assert {row.title for row in rows.messages} == {title}


@pytest.mark.parametrize(("rows", "kind"), [(planned(), "message"), (announced(), "announcement")])
def test_a_frame_says_what_it_is(rows: Plan, kind: str) -> None:
    assert json.loads(rows.frame)["type"] == kind


def test_a_frame_names_no_recipient() -> None:
    assert BOB not in planned().frame.decode()
    assert EVERYONE not in json.loads(announced().frame).values()


@pytest.mark.parametrize("letter", ["a", "é", '"', "\n", "\x01", "\\"])
def test_a_frame_stays_under_32_kib_whatever_the_content(letter: str) -> None:
    content = letter * (MAX_CONTENT_BYTES // len(letter.encode()))
    size = len(planned(content=content, title="t" * 200).frame)
    assert size <= 32 * 1024


def test_the_rest_of_a_message_is_the_message() -> None:
    first = planned(title="Hi", priority="critical")
    wish = check(SendMessage, {"recipientIds": [BOB, CLEO], "content": "hello", "title": "Hi", "priority": "critical"})
    assert replan(first.delivery, PEOPLE[UserId(ADA)], wish, PEOPLE) == first
