from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import aioboto3
import pytest
import pytest_asyncio
from moto.server import ThreadedMotoServer

from app.application import App
from tests.integration.events import Client
from tests.integration.faults import FaultServer, fault_server
from tests.integration.rows import ALICE, BOB
from tests.integration.site import ACCESS_KEY, REGION, SECRET_KEY, Aws, Clock, Site
from tests.integration.worker import Worker


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def aws(moto: str) -> Iterator[Aws]:
    clients = Aws.at(moto)
    yield clients
    clients.close()


@pytest.fixture(scope="session")
def session() -> aioboto3.Session:
    return aioboto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)


@pytest.fixture
def clock() -> Clock:
    """A whole second: expiries are seconds, the rest is milliseconds."""
    return Clock(datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def pool(aws: Aws) -> str:
    return str(aws.cognito.create_user_pool(PoolName="people", UsernameAttributes=["email"])["UserPool"]["Id"])


@pytest.fixture
def site(moto: str, aws: Aws, session: aioboto3.Session, pool: str) -> Site:
    return Site.build(aws, moto, session, pool)


@pytest_asyncio.fixture
async def app(site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    """The app on moto."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", site.url)
    app = site.app(clock)
    yield app
    await app.clients.close()


@pytest_asyncio.fixture
async def faults(moto: str) -> AsyncIterator[FaultServer]:
    async with fault_server(moto) as server:
        yield server


@pytest_asyncio.fixture
async def fragile(site: Site, clock: Clock, faults: FaultServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    """The app on moto, with the fault server in between."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", faults.url)
    app = site.app(clock, faults.url)
    yield app
    await app.clients.close()


@pytest.fixture
def alice(fragile: App, site: Site, clock: Clock) -> Client:
    """Signed in, with a profile; Bob has one too, and two connections."""
    site.settle(clock(), ALICE)
    site.settle(clock(), BOB, "b1", "b2")
    return Client(fragile, clock, "alice")


@pytest.fixture
def worker(fragile: App, site: Site, clock: Clock) -> Worker:
    return Worker(fragile, site, clock)
