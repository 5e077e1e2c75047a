from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.inbox.stage import Site, Stage, opened


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with opened(tmp_path_factory.mktemp("inbox")) as stage:
        yield stage


@pytest_asyncio.fixture
async def site(stage: Stage) -> AsyncIterator[Site]:
    clients = stage.clients()
    yield stage.site(clients)
    await clients.close()
