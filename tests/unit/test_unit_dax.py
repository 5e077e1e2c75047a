"""The users cache with AWS's own client: what it answers, and that nothing it does keeps anybody waiting."""

import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.application import App
from app.cache import FIRST_S, CacheFirst
from app.channels.dax import Dax
from app.errors import NotFoundError
from app.handlers import users
from app.models.ids import UserId
from app.models.users import User
from app.settings import Settings
from app.stores.dynamo import DynamoTable, encode
from app.stores.users import Users
from tests.lane.certificates import certify
from tests.unit.aws import Aws, Doubles, held
from tests.unit.events import Answer, ask, claims, http_event
from tests.unit.fake_dax import FakeDax
from tests.unit.people import ADA, BOB, person

# The client's own use of what Python 3.12 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*utc.*:DeprecationWarning:amazondax")
CACHED = encode({name: value for name, value in person(BOB, "Cached").items() if name != "userId"})
SLACK_S = 1.0  # a busy machine


@pytest.fixture(autouse=True)
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.fixture
def cluster() -> Iterator[FakeDax]:
    with closing(FakeDax({BOB: CACHED})) as cluster:
        yield cluster


@contextmanager
def patient(aws: Aws, endpoint: str) -> Iterator[Users]:
    """The table Users behind the cache, with all the patience that a busy machine needs."""
    with closing(Dax(endpoint)) as dax:
        yield Users(DynamoTable(CacheFirst(aws, dax, first_s=10, answer_s=10), "Users"))


async def test_the_client_finds_an_item_with_all_its_attributes(cluster: FakeDax, aws: Aws) -> None:
    with patient(aws, cluster.endpoint) as people:
        assert await people.get(UserId(BOB)) == User.from_item(person(BOB, "Cached"))
    assert cluster.asked == [(BOB, False)]
    assert aws.calls == []


async def test_the_client_finds_nothing_and_the_table_is_asked(cluster: FakeDax, aws: Aws) -> None:
    with patient(aws, cluster.endpoint) as people, pytest.raises(NotFoundError):
        await people.get(UserId(ADA))
    assert cluster.asked == [(ADA, False)]
    assert aws.operations() == ["get_item"]


async def test_a_connection_that_was_closed_meanwhile_is_made_anew(cluster: FakeDax, aws: Aws) -> None:
    with patient(aws, cluster.endpoint) as people:
        for _ in range(3):
            await people.get(UserId(BOB))
            cluster.hang_up()
    assert [key for key, _ in cluster.asked] == [BOB] * 3
    assert aws.calls == []


@pytest.mark.parametrize(("trusted", "asks_the_table"), [(True, []), (False, ["get_item"])])
async def test_the_certificate_of_the_cluster_is_checked(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool, asks_the_table: list[str]
) -> None:
    aws.on("get_item", held(person(BOB)))
    pems = certify(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pems.chain, pems.key)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(pems.roots))
    with closing(FakeDax({BOB: CACHED}, tls)) as cluster, patient(aws, cluster.endpoint) as people:
        assert cluster.endpoint.startswith("daxs://")
        await people.get(UserId(BOB))
    assert aws.operations() == asks_the_table


@contextmanager
def closed() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield f"dax://127.0.0.1:{port}"


@contextmanager
def silent(scheme: str) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def babbling(scheme: str) -> Iterator[str]:
    def answer(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            connection.sendall(os.urandom(64))
            connection.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


@contextmanager
def nonsense(endpoint: str) -> Iterator[str]:
    yield endpoint


AWAY = {
    "nobody listens": closed(),
    "it says nothing": silent("dax"),
    "no TLS comes about": silent("daxs"),
    "it says something else": babbling("dax"),
    "it does not speak TLS": babbling("daxs"),
    "there is no such name": nonsense("daxs://nowhere.invalid"),
    "it is no endpoint": nonsense("https://localhost"),
}


@pytest.mark.parametrize("what", AWAY)
async def test_without_the_cache_the_table_answers_in_time(
    app: App, aws: Aws, settings: Settings, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.on("get_item", held(person(BOB, "Table")))
    with AWAY[what] as endpoint:
        made = App(replace(settings, users_cache=endpoint), app.clients)
        began = time.perf_counter()
        answer = await look(made, BOB)
        assert time.perf_counter() - began < FIRST_S + SLACK_S
    assert answer.body == {"userId": BOB, "firstName": "Table", "lastName": "Lovelace"}
    assert "cache away" in capsys.readouterr().out


async def look(app: App, user_id: str, *, admin: bool = False) -> Answer:
    return await ask(users.get, app, http_event(path={"userId": user_id}, caller=claims(admin=admin)))


@pytest.mark.parametrize(("user_id", "admin"), [(ADA, False), (BOB, True)])
async def test_the_owner_and_admins_see_what_holds_now(
    cluster: FakeDax, aws: Aws, settings: Settings, user_id: str, admin: bool
) -> None:
    aws.on("get_item", held(person(user_id)))
    made = App(replace(settings, users_cache=cluster.endpoint), Doubles(aws))
    assert (await look(made, user_id, admin=admin)).body == person(user_id)
    assert [call["ConsistentRead"] for call in aws.named("get_item")] == [True]
    assert cluster.asked == []


def test_without_a_cache_there_is_one_way_to_the_table(app: App) -> None:
    assert app.shown_users is app.users


def test_the_client_is_imported_only_when_a_cache_is_asked() -> None:
    code = [path.read_text() for path in Path(users.__file__).parents[1].rglob("*.py")]
    imports = [line for text in code for line in text.splitlines() if re.match(r"\s*(from|import) amazondax", line)]
    assert [line[:8] for line in imports] == [8 * " "]  # app.start names it for where there is a cache
