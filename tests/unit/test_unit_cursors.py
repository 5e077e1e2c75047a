import base64
import json
import string
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.errors import UnparsableError
from app.models.cursors import MAX_CURSOR_CHARS, ListName, Position, _digest, unseal
from app.models.ids import UserId
from app.models.times import MILLISECOND, iso
from tests.unit.people import ADA, BOB, NOW_ISO

ALPHABET = string.ascii_letters + string.digits + "-_"
ROW_ID = "0123456789abcdef" * 2
LISTS: tuple[ListName, ...] = get_args(ListName)

lists = st.sampled_from(LISTS)
owners = st.text(min_size=1, max_size=40).map(UserId)
moments = st.integers(0, 253_402_300_799_999).map(lambda ms: iso(datetime.fromtimestamp(0, UTC) + ms * MILLISECOND))
row_ids = st.none() | st.text("0123456789abcdef", min_size=32, max_size=32)
positions = st.builds(Position, at=moments, own=row_ids, shared=row_ids, began=st.none() | moments)


def forged(payload: Any, name: ListName = "sync", owner: str = ADA) -> str:
    """Returns a cursor with a right digest: it has no secret, so anybody can make one."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return base64.urlsafe_b64encode(_digest(name, UserId(owner), raw) + raw).decode().rstrip("=")


def refused(cursor: str, name: ListName = "sync", owner: str = ADA) -> bool:
    with pytest.raises(UnparsableError) as error:
        unseal(cursor, name, UserId(owner))
    return (error.value.status, error.value.code) == (400, "invalid_cursor")


@given(positions, lists, owners)
def test_a_cursor_leads_back_to_its_place(position: Position, name: ListName, owner: UserId) -> None:
    assert unseal(position.seal(name, owner), name, owner) == position


@given(positions, lists, owners)
def test_a_cursor_is_short_and_needs_no_escaping_in_a_url(position: Position, name: ListName, owner: UserId) -> None:
    cursor = position.seal(name, owner)
    assert len(cursor) <= MAX_CURSOR_CHARS
    assert set(cursor) <= set(ALPHABET)


@given(positions, lists, owners, st.data())
def test_a_cursor_with_any_character_altered_is_refused(
    position: Position, name: ListName, owner: UserId, data: st.DataObject
) -> None:
    cursor = position.seal(name, owner)
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.sampled_from(ALPHABET + "+/=. é").filter(lambda character: character != cursor[place]))
    assert refused(cursor[:place] + other + cursor[place + 1 :], name, owner)


@given(positions, lists, owners, st.text(ALPHABET + "= \n", min_size=1, max_size=9), st.booleans())
def test_a_cursor_with_something_added_is_refused(
    position: Position, name: ListName, owner: UserId, more: str, at_end: bool
) -> None:
    cursor = position.seal(name, owner)
    assert refused(cursor + more if at_end else more + cursor, name, owner)


@given(positions, lists, owners, st.data())
def test_a_cursor_that_was_cut_is_refused(
    position: Position, name: ListName, owner: UserId, data: st.DataObject
) -> None:
    cursor = position.seal(name, owner)
    assert refused(cursor[: data.draw(st.integers(0, len(cursor) - 1))], name, owner)


@given(positions, lists, lists, owners)
def test_a_cursor_of_another_list_is_refused(
    position: Position, name: ListName, other: ListName, owner: UserId
) -> None:
    assume(name != other)
    assert refused(position.seal(name, owner), other, owner)


@given(positions, lists, owners, owners)
def test_a_cursor_of_another_person_is_refused(
    position: Position, name: ListName, owner: UserId, other: UserId
) -> None:
    assume(owner != other)
    assert refused(position.seal(name, owner), name, other)


def test_lists_and_people_whose_names_join_to_the_same_have_different_cursors() -> None:
    position = Position(at=NOW_ISO)
    sealed = {position.seal("sync", UserId(owner)) for owner in ("a", "1:a", ":a", "a:", "sync:1:a")}
    assert len(sealed) == 5


@given(st.text(max_size=600))
def test_whatever_is_no_cursor_is_refused(text: str) -> None:
    assert refused(text)


@given(st.binary(max_size=400))
def test_whatever_bytes_a_cursor_holds_are_refused(raw: bytes) -> None:
    assert refused(base64.urlsafe_b64encode(raw).decode().rstrip("="))
    assert refused(forged(raw))


def test_a_cursor_that_is_too_long_is_refused() -> None:
    assert refused("A" * 100_000)


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "payload",
    [
        {},
        [],
        None,
        {"at": ""},
        {"at": None},
        {"at": 1},
        {"at": "yesterday"},
        {"at": NOW_ISO + "\n"},
        {"at": " " + NOW_ISO},
        {"at": "2026-11-22T18:00:00Z"},
        {"at": "2026-11-22T18:00:00.000+00:00"},
        {"at": "2026-11-22T18:00:00.000"},
        {"at": "9999-12-31T23:59:59.999-23:59"},
        {"at": "9999-99-99T99:99:99.999Z"},
        {"at": "2026-02-30T00:00:00.000Z"},
        {"at": "2026-11-22T24:00:00.000Z"},
        {"at": "0000-01-01T00:00:00.000Z"},
        {"at": "\u0662\u0660\u0662\u0666-11-22T18:00:00.000Z"},
        {"at": NOW_ISO, "began": "9999-99-99T99:99:99.999Z"},
        {"at": NOW_ISO, "began": "0000-00-00T00:00:00.000Z"},
        {"at": NOW_ISO, "own": ""},
        {"at": NOW_ISO, "own": "*"},
        {"at": NOW_ISO, "own": ROW_ID + "\n"},
        {"at": NOW_ISO, "own": ROW_ID.upper()},
        {"at": NOW_ISO, "own": [ROW_ID]},
        {"at": NOW_ISO, "shared": f"{ROW_ID}#work"},
        {"at": NOW_ISO, "shared": ROW_ID[1:]},
        {"at": NOW_ISO, "owner": BOB},
        {"at": NOW_ISO, "userId": BOB},
    ],
    ids=str,
)
def test_a_forged_cursor_with_bad_values_is_refused(payload: Any, name: ListName) -> None:
    assert refused(forged(payload, name), name)


@pytest.mark.parametrize("payload", [b"", b"null", b"{", b"\xff", b'{"at":NaN}', b'{"at":"' + b"9" * 300 + b'"}'])
def test_a_forged_cursor_that_holds_no_place_is_refused(payload: bytes) -> None:
    assert refused(forged(payload))
