from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue import CONNECTIONS, EVERYONE, NOTIFICATIONS, TICKETS
from app.models.connections import Connection, TicketGrant
from app.models.ids import (
    ConnectionId,
    MessageId,
    Ticket,
    UserId,
    keyed_message_id,
    new_message_id,
    new_ticket,
    notification_id,
)
from app.models.notifications import Notification
from app.models.times import epoch_s, from_iso, iso
from tests.unit.people import ADA, BOB, NOW, NOW_ISO, NOW_S

MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis asks for naive bounds


def notification(**parts: Any) -> Notification:
    given_parts = {"notificationId": "n", "userId": BOB, "type": "message", "messageId": "m", "senderId": ADA}
    rest = {"title": "t", "content": "c", "priority": "normal", "read": False, "createdAt": NOW_ISO}
    return Notification.model_validate({**given_parts, **rest, **parts})


@pytest.mark.parametrize(
    ("one", "other"), [(("ab", "c"), ("a", "bc")), (("a", "1:b"), ("a1:", "b")), (("", "a"), ("a", ""))]
)
def test_keyed_ids_differ_although_their_parts_join_to_the_same(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert keyed_message_id(UserId(one[0]), one[1]) != keyed_message_id(UserId(other[0]), other[1])


@given(st.tuples(st.text("a1:", max_size=6), st.text("a1:", max_size=6)), st.tuples(st.text("a1:"), st.text("a1:")))
def test_keyed_ids_are_equal_for_equal_pairs_only(one: tuple[str, str], other: tuple[str, str]) -> None:
    ids = [keyed_message_id(UserId(sender), key) for sender, key in (one, other)]
    assert (ids[0] == ids[1]) == (one == other)


def test_a_keyed_id_never_changes() -> None:
    # What a client retries after a deployment has to meet its first request.
    assert keyed_message_id(UserId("u"), "k") == "6d6a868c808465d20e647056e0df2119"


def test_a_message_and_its_notification_have_different_ids() -> None:
    message = new_message_id()
    assert str(notification_id(message)) != str(message)


def test_every_recipient_hears_under_the_same_notification_id() -> None:
    assert notification_id(MessageId("m")) == notification_id(MessageId("m"))


def test_new_ids_and_tickets_do_not_repeat() -> None:
    assert len({new_message_id() for _ in range(100)} | {new_ticket() for _ in range(100)}) == 200


def test_a_ticket_fits_into_a_url() -> None:
    ticket = new_ticket()
    assert len(ticket) == 43
    assert ticket.replace("-", "").replace("_", "").isalnum()


def test_a_time_is_utc_with_milliseconds() -> None:
    assert iso(datetime(2026, 11, 22, 19, 0, 0, 1999, timezone(timedelta(hours=1)))) == "2026-11-22T18:00:00.001Z"


@given(MOMENTS, MOMENTS)
def test_times_sort_as_text(one: datetime, other: datetime) -> None:
    if iso(one) != iso(other):
        assert (iso(one) < iso(other)) == (one < other)


@given(MOMENTS)
def test_a_time_survives_the_round_trip_to_the_millisecond(moment: datetime) -> None:
    assert from_iso(iso(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_epoch_seconds_are_whole() -> None:
    assert epoch_s(NOW + timedelta(milliseconds=999)) == NOW_S


def test_an_unread_notification_is_in_the_sparse_index() -> None:
    assert notification().to_item()[NOTIFICATIONS.index("unread").partition] == BOB


def test_a_read_notification_is_not_in_the_sparse_index() -> None:
    assert "unread" not in notification(read=True).to_item()


def test_an_announcement_to_everyone_is_in_the_sparse_index_for_everyone() -> None:
    assert notification(userId=EVERYONE).to_item()["unread"] == EVERYONE


def test_frames_are_equal_for_all_recipients() -> None:
    assert notification(userId=ADA).frame() == notification(userId=BOB, read=True).frame()


def test_a_frame_has_what_the_contract_names() -> None:
    names = "type notificationId messageId senderId title content priority createdAt"
    assert set(notification().frame()) == set(names.split())


@pytest.mark.parametrize(("left_s", "ends_s"), [(60, 60), (7200, 7200), (7201, 7200), (-1, -1)])
def test_a_connection_ends_with_its_token_and_with_api_gateways_two_hours(left_s: int, ends_s: int) -> None:
    connection = Connection.open(ConnectionId("c"), UserId(ADA), NOW_S + left_s, NOW)
    assert connection.to_item() == {
        "connectionId": "c",
        "userId": ADA,
        "timestamp": NOW_ISO,
        CONNECTIONS.ttl: NOW_S + ends_s,
    }


def test_a_ticket_lives_for_30_seconds() -> None:
    grant = TicketGrant.issue(Ticket("t"), UserId(ADA), NOW_S + 3600, NOW)
    assert grant.to_item() == {"ticket": "t", "userId": ADA, "tokenExpiresAt": NOW_S + 3600, TICKETS.ttl: NOW_S + 30}
