"""Where a service is and who asks it: as the SDK finds both."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.credentials import EnvProvider
from botocore.exceptions import NoRegionError, PartialCredentialsError

from app.aws import Clients
from app.direct.client import DirectClient
from app.direct.services import SERVICES, url
from app.errors import UnavailableError
from app.transport.credentials import Credentials, of_environment
from tests.direct.sdk import session

REGIONAL = sorted(SERVICES.keys() - {"apigatewaymanagementapi"})
REGIONS = sorted(
    region
    for partition in session().get_component("data_loader").load_data("partitions")["partitions"]
    for region in partition["regions"]
    if not region.endswith("-global")
)
ENDPOINT_VARIABLES = [
    {},
    {"AWS_ENDPOINT_URL": "http://localhost:4566"},
    {"AWS_ENDPOINT_URL_DYNAMODB": "http://localhost:1", "AWS_ENDPOINT_URL_SQS": "http://localhost:2/a"},
    {"AWS_ENDPOINT_URL_SNS": "http://localhost:3", "AWS_ENDPOINT_URL": "http://localhost:4566"},
]
KEY_VARIABLES: list[dict[str, str]] = [
    {},
    {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"},
    {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"},
    {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": ""},
    {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SECURITY_TOKEN": "u"},
    {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t", "AWS_SECURITY_TOKEN": "u"},
    {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "s"},
    {"AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"},
]


def endpoint_of_the_sdk(service: str, region: str) -> str:
    client = session().create_client(service, region, aws_access_key_id="k", aws_secret_access_key="s")
    return str(client.meta.endpoint_url)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment in which the SDK finds nothing."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


@pytest.mark.parametrize("service", REGIONAL)
def test_a_service_is_where_botocore_looks_for_it_in_every_region_that_it_knows(service: str) -> None:
    assert {"us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"} <= set(REGIONS)
    assert {region: url(service, region, {}) for region in REGIONS} == {
        region: endpoint_of_the_sdk(service, region) for region in REGIONS
    }


@pytest.mark.parametrize("variables", ENDPOINT_VARIABLES)
@pytest.mark.parametrize("service", REGIONAL)
def test_variables_move_a_service_as_they_move_it_for_the_sdk(
    service: str, variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert url(service, "eu-west-1", variables) == endpoint_of_the_sdk(service, "eu-west-1")


@pytest.mark.parametrize(
    ("variable", "value", "host"),
    [
        ("AWS_USE_FIPS_ENDPOINT", "true", "dynamodb-fips.us-east-1.amazonaws.com"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "True", "dynamodb.us-east-1.api.aws"),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", "dynamodb.us-east-1.amazonaws.com"),
    ],
)
async def test_what_only_the_sdk_knows_where_to_find_is_left_to_it(
    bare: pytest.MonkeyPatch, variable: str, value: str, host: str
) -> None:
    bare.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bare.setenv(variable, value)
    clients = Clients("http://localhost")
    assert (await clients.get("dynamodb")).meta.endpoint_url == f"https://{host}"
    assert isinstance(await clients.get("apigatewaymanagementapi"), DirectClient)
    bare.setenv(variable, "false")
    assert isinstance(await clients.get("sqs"), DirectClient)
    await clients.close()


@pytest.mark.parametrize("variables", KEY_VARIABLES)
def test_lambdas_variables_are_read_as_the_sdk_reads_them(variables: dict[str, str]) -> None:
    theirs = EnvProvider(variables).load()
    expected = theirs and Credentials(*theirs.get_frozen_credentials()[:3])
    assert of_environment(variables) == expected


def test_half_of_a_key_is_the_sdks_to_complain_about() -> None:
    half = {"AWS_ACCESS_KEY_ID": "k"}
    assert of_environment(half) is None
    with pytest.raises(PartialCredentialsError):
        EnvProvider(half).load()


async def test_half_of_a_key_is_nobody(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("AWS_ACCESS_KEY_ID", "k")
    with pytest.raises(UnavailableError):
        await Clients("http://localhost").credentials()


def test_keys_that_expire_are_the_sdks_to_renew() -> None:
    assert of_environment({**KEY_VARIABLES[1], "AWS_CREDENTIAL_EXPIRATION": "2026-11-22T12:00:00Z"}) is None


async def test_other_providers_are_asked_through_the_sdk(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("[default]\naws_access_key_id=f\naws_secret_access_key=g\n")
    bare.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    assert await Clients("http://localhost").credentials() == Credentials("f", "g", None)


async def test_the_environment_goes_before_other_providers(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("[default]\naws_access_key_id=f\naws_secret_access_key=g\n")
    bare.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    bare.setenv("AWS_ACCESS_KEY_ID", "k")
    bare.setenv("AWS_SECRET_ACCESS_KEY", "s")
    clients = Clients("http://localhost")
    assert await clients.credentials() == Credentials("k", "s", None)
    clients.session()
    assert await clients.credentials() == Credentials("k", "s", None)


def test_the_region_is_that_of_the_environment_or_else_the_sdks(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[default]\nregion=sa-east-1\n")
    bare.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    bare.setenv("AWS_REGION", "us-west-1")  # botocore does not look at this one
    assert Clients("http://localhost").region() == "sa-east-1"
    bare.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    assert Clients("http://localhost").region() == "eu-north-1"


async def test_without_a_region_there_is_no_client(bare: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - nothing is set
    with pytest.raises(NoRegionError):
        await Clients("http://localhost").get("dynamodb")
