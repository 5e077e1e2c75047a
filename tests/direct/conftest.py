from collections.abc import AsyncIterator, Iterator

import pytest

from app.transport.client import HttpClient
from app.transport.endpoint import Endpoint
from tests.lane.certificates import Pems, certify
from tests.lane.fake_connections import FakeConnections

MOST = 4  # connections
ANSWER_S = 5.0  # a noisy machine is no failure


@pytest.fixture(scope="session")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Pems:
    return certify(tmp_path_factory.mktemp("pems"))


@pytest.fixture(params=["TLS", "plain"])
def server(request: pytest.FixtureRequest, pems: Pems, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeConnections]:
    """A server that is trusted, and takes requests without a signature: here it is about how they travel."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(pems.roots))
    with FakeConnections(pems if request.param == "TLS" else None, verify=False) as fake:
        yield fake


@pytest.fixture
async def http(server: FakeConnections) -> AsyncIterator[HttpClient]:
    client = HttpClient(Endpoint.parse(server.url), ANSWER_S, MOST)
    yield client
    await client.close()
    await server.until(lambda: server.counts["open"] == 0)  # nothing was left open, whatever the test did
