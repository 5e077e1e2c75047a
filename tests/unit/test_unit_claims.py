from datetime import timedelta

import pytest

from app.catalogue import DELIVERIES
from app.errors import UnavailableError
from app.models.times import epoch_s
from app.stores.claims import LEASE, Claims
from app.stores.dynamo import DynamoTable
from tests.unit.aws import down
from tests.unit.delivering import MESSAGE, Site
from tests.unit.people import NOW

LATER = NOW + LEASE


@pytest.fixture
def claims(site: Site) -> Claims:
    return Claims(DynamoTable(site.app.service("dynamodb"), DELIVERIES.variable.lower()))


async def test_of_two_who_ask_one_takes_a_claim(claims: Claims) -> None:
    assert await claims.take(MESSAGE, "mail#bob", NOW) == "taken"
    assert await claims.take(MESSAGE, "mail#bob", LATER - timedelta(milliseconds=1)) == "busy"


async def test_claims_of_others_are_not_in_the_way(claims: Claims) -> None:
    await claims.take(MESSAGE, "mail#bob", NOW)
    assert await claims.take(MESSAGE, "mail#ada", NOW) == "taken"


async def test_what_is_done_stays_done(claims: Claims) -> None:
    await claims.take(MESSAGE, "mail#bob", NOW)
    await claims.done(MESSAGE, "mail#bob", NOW)
    assert await claims.take(MESSAGE, "mail#bob", NOW + timedelta(days=29)) == "done"


async def test_a_claim_whose_holder_died_is_taken_after_its_lease(claims: Claims) -> None:
    await claims.take(MESSAGE, "mail#bob", NOW)
    assert await claims.take(MESSAGE, "mail#bob", LATER) == "taken"
    assert await claims.take(MESSAGE, "mail#bob", LATER) == "busy"


async def test_a_claim_that_was_given_back_is_free(claims: Claims) -> None:
    await claims.take(MESSAGE, "mail#bob", NOW)
    await claims.release(MESSAGE, "mail#bob")
    assert await claims.take(MESSAGE, "mail#bob", NOW) == "taken"


async def test_claims_are_kept_as_long_as_their_delivery(site: Site, claims: Claims) -> None:
    await claims.take(MESSAGE, "mail#bob", NOW)
    await claims.done(MESSAGE, "mail#bob", LATER)
    [row] = site.tables.rows(DELIVERIES)
    assert row["expiresAt"] == epoch_s(LATER + timedelta(days=30))


async def test_a_table_that_does_not_answer_gives_no_claim(site: Site, claims: Claims) -> None:
    site.aws.on("put_item", down())
    with pytest.raises(UnavailableError):
        await claims.take(MESSAGE, "mail#bob", NOW)
