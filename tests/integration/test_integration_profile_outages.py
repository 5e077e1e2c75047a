"""What becomes of profiles, erasures and frames when something that they depend on fails."""

import pytest

from app.application import App
from app.catalogue import CONNECTIONS, USERS
from app.models.times import epoch_s, iso
from tests.integration.events import Client
from tests.integration.faults import FaultServer, forwarded, hang, lost
from tests.integration.site import Clock, Site
from tests.integration.wire import json_error, rest_error

NAMES = {"firstName": "A", "lastName": "L"}


@pytest.fixture
def ann(fragile: App, site: Site, clock: Clock) -> Client:
    """Signed in, without a profile."""
    return Client(fragile, clock, site.person("ann@example.org"))


async def test_a_user_pool_that_is_down_leaves_no_profile(ann: Client, faults: FaultServer, site: Site) -> None:
    faults.script("AdminGetUser", json_error("InternalErrorException", 500))
    assert (await ann.http("CreateUser", NAMES))[0] == 503
    assert site.rows(USERS) == []


async def test_an_invitation_that_is_not_mailed_leaves_no_profile(
    ann: Client, fragile: App, faults: FaultServer, site: Site
) -> None:
    faults.script("AdminCreateUser", json_error("CodeDeliveryFailureException"))
    admin = Client(fragile, ann.clock, ann.sub, admin=True)
    assert (await admin.http("CreateUser", {**NAMES, "email": "ben@example.org"}))[0] == 503
    assert site.rows(USERS) == []


async def test_a_user_pool_that_hangs_is_answered_within_the_time_out(ann: Client, faults: FaultServer) -> None:
    faults.script("AdminGetUser", hang())
    assert (await ann.http("CreateUser", NAMES, remaining_s=2))[0] == 503


async def test_an_erasure_that_the_user_pool_stopped_can_be_repeated(
    ann: Client, faults: FaultServer, site: Site, moto: str
) -> None:
    await ann.http("CreateUser", NAMES)
    faults.script("AdminDeleteUser", json_error("TooManyRequestsException"))
    assert (await ann.http("DeleteUser", path=ann.sub))[0] == 503
    assert len(site.rows(USERS)) == 1
    faults.script("AdminDeleteUser", forwarded(moto))
    assert (await ann.http("DeleteUser", path=ann.sub))[0] == 204


async def test_a_connection_that_cannot_be_closed_does_not_stop_an_erasure(
    ann: Client, faults: FaultServer, site: Site, clock: Clock
) -> None:
    await ann.http("CreateUser", NAMES)
    opened = {"timestamp": iso(clock()), "expiresAt": epoch_s(clock()) + 3600}
    site.insert(CONNECTIONS, connectionId="c1", userId=ann.sub, **opened)
    faults.script("DeleteConnection", rest_error("BadRequestException", 400))
    assert (await ann.http("DeleteUser", path=ann.sub))[0] == 204


async def test_a_profile_whose_answer_was_lost_is_created_all_the_same(
    ann: Client, faults: FaultServer, site: Site, moto: str
) -> None:
    faults.script("PutItem", lost(forwarded(moto)), forwarded(moto))
    status, _, _ = await ann.http("CreateUser", NAMES)
    assert (status, [row["userId"] for row in site.rows(USERS)]) == (201, [ann.sub])


@pytest.mark.parametrize("function", ["GetUser", "UpdateUser", "DeleteUser"])
async def test_a_name_that_the_table_refuses_is_nobody(
    function: str, ann: Client, fragile: App, faults: FaultServer
) -> None:
    """DynamoDB refuses a key of more than 2,048 bytes; moto does so for writes only."""
    faults.script("GetItem", json_error("ValidationException"))
    admin = Client(fragile, ann.clock, ann.sub, admin=True)
    assert (await admin.http(function, {"firstName": "A"}, path="x" * 3000))[0] == 404


async def test_a_ping_that_is_throttled_is_not_answered_with_more_posts(ann: Client, faults: FaultServer) -> None:
    faults.script("PostToConnection", rest_error("LimitExceededException", 429))
    context = {"userId": ann.sub, "tokenExpiresAt": epoch_s(ann.clock()) + 9}
    assert await ann.socket("$default", "c1", context, '{"action":"ping"}') == 503
    assert len(faults.attempts("PostToConnection")) <= 3
