"""People who are there for all invocations of a case; each town has its own."""

from functools import cache
from typing import Any

from app.models.ids import UserId
from tests.sizing.town import Town

CROWD = 2_000  # connections of people who are there and do nothing: a segment has a quarter of them
MOST_AT_ONCE = 49  # recipients of a message that is sent at once


@cache
def me(town: Town) -> UserId:
    return town.person()


@cache
def reader(town: Town) -> UserId:
    """Has a hundred messages."""
    who = town.person()
    town.inbox(who, 100)
    return who


@cache
def reader_of_ten(town: Town) -> UserId:
    who = town.person()
    town.inbox(who, 10)
    return who


@cache
def reader_of_one(town: Town) -> UserId:
    return town.person()


@cache
def listener(town: Town) -> UserId:
    return town.person(connected=True)


@cache
def room(town: Town) -> tuple[UserId, ...]:
    return tuple(town.people(MOST_AT_ONCE, connected=True))


@cache
def sent(town: Town) -> str:
    return town.sent(me(town), [listener(town)])


@cache
def owner(town: Town) -> UserId:
    who = town.person()
    town.device(who)
    return who


@cache
def waiting(_: Town) -> list[dict[str, Any]]:
    """Jobs of an announcement, one for each segment."""
    return []


@cache
def crowd(town: Town) -> None:
    town.people(CROWD, connected=True)


@cache
def recipients(town: Town, count: int, *, connected: bool, devices: bool) -> tuple[UserId, ...]:
    found = town.people(count, connected=connected)
    for each in found if devices else ():
        town.device(each)
    return tuple(found)
