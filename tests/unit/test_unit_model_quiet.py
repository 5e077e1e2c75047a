from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import UnacceptableError
from app.models.users import Channels, Preferences, QuietHours, UpdateUser, User
from app.models.wire import check
from tests.unit.events import lines
from tests.unit.people import ADA, NOW, person

CLOCKS = st.times().map(lambda time: time.strftime("%H:%M"))
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - UTC is added
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"])


def quiet(start: str, end: str, zone: str = "UTC") -> QuietHours:
    return QuietHours(start=start, end=end, time_zone=zone)


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-22T{clock}Z")


def stored(**quiet_hours: str) -> Preferences:
    item = person(ADA)
    item["settings"]["quietHours"] = quiet_hours
    return User.from_item(item).settings


@pytest.mark.parametrize(
    ("clock", "is_quiet"),
    [
        ("21:59:59.999", False),
        ("22:00", True),
        ("23:59", True),
        ("00:00", True),
        ("06:59:59.999", True),
        ("07:00", False),
    ],
)
def test_quiet_hours_reach_across_midnight_and_end_at_their_end(clock: str, is_quiet: bool) -> None:
    assert quiet("22:00", "07:00").cover(at(clock)) == is_quiet


@pytest.mark.parametrize(
    ("clock", "is_quiet"), [("11:59", False), ("12:00", True), ("13:59", True), ("14:00", False), ("00:00", False)]
)
def test_quiet_hours_may_lie_within_a_day(clock: str, is_quiet: bool) -> None:
    assert quiet("12:00", "14:00").cover(at(clock)) == is_quiet


def test_quiet_hours_go_by_the_clock_of_their_time_zone() -> None:
    assert quiet("22:00", "07:00", "Europe/Berlin").cover(at("21:30"))
    assert not quiet("22:00", "07:00", "Europe/Berlin").cover(at("06:30"))
    assert not quiet("22:00", "07:00", "America/New_York").cover(at("22:30"))


@pytest.mark.parametrize(
    ("utc", "end", "is_quiet"),
    [
        ("2026-03-29T00:59", "02:30", True),  # 01:59, and then the clock shows 03:00
        ("2026-03-29T01:00", "02:30", False),
        ("2026-10-25T00:29", "02:30", True),  # 02:29 for the first time
        ("2026-10-25T00:30", "02:30", False),
        ("2026-10-25T01:00", "02:30", True),  # 02:00 for the second time
        ("2026-10-25T01:29", "02:30", True),
        ("2026-10-25T01:30", "02:30", False),
    ],
)
def test_when_the_clock_is_changed_it_still_says_what_is_quiet(utc: str, end: str, is_quiet: bool) -> None:
    assert quiet("22:00", end, "Europe/Berlin").cover(datetime.fromisoformat(f"{utc}Z")) == is_quiet


def test_quiet_hours_that_are_skipped_by_the_clock_are_no_error() -> None:
    skipped = quiet("02:10", "02:50", "Europe/Berlin")
    night = [datetime(2026, 3, 29, tzinfo=UTC) + timedelta(minutes=minute) for minute in range(180)]
    assert not any(skipped.cover(moment) for moment in night)


@given(CLOCKS, CLOCKS, ZONES, MOMENTS)
def test_it_is_quiet_in_the_minutes_from_start_to_end(start: str, end: str, zone: str, moment: datetime) -> None:
    if start == end:
        return
    local = moment.astimezone(ZoneInfo(zone))
    since, length = (_minutes(f"{local:%H:%M}") - _minutes(start)) % 1440, (_minutes(end) - _minutes(start)) % 1440
    assert quiet(start, end, zone).cover(moment) == (since < length)


@given(CLOCKS, CLOCKS, ZONES, MOMENTS)
def test_what_is_not_quiet_is_quiet_the_other_way_round(start: str, end: str, zone: str, moment: datetime) -> None:
    if start != end:
        assert quiet(start, end, zone).cover(moment) != quiet(end, start, zone).cover(moment)


def test_quiet_hours_that_end_when_they_start_are_refused() -> None:
    same = {"start": "07:00", "end": "07:00", "timeZone": "UTC"}
    with pytest.raises(UnacceptableError) as caught:
        check(UpdateUser, {"settings": {"quietHours": same}})
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [("/settings/quietHours", "empty_span")]


def test_stored_quiet_hours_that_end_when_they_start_are_never() -> None:
    settings = stored(start="07:00", end="07:00", timeZone="UTC")
    assert all(settings.want("push", "normal", at(f"{hour:02}:00")) for hour in range(24))


def test_a_time_zone_that_is_no_longer_known_holds_nothing_back_and_is_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert stored(start="00:00", end="23:59", timeZone="Europe/Atlantis").want("email", "normal", NOW)
    assert [line["event"] for line in lines(capsys.readouterr().out)] == ["unknown time zone"]


@pytest.mark.parametrize(("push", "email", "critical", "is_quiet"), [*product([True, False], repeat=4)])
def test_a_channel_tells_when_it_is_on_and_it_is_not_quiet_or_critical(
    push: bool, email: bool, critical: bool, is_quiet: bool
) -> None:
    hours: dict[str, Any] = {"quiet_hours": quiet("17:00", "19:00")} if is_quiet else {}
    settings = Preferences(channels=Channels(push=push, email=email, realtime=False), **hours)
    told = {channel: settings.want(channel, "critical" if critical else "normal", NOW) for channel in ("push", "email")}
    assert told == {"push": push and (critical or not is_quiet), "email": email and (critical or not is_quiet)}


def test_without_quiet_hours_people_are_told_at_any_time() -> None:
    assert all(Preferences().want("push", "normal", at(f"{hour:02}:00")) for hour in range(24))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)
