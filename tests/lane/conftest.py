import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import hypothesis
import pytest

from app.aws import Clients, Service
from app.delivery.fast_lane import FastLane
from app.delivery.sdk_lane import SdkLane
from tests.lane.certificates import Pems, certify
from tests.lane.fake_connections import ACCESS_KEY, SECRET_KEY, FakeConnections
from tests.lane.posting import REGION, opened

# A busy machine is no failure, and nothing is left behind in the checkout.
hypothesis.settings.register_profile("lane", deadline=None, database=None)
hypothesis.settings.load_profile("lane")

WINDOW = 8
TURNS = 10  # of the loop, until it has seen that its connections are closed
NEVER_S = 60.0  # a busy machine makes no post slow, so that the window is what it is


@pytest.fixture(scope="session")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Pems:
    return certify(tmp_path_factory.mktemp("pems"))


@pytest.fixture
def server(pems: Pems) -> Iterator[FakeConnections]:
    with FakeConnections(pems) as fake:
        yield fake
    assert fake.forged == []


@pytest.fixture
async def fast(server: FakeConnections, pems: Pems) -> AsyncIterator[FastLane]:
    async with opened(server, pems, window=WINDOW, slow_s=NEVER_S) as lane:
        yield lane


@pytest.fixture(params=["fast", "sdk"])
async def lane(
    request: pytest.FixtureRequest, server: FakeConnections, pems: Pems, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FastLane | SdkLane]:
    """Both lanes, for what they have in common."""
    async with AsyncExitStack() as stack:
        if request.param == "fast":
            yield await stack.enter_async_context(opened(server, pems, window=WINDOW, slow_s=NEVER_S))
            return
        monkeypatch.setenv("AWS_CA_BUNDLE", str(pems.roots))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        clients = Clients(server.url)
        stack.push_async_callback(_close, clients, server)
        yield SdkLane(Service(clients, "apigatewaymanagementapi"), window=WINDOW)


async def _close(clients: Clients, server: FakeConnections) -> None:
    """Ends what the SDK has cancelled as well: its TLS waits for a farewell, which a peer that hangs never says."""
    await clients.close()
    server.hang_up()
    for _ in range(TURNS):
        await asyncio.sleep(0)
