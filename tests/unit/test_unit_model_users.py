from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnacceptableError
from app.models.ids import UserId
from app.models.times import from_iso, iso
from app.models.users import CreateUser, QuietHours, UpdateUser, User
from app.models.wire import check
from tests.unit.people import ADA, NOW, person


def code(model: type[CreateUser | UpdateUser | QuietHours], value: object) -> str:
    with pytest.raises(UnacceptableError) as caught:
        check(model, value)
    (fault,) = caught.value.faults
    return fault.code


def quiet(**parts: str) -> dict[str, str]:
    return {"start": "22:00", "end": "07:00", "timeZone": "Europe/Berlin", **parts}


@pytest.mark.parametrize(
    "name", ["A\nB", "A\x00B", "A\x1bB", "A\x7fB", "A\x85B", "A\u2028B", "A\u2029B", "A\r\nBcc: x"]
)
def test_a_name_is_one_line_without_control_characters(name: str) -> None:
    assert code(UpdateUser, {"firstName": name}) == "malformed"


@pytest.mark.parametrize("name", ["", " ", "\t", "\n", "\u2028", "\u3000"])
def test_a_name_is_not_blank(name: str) -> None:
    assert code(UpdateUser, {"lastName": name}) == "too_short"


@pytest.mark.parametrize("name", ["Ada", "李", "O'Brien", "Anne-Marie", "Ḿ̷", "👩🏽‍🚀", "<b>", "a" * 100, "é" * 100])
def test_a_name_is_as_people_write_it(name: str) -> None:
    assert check(UpdateUser, {"firstName": name}).first_name == name


def test_a_name_has_at_most_100_characters() -> None:
    assert code(UpdateUser, {"firstName": "a" * 101}) == "too_long"


def test_space_around_a_name_is_dropped() -> None:
    assert check(UpdateUser, {"firstName": " Ada \n"}).first_name == "Ada"


@pytest.mark.parametrize(
    "email", ["a@b", "ada.l+x@example.test", "\u00e4\u0434\u0430@\u043f\u0440\u0438.test", "a" * 248 + "@b.cd"]
)
def test_an_email_address_is_accepted(email: str) -> None:
    assert check(CreateUser, {"firstName": "A", "lastName": "L", "email": email}).email == email


@pytest.mark.parametrize(
    "email", ["ada", "@example", "ada@", "a@b@c", "a b@c", "a@b\n", "a\x00@b", " a@b", "a@b\u2028", "a@b,c d@e"]
)
def test_what_is_no_email_address_is_refused(email: str) -> None:
    assert code(CreateUser, {"firstName": "A", "lastName": "L", "email": email}) == "malformed"


def test_an_email_address_has_at_most_254_characters() -> None:
    assert code(CreateUser, {"firstName": "A", "lastName": "L", "email": "a" * 250 + "@b.cd"}) == "too_long"


@pytest.mark.parametrize(
    "clock", ["24:00", "7:00", "07:60", "07:00:00", "0700", "07:00\n", "\u0660\u0667:\u0660\u0660", "", "-1:00"]
)
def test_a_clock_has_hours_and_minutes(clock: str) -> None:
    assert code(QuietHours, quiet(start=clock)) == "malformed"


@pytest.mark.parametrize("clock", ["00:00", "09:59", "19:30", "23:59"])
def test_a_time_of_day_is_accepted(clock: str) -> None:
    assert check(QuietHours, quiet(end=clock)).end == clock


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/Argentina/Ushuaia", "Etc/GMT+12"])
def test_a_time_zone_of_the_list_is_accepted(zone: str) -> None:
    assert check(QuietHours, quiet(timeZone=zone)).time_zone == zone


@pytest.mark.parametrize(
    "zone",
    [
        "bogus",
        "../x",
        "../../etc/passwd",
        "/etc/passwd",
        "America",
        "America/",
        ".",
        "..",
        "zone.tab",
        "tzdata.zi",
        "__init__.py",
        "Europe/../UTC",
        "Europe//Berlin",
        "UTC\x00",
        "UTC\n",
        " UTC",
        "Mars/Olympus",
        "e\u0301/x",
    ],
)
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    assert code(QuietHours, quiet(timeZone=zone)) == "unknown_time_zone"


def test_an_empty_time_zone_is_refused() -> None:
    assert code(QuietHours, quiet(timeZone="")) == "too_short"


@given(st.text(max_size=70) | st.text("./_aAUTC", max_size=8))
def test_no_time_zone_raises_anything_but_a_fault(zone: str) -> None:
    try:
        check(QuietHours, quiet(timeZone=zone))
    except UnacceptableError:
        return


@pytest.mark.parametrize("place", [{"colour": 1}, {"channels": {"fax": True}}, {"quietHours": quiet(until="x")}])
def test_settings_have_no_unknown_fields(place: dict[str, Any]) -> None:
    assert code(UpdateUser, {"settings": place}) == "unknown_field"


def test_every_channel_is_on_until_somebody_turns_it_off() -> None:
    created = check(CreateUser, {"firstName": "A", "lastName": "L"})
    assert created.settings.to_map() == {"channels": {"realtime": True, "push": True, "email": True}}


def test_quiet_hours_are_taken_back_with_null() -> None:
    assert check(UpdateUser, {"settings": {"quietHours": None}}).settings.quiet_hours is None


def test_an_update_names_only_what_was_sent() -> None:
    assert check(UpdateUser, {"lastName": "King"}).changes() == {"last_name": "King"}


def test_a_profile_survives_its_table() -> None:
    body = CreateUser.model_validate({"firstName": "A", "lastName": "L", "settings": {"quietHours": quiet()}})
    user = User.create(UserId(ADA), "a@b", body, NOW)
    assert User.from_item(user.to_item()) == user


def test_what_a_later_version_added_to_a_profile_is_passed_over() -> None:
    assert User.from_item({**person(ADA), "pronouns": "she"}).user_id == ADA


def test_what_a_later_version_added_to_the_settings_is_passed_over() -> None:
    item = person(ADA)
    item["settings"] = {**item["settings"], "digest": "weekly"}
    assert User.from_item(item).user_id == ADA


def test_a_profile_has_the_attributes_of_the_table() -> None:
    assert set(User.from_item(person(ADA)).to_item()) == set(person(ADA))


def test_others_see_only_the_name() -> None:
    assert User.from_item(person(ADA)).public() == {"userId": ADA, "firstName": "Ada", "lastName": "Lovelace"}


@pytest.mark.parametrize("ahead_us", [-10_000_000, -1000, -1, 0, 1, 999, 1000, 1001, 10_000_000])
def test_updated_at_always_moves_on(ahead_us: int) -> None:
    before = User.from_item(person(ADA))
    after = before.updated(UpdateUser(), NOW + timedelta(microseconds=ahead_us))
    assert after.updated_at > before.updated_at


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.integers(-5000, 5000))  # noqa: DTZ001 - naive on purpose
def test_updated_at_moves_on_whatever_the_clock_says(seen: datetime, ahead_us: int) -> None:
    seen = seen.replace(tzinfo=NOW.tzinfo)
    before = User.from_item(person(ADA, updated_at=iso(seen)))
    after = before.updated(UpdateUser(), seen + timedelta(microseconds=ahead_us))
    assert from_iso(after.updated_at) > from_iso(before.updated_at)


def test_an_update_leaves_the_rest() -> None:
    body = check(UpdateUser, {"firstName": "Augusta"})
    after = User.from_item(person(ADA)).updated(body, NOW + timedelta(days=1))
    assert after.to_item() == {**person(ADA), "firstName": "Augusta", "updatedAt": "2026-11-23T18:00:00.000Z"}
