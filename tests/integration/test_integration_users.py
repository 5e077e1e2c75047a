import pytest

from app.application import App
from app.catalogue import USERS
from app.errors import ConditionFailedError, ConflictError, NotFoundError
from app.models.ids import UserId
from app.models.users import UpdateUser
from tests.integration.rows import ALICE, BOB, CAROL, QUIET, user
from tests.integration.site import Clock, Site


async def test_a_profile_is_stored_under_the_fixed_names(app: App, site: Site, clock: Clock) -> None:
    await app.users.create(user(ALICE, clock(), QUIET))
    assert site.rows(USERS) == [
        {
            "userId": "alice",
            "email": "alice@example.org",
            "firstName": "Alice",
            "lastName": "Öz",
            "settings": {
                "channels": {"realtime": False, "push": True, "email": True},
                "quietHours": {"start": "22:00", "end": "07:00", "timeZone": "Europe/Berlin"},
            },
            "createdAt": "2026-11-22T12:00:00.000Z",
            "updatedAt": "2026-11-22T12:00:00.000Z",
        }
    ]


async def test_a_profile_is_read_as_it_was_written(app: App, clock: Clock) -> None:
    await app.users.create(user(ALICE, clock(), QUIET))
    assert await app.users.get(ALICE) == user(ALICE, clock(), QUIET)


async def test_nobody_is_not_found(app: App) -> None:
    with pytest.raises(NotFoundError):
        await app.users.get(ALICE)


async def test_a_second_profile_is_a_conflict_and_leaves_the_first(app: App, clock: Clock) -> None:
    await app.users.create(user(ALICE, clock()))
    with pytest.raises(ConflictError) as raised:
        await app.users.create(user(ALICE, clock(), QUIET))
    assert raised.value.code == "user_exists"
    assert await app.users.get(ALICE) == user(ALICE, clock())


async def test_of_many_those_are_found_that_exist_each_once(app: App, clock: Clock) -> None:
    await app.users.create(user(ALICE, clock()))
    await app.users.create(user(BOB, clock()))
    found = await app.users.get_many([BOB, CAROL, ALICE, BOB])
    assert found == {ALICE: user(ALICE, clock()), BOB: user(BOB, clock())}


async def test_a_hundred_profiles_are_found_at_once(app: App, site: Site, clock: Clock) -> None:
    names = [UserId(f"user-{number}") for number in range(100)]
    for name in names:
        site.insert(USERS, **user(name, clock()).to_item())
    assert set(await app.users.get_many(names)) == set(names)


async def test_a_profile_replaces_the_one_that_was_seen(app: App, clock: Clock) -> None:
    seen = user(ALICE, clock())
    await app.users.create(seen)
    new = seen.updated(UpdateUser(first_name="Al"), clock())
    await app.users.replace(seen, new)
    assert (await app.users.get(ALICE)) == new


async def test_a_profile_that_was_overtaken_is_not_replaced(app: App, clock: Clock) -> None:
    seen = user(ALICE, clock())
    await app.users.create(seen)
    faster = seen.updated(UpdateUser(first_name="Al"), clock())
    await app.users.replace(seen, faster)
    with pytest.raises(ConditionFailedError):
        await app.users.replace(seen, seen.updated(UpdateUser(first_name="Too late"), clock()))
    assert await app.users.get(ALICE) == faster


async def test_a_profile_that_was_deleted_does_not_come_back(app: App, site: Site, clock: Clock) -> None:
    seen = user(ALICE, clock())
    with pytest.raises(ConditionFailedError):
        await app.users.replace(seen, seen.updated(UpdateUser(first_name="Ghost"), clock()))
    assert site.rows(USERS) == []


async def test_deleting_a_profile_leaves_the_others_and_can_be_repeated(app: App, site: Site, clock: Clock) -> None:
    await app.users.create(user(ALICE, clock()))
    await app.users.create(user(BOB, clock()))
    await app.users.delete(ALICE)
    await app.users.delete(ALICE)
    assert [row["userId"] for row in site.rows(USERS)] == ["bob"]


async def test_an_attribute_of_a_later_version_is_passed_over(app: App, site: Site, clock: Clock) -> None:
    site.insert(USERS, **user(ALICE, clock()).to_item(), nickname="Al")
    assert await app.users.get(ALICE) == user(ALICE, clock())


async def test_a_setting_of_a_later_version_is_passed_over(app: App, site: Site, clock: Clock) -> None:
    item = user(ALICE, clock()).to_item()
    site.insert(USERS, **{**item, "settings": {**item["settings"], "theme": "dark"}})
    assert await app.users.get(ALICE) == user(ALICE, clock())
