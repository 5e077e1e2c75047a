"""One stack for all of these tests, and fresh people for each of them."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from laptop.endpoints import Endpoints
from tests.e2e import stack
from tests.e2e.aws import Aws
from tests.e2e.client import Person, Site
from tests.e2e.people import introduce

_REQUEST_S = 90  # twenty functions that start at once take turns on two processors
# These look at what all the others have left; the second sees what the first did, too.
_LAST = ("test_e2e_grants.py", "test_e2e_logs.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _LAST.index(item.path.name) if item.path.name in _LAST else -1)


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stack of these tests keeps what it writes."""
    return tmp_path_factory.mktemp("laptop")


@pytest.fixture(scope="session")
def endpoints(state: Path) -> Iterator[Endpoints]:
    with stack.running(state) as endpoints:
        yield endpoints


@pytest.fixture(scope="session")
def aws(endpoints: Endpoints) -> Iterator[Aws]:
    clients = Aws.at(endpoints)
    yield clients
    clients.close()


@pytest.fixture(scope="session")
def secrets() -> set[str]:
    """Every token and ticket that these tests were given."""
    return set()


@pytest_asyncio.fixture
async def site(endpoints: Endpoints, secrets: set[str]) -> AsyncIterator[Site]:
    timeout = aiohttp.ClientTimeout(total=_REQUEST_S)
    async with aiohttp.ClientSession(timeout=timeout) as http, AsyncExitStack() as exits:
        yield Site(endpoints, http, exits, secrets)


@pytest_asyncio.fixture
async def alice(site: Site, aws: Aws) -> Person:
    return await introduce(site, aws, "Alice")


@pytest_asyncio.fixture
async def bob(site: Site, aws: Aws) -> Person:
    return await introduce(site, aws, "Bob")


@pytest.fixture
def ada(site: Site) -> Person:
    """The stack's administrator."""
    person = site.endpoints.person("Ada")
    return Person(site, person.userId, person.email, person.accessToken)
