from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from app.aws import Clients
from app.models.ids import UserId
from tests.inbox.hooks import HookedApp, Step
from tests.inbox.stage import Site, Stage, opened


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with opened(tmp_path_factory.mktemp("inbox")) as stage:
        yield stage


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def clients(stage: Stage) -> AsyncIterator[Clients]:
    """The SDK's clients take longer to make than most tests."""
    clients = stage.clients()
    yield clients
    await clients.close()


@pytest.fixture
def steps() -> dict[str, Step]:
    """What the app's calls go through, by operation."""
    return {}


@pytest.fixture
def site(stage: Stage, clients: Clients, steps: dict[str, Step]) -> Site:
    return stage.site(clients, HookedApp, steps=steps)


@pytest.fixture
def ann(site: Site) -> UserId:
    return site.join("ann")


@pytest.fixture
def bob(site: Site, ann: UserId) -> UserId:
    """He came an hour ago, like Ann: what everyone is told in the moment that somebody comes counts as read."""
    bob = site.join("bob")
    site.clock.advance(hours=1)
    assert ann
    return bob
