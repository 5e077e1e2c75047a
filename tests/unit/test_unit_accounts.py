import asyncio
from typing import Any

import pytest

from app.accounts import confirmation
from app.application import App
from app.catalogue import USERS
from app.errors import BugError, UnavailableError
from app.handlers import users
from app.models.users import CreateUser, User
from tests.unit.aws import down, hang
from tests.unit.delivering import Site
from tests.unit.events import Remaining, lines
from tests.unit.people import BOB, NOW_ISO, person

EMAIL = "bob.baker+site@example.test"
NAMES = {"given_name": "Bob", "family_name": "Baker"}


def signed_up(source: str = "PostConfirmation_ConfirmSignUp", **attributes: str) -> dict[str, Any]:
    """Returns an event as Cognito sends it."""
    known = {"sub": BOB, "email": EMAIL, "email_verified": "true", "cognito:user_status": "CONFIRMED"}
    return {
        "version": "1",
        "triggerSource": source,
        "userPoolId": "eu-central-1_AbCdEf123",
        "userName": BOB,
        "request": {"userAttributes": {**known, **attributes}},
        "response": {},
    }


async def confirm(site: Site, event: Any, ms: int = 5_000) -> Any:
    return await users.confirm.answer(lambda: site.app, event, Remaining(ms))


def profiles(site: Site) -> list[User]:
    return [User.from_item(row) for row in site.tables.rows(USERS) if row["userId"] == BOB]


async def test_whoever_signs_up_has_a_profile(site: Site) -> None:
    await confirm(site, signed_up(**NAMES))
    (profile,) = profiles(site)
    assert profile.to_item() == {
        "userId": BOB,
        "email": EMAIL,
        "firstName": "Bob",
        "lastName": "Baker",
        "settings": {"channels": {"realtime": True, "push": True, "email": True}},
        "createdAt": NOW_ISO,
        "updatedAt": NOW_ISO,
    }


async def test_the_pool_gets_its_event_back(site: Site) -> None:
    event = signed_up()
    assert await confirm(site, event) == event


async def test_nobodys_address_becomes_a_name(site: Site) -> None:
    await confirm(site, signed_up())
    (profile,) = profiles(site)
    assert (profile.first_name, profile.last_name) == ("New", "member")


@pytest.mark.parametrize(
    ("attributes", "names"),
    [
        ({"given_name": "Bob"}, ("Bob", "member")),
        ({"family_name": "Baker"}, ("New", "Baker")),
        ({"given_name": " Bob ", "family_name": "\t"}, ("Bob", "member")),
        ({"given_name": "a" * 101, "family_name": "B\nBcc: x"}, ("New", "member")),
    ],
)
def test_a_name_that_can_be_none_is_left_out(attributes: dict[str, str], names: tuple[str, str]) -> None:
    profile = CreateUser.of_account(attributes)
    assert (profile.first_name, profile.last_name) == names


async def test_a_profile_that_is_there_stays_as_it_is(site: Site) -> None:
    row = person(BOB, "Robert")
    site.tables.plant(USERS, row)
    event = signed_up(**NAMES)
    assert await confirm(site, event) == event
    assert [profile.to_item() for profile in profiles(site)] == [row]


async def test_cognito_may_call_again(site: Site) -> None:
    for _ in range(3):
        await confirm(site, signed_up(**NAMES))
        site.clock.advance(seconds=5)
    assert [profile.created_at for profile in profiles(site)] == [NOW_ISO]


@pytest.mark.parametrize("source", ["PostConfirmation_ConfirmForgotPassword", "PreSignUp_SignUp", ""])
async def test_nothing_is_done_for_anything_else(site: Site, source: str) -> None:
    event = signed_up(source)
    assert await confirm(site, event) == event
    assert site.aws.calls == []


@pytest.mark.parametrize("nonsense", [{}, [], None, "text", {"triggerSource": 5}, {"request": "x"}], ids=repr)
async def test_what_makes_no_sense_is_given_back(site: Site, nonsense: Any) -> None:
    assert await confirm(site, nonsense) == nonsense
    assert site.aws.calls == []


async def test_a_table_that_does_not_answer_has_cognito_call_again(site: Site) -> None:
    site.aws.on("put_item", down())
    with pytest.raises(UnavailableError):
        await confirm(site, signed_up())


async def test_an_answer_comes_while_cognito_still_waits(site: Site) -> None:
    site.aws.on("put_item", hang)
    with pytest.raises(UnavailableError):
        await asyncio.wait_for(confirm(site, signed_up(), ms=520), 2)


@pytest.mark.parametrize("attributes", [{"email": "no address"}, {"email": ""}])
async def test_an_account_that_can_have_no_profile_is_a_bug_that_tells_nothing(
    site: Site, capsys: pytest.CaptureFixture[str], attributes: dict[str, str]
) -> None:
    with pytest.raises(BugError, match=r"^internal_error$"):
        await confirm(site, signed_up(**attributes))
    assert [line["event"] for line in lines(capsys.readouterr().out)] == ["bug"]


async def test_missing_attributes_are_a_bug(site: Site) -> None:
    event = signed_up()
    del event["request"]["userAttributes"]["sub"]
    with pytest.raises(BugError):
        await confirm(site, event)


async def test_the_log_names_nobody(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    await confirm(site, signed_up(**NAMES))
    out = capsys.readouterr().out
    assert lines(out)[-1]["userId"] == BOB
    assert not [each for each in ("@", "Baker", "baker") if each in out]


async def test_what_our_errors_say_reaches_cognito_unchanged(app: App) -> None:
    async def busy(_: App, __: Any) -> None:
        raise UnavailableError

    with pytest.raises(UnavailableError, match=r"^unavailable$"):
        await confirmation(busy).answer(lambda: app, signed_up(), Remaining())
