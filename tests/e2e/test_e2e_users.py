"""Profiles, from registration to erasure."""

import asyncio

import aiohttp
import pytest

from tests.e2e.aws import Aws
from tests.e2e.client import Person, Site
from tests.e2e.people import MARK, introduce, sign_up

NAMES = {"firstName": "Carol", "lastName": MARK}
ALL_CHANNELS = {"channels": {"realtime": True, "push": True, "email": True}}


def _guest(name: str) -> str:
    return f"{MARK.lower()}.{name}@example.org"


async def test_who_registered_creates_their_own_profile(site: Site, aws: Aws) -> None:
    carol = sign_up(site, aws)

    answer = await carol.call("POST", "/users", json=NAMES)

    created = answer.json()
    times = {"createdAt": created["createdAt"], "updatedAt": created["createdAt"]}
    assert (answer.status, answer.headers["Location"]) == (201, f"/users/{carol.user_id}")
    assert created == {"userId": carol.user_id, "email": carol.email, **NAMES, "settings": ALL_CHANNELS, **times}
    assert aws.rows("Users", userId=carol.user_id) == [created]


async def test_a_second_profile_is_refused(alice: Person, aws: Aws) -> None:
    answer = await alice.call("POST", "/users", json=NAMES)

    assert (answer.status, answer.problem()["code"]) == (409, "user_exists")
    assert aws.rows("Users", userId=alice.user_id)[0]["firstName"] == "Alice"


async def test_another_address_than_ones_own_is_refused(site: Site, aws: Aws) -> None:
    answer = await sign_up(site, aws).call("POST", "/users", json={**NAMES, "email": _guest("other")})

    assert (answer.status, answer.problem()["errors"][0]["pointer"]) == (422, "/email")
    assert aws.in_pool(_guest("other")) is None


async def test_an_administrator_creates_somebody_in_the_user_pool_too(ada: Person, aws: Aws) -> None:
    email = _guest("invited")

    answer = await ada.call("POST", "/users", json={**NAMES, "email": email})

    pooled = aws.in_pool(email)
    assert pooled is not None
    assert (answer.status, answer.json()["userId"], answer.json()["email"]) == (201, pooled["Username"], email)
    assert pooled["UserStatus"] == "FORCE_CHANGE_PASSWORD"


async def test_whom_an_administrator_creates_is_invited_by_mail(ada: Person, site: Site) -> None:
    email = _guest("mailed")

    await ada.call("POST", "/users", json={**NAMES, "email": email})

    async with site.http.get(f"{site.endpoints.aws}/_ministack/ses/messages") as answer:
        assert email in await answer.text()


async def test_an_administrator_does_not_create_somebody_twice(ada: Person) -> None:
    email = _guest("twice")
    await ada.call("POST", "/users", json={**NAMES, "email": email})

    answer = await ada.call("POST", "/users", json={**NAMES, "email": email})

    assert (answer.status, answer.problem()["code"]) == (409, "user_exists")


async def test_an_administrator_completes_somebody_who_registered(ada: Person, site: Site, aws: Aws) -> None:
    carol = sign_up(site, aws)

    answer = await ada.call("POST", "/users", json={**NAMES, "email": carol.email})

    assert (answer.status, answer.json()["userId"]) == (201, carol.user_id)


async def test_ones_own_profile_is_shown_whole(alice: Person, aws: Aws) -> None:
    answer = await alice.call("GET", f"/users/{alice.user_id}")

    assert (answer.status, [answer.json()]) == (200, aws.rows("Users", userId=alice.user_id))


async def test_others_see_the_public_part(alice: Person, bob: Person) -> None:
    answer = await bob.call("GET", f"/users/{alice.user_id}")

    assert answer.json() == {"userId": alice.user_id, "firstName": "Alice", "lastName": MARK}


async def test_administrators_see_any_profile_whole(alice: Person, ada: Person) -> None:
    answer = await ada.call("GET", f"/users/{alice.user_id}")

    assert answer.json()["email"] == alice.email


async def test_an_absent_profile_is_not_found(alice: Person) -> None:
    answer = await alice.call("GET", f"/users/{MARK}")

    assert (answer.status, answer.problem()["code"]) == (404, "not_found")


async def test_an_id_longer_than_any_key_is_not_found(alice: Person) -> None:
    answer = await alice.call("GET", f"/users/{'x' * 2049}")  # DynamoDB takes keys of 2048 bytes

    assert (answer.status, answer.problem()["code"]) == (404, "not_found")


async def test_an_unchanged_profile_is_not_sent_again(alice: Person) -> None:
    first = await alice.call("GET", f"/users/{alice.user_id}")

    answer = await alice.call("GET", f"/users/{alice.user_id}", headers={"If-None-Match": first.headers["ETag"]})

    assert (answer.status, answer.content, answer.headers["ETag"]) == (304, b"", first.headers["ETag"])


async def test_a_changed_profile_is_sent_again(alice: Person) -> None:
    first = await alice.call("GET", f"/users/{alice.user_id}")
    await alice.call("PUT", f"/users/{alice.user_id}", json={"firstName": "Alicia"})

    answer = await alice.call("GET", f"/users/{alice.user_id}", headers={"If-None-Match": first.headers["ETag"]})

    assert (answer.status, answer.json()["firstName"]) == (200, "Alicia")


async def test_an_update_answers_and_stores_the_new_state(alice: Person, aws: Aws) -> None:
    before = (await alice.call("GET", f"/users/{alice.user_id}")).json()
    night = {"start": "22:00", "end": "07:00", "timeZone": "Europe/Berlin"}
    settings = {"channels": {"realtime": True, "push": False, "email": True}, "quietHours": night}

    answer = await alice.call("PUT", f"/users/{alice.user_id}", json={"settings": settings})

    after = answer.json()
    assert after == {**before, "settings": settings, "updatedAt": after["updatedAt"]}
    assert after["updatedAt"] > before["updatedAt"]
    assert aws.rows("Users", userId=alice.user_id) == [after]


async def test_an_update_of_what_was_seen_passes(alice: Person) -> None:
    seen = await alice.call("GET", f"/users/{alice.user_id}")

    answer = await alice.call(
        "PUT", f"/users/{alice.user_id}", json={"firstName": "Al"}, headers={"If-Match": seen.headers["ETag"]}
    )

    assert (answer.status, answer.headers["ETag"] != seen.headers["ETag"]) == (200, True)


async def test_an_update_of_an_older_state_fails(alice: Person, aws: Aws) -> None:
    seen = await alice.call("GET", f"/users/{alice.user_id}")
    await alice.call("PUT", f"/users/{alice.user_id}", json={"firstName": "Al"})

    answer = await alice.call(
        "PUT", f"/users/{alice.user_id}", json={"firstName": "Ali"}, headers={"If-Match": seen.headers["ETag"]}
    )

    assert (answer.status, answer.problem()["code"]) == (412, "precondition_failed")
    assert aws.rows("Users", userId=alice.user_id)[0]["firstName"] == "Al"


async def test_of_updates_of_one_state_exactly_one_passes(alice: Person) -> None:
    names = [{"firstName": f"Alice {number}"} for number in range(4)]

    for _ in range(4):  # the first time they start one after the other, and hardly meet
        tag = (await alice.call("GET", f"/users/{alice.user_id}")).headers["ETag"]
        updates = (alice.call("PUT", f"/users/{alice.user_id}", json=n, headers={"If-Match": tag}) for n in names)
        assert sorted([answer.status for answer in await asyncio.gather(*updates)]) == [200, 412, 412, 412]


async def test_of_profiles_created_at_once_exactly_one_passes(site: Site, aws: Aws) -> None:
    carol = sign_up(site, aws)

    answers = await asyncio.gather(*(carol.call("POST", "/users", json=NAMES) for _ in range(3)))

    assert sorted(answer.status for answer in answers) == [201, 409, 409]


async def test_changing_somebody_else_looks_like_nobody(alice: Person, bob: Person) -> None:
    theirs = await bob.call("PUT", f"/users/{alice.user_id}", json={"firstName": "Mallory"})
    absent = await bob.call("PUT", "/users/nobody", json={"firstName": "Mallory"})

    assert (theirs.status, absent.status, theirs.problem()) == (404, 404, absent.problem())
    assert (await alice.call("GET", f"/users/{alice.user_id}")).json()["firstName"] == "Alice"


async def test_erasing_somebody_else_looks_like_nobody(alice: Person, bob: Person) -> None:
    theirs, absent = await bob.call("DELETE", f"/users/{alice.user_id}"), await bob.call("DELETE", "/users/nobody")

    assert (theirs.status, absent.status, theirs.problem()) == (404, 404, absent.problem())
    assert (await alice.call("GET", f"/users/{alice.user_id}")).status == 200


async def test_erasing_a_person_ends_their_websockets(alice: Person) -> None:
    sockets = [await alice.connect(), await alice.connect()]

    answer = await alice.call("DELETE", f"/users/{alice.user_id}")

    assert (answer.status, answer.content) == (204, b"")
    assert [await socket.ended() for socket in sockets] == [True, True]


async def test_erasing_a_person_leaves_no_rows_and_no_sign_in(alice: Person, aws: Aws) -> None:
    await alice.connect()
    await alice.call("POST", "/devices", json={"platform": "fcm", "token": "phone-of-the-erased"})
    assert len(aws.rows("Devices", userId=alice.user_id)) == 1
    aws.put("Connections", connectionId=f"ended-{alice.user_id}", userId=alice.user_id, expiresAt=1)

    await alice.call("DELETE", f"/users/{alice.user_id}")

    tables = ("Users", "Connections", "Devices")
    assert [aws.rows(table, userId=alice.user_id) for table in tables] == [[], [], []]
    assert aws.in_pool(alice.email) is None


async def test_an_administrator_erases_anybody(alice: Person, ada: Person, aws: Aws) -> None:
    answer = await ada.call("DELETE", f"/users/{alice.user_id}")

    assert (answer.status, aws.rows("Users", userId=alice.user_id)) == (204, [])


async def test_an_erased_person_is_no_recipient(alice: Person, bob: Person) -> None:
    await bob.call("DELETE", f"/users/{bob.user_id}")

    answer = await alice.send(bob)

    assert (answer.status, answer.problem()["errors"][0]["code"]) == (422, "unknown_recipient")


async def test_an_erased_person_does_not_come_back_by_an_old_token(alice: Person) -> None:
    await alice.call("DELETE", f"/users/{alice.user_id}")

    answer = await alice.call("POST", "/users", json=NAMES)

    assert answer.status == 404


async def test_an_erased_person_opens_no_websocket_with_an_older_ticket(site: Site, aws: Aws) -> None:
    carol = await introduce(site, aws, "Carol")
    ticket = await carol.ticket()
    await carol.call("DELETE", f"/users/{carol.user_id}")

    with pytest.raises(aiohttp.WSServerHandshakeError):
        await site.open(ticket=ticket)
    assert aws.rows("Connections", userId=carol.user_id) == []
