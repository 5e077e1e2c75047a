import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Self

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError

from app import errors
from app.aws import MEANINGS, Clients, Service
from app.stores.dynamo import DynamoTable, decode, encode
from tests.unit.aws import Aws, Doubles, cancelled, refusal


async def meaning(error: Exception) -> type[BaseException]:
    """Returns what becomes of an error of the SDK."""
    aws = Aws()
    aws.on("get_item", error)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is what the test asks
        await Service(Doubles(aws), "dynamodb")("get_item", Key="k")
    assert "secret" not in str(caught.value) or caught.value is error
    return type(caught.value)


@pytest.mark.parametrize("code", MEANINGS)
async def test_an_error_with_a_name_has_its_meaning(code: str) -> None:
    assert await meaning(refusal(code, text="secret")) is MEANINGS[code]


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("410", 410, errors.GoneError),
        ("429", 429, errors.ThrottledError),
        ("Throttled", 429, errors.ThrottledError),
        ("500", 500, errors.UnavailableError),
        ("InternalServerError", 500, errors.UnavailableError),
        ("ServiceUnavailable", 503, errors.UnavailableError),
    ],
)
async def test_an_error_without_a_name_has_the_meaning_of_its_status(
    code: str, status: int, kind: type[Exception]
) -> None:
    assert await meaning(refusal(code, status)) is kind


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
async def test_what_has_no_meaning_is_a_bug_and_stays_what_it_is(code: str) -> None:
    assert await meaning(refusal(code)) is ClientError


@pytest.mark.parametrize(
    ("reasons", "kind"),
    [
        (["ConditionalCheckFailed", "None"], errors.ConditionFailedError),
        (["None", "TransactionConflict"], errors.ThrottledError),
        (["ThrottlingError", "ConditionalCheckFailed"], errors.ConditionFailedError),
        (["None", "ThrottlingError"], errors.ThrottledError),
        (["ProvisionedThroughputExceeded"], errors.ThrottledError),
        (["ValidationError"], ClientError),
        ([], ClientError),
    ],
)
async def test_a_cancelled_transaction_means_what_its_reasons_say(reasons: list[str], kind: type[Exception]) -> None:
    assert await meaning(cancelled(*reasons)) is kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "Email address is not verified. The following identities failed the check in region EU-WEST-1: secret@e",
            errors.UnavailableError,
        ),
        ("Message length is more than 41943040 bytes long: secret", errors.RefusedError),
        ("Transaction failed: secret contains a virus", errors.RefusedError),
        ("", errors.RefusedError),
    ],
)
async def test_a_rejected_mail_is_refused_for_good_unless_somebody_is_not_verified_yet(
    text: str, kind: type[Exception]
) -> None:
    assert await meaning(refusal("MessageRejected", text=text)) is kind


ENDPOINT = "arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/phones/2f7b"
TAKEN = f"Invalid parameter: Token Reason: Endpoint {ENDPOINT} already exists with the same Token, but different"
NO_ENDPOINT = "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TAKEN, errors.ExistsError),
        (NO_ENDPOINT, errors.AbsentError),
        ("Invalid parameter: Message too long", errors.RefusedError),
        ("Invalid parameter: TargetArn Reason: An ARN must have at least 6 elements", errors.RefusedError),
    ],
)
async def test_what_sns_takes_for_an_invalid_parameter_is_told_by_its_text(text: str, kind: type[Exception]) -> None:
    assert await meaning(refusal("InvalidParameter", text=text)) is kind


async def test_no_other_error_is_told_by_its_text() -> None:
    assert await meaning(refusal("ValidationException", text=TAKEN)) is ClientError


async def test_that_a_token_is_taken_says_by_which_endpoint() -> None:
    aws = Aws()
    aws.on("create_platform_endpoint", refusal("InvalidParameter", text=TAKEN))
    with pytest.raises(errors.ExistsError) as caught:
        await Service(Doubles(aws), "sns")("create_platform_endpoint")
    assert caught.value.arn == ENDPOINT
    assert caught.value.__suppress_context__


def broken_connections() -> list[Exception]:
    """Returns one of each way in which the SDK says that nobody answered."""
    details: dict[str, Any] = {"endpoint_url": "https://e", "error": "secret", "proxy_url": "p", "request": None}
    return [
        exceptions.ConnectTimeoutError(**details),
        exceptions.ReadTimeoutError(**details),
        exceptions.ConnectionClosedError(**details),
        exceptions.EndpointConnectionError(**details),
        exceptions.SSLError(**details),
        exceptions.ProxyConnectionError(**details),
        exceptions.HTTPClientError(**details),
    ]


@pytest.mark.parametrize("error", broken_connections(), ids=lambda error: type(error).__name__)
async def test_a_service_that_does_not_answer_is_unavailable(error: Exception) -> None:
    assert issubclass(await meaning(error), errors.UnavailableError)


@pytest.mark.parametrize(
    "error", [errors.ConditionFailedError, errors.ThrottledError], ids=lambda error: error.__name__
)
async def test_an_error_of_ours_hides_the_sdks_text(error: type[Exception]) -> None:
    aws = Aws()
    code = next(name for name, kind in MEANINGS.items() if kind is error)
    aws.on("get_item", refusal(code, text="secret"))
    with pytest.raises(error) as caught:
        await Service(Doubles(aws), "dynamodb")("get_item")
    assert caught.value.__suppress_context__


@dataclass
class SlowDoors(Clients):
    """Clients that take a turn of the loop to open, and count how often they are opened."""

    opened: list[str] = field(default_factory=list)

    def _make(self, name: str) -> Any:
        return _Door(self.opened, name)


class _Door(AsyncExitStack):
    def __init__(self, opened: list[str], name: str) -> None:
        super().__init__()
        self.opened, self.name = opened, name

    async def __aenter__(self) -> Self:
        self.opened.append(self.name)
        await asyncio.sleep(0)
        return self


async def test_each_client_is_opened_once_however_many_ask_first() -> None:
    clients = SlowDoors("https://example.test")
    got = await asyncio.gather(*(clients.get("sesv2") for _ in range(20)), clients.get("cognito-idp"))
    assert sorted(clients.opened) == ["cognito-idp", "sesv2"]
    assert len(set(map(id, got[:20]))) == 1


async def test_closed_clients_are_opened_anew() -> None:
    clients = SlowDoors("https://example.test")
    await clients.get("sesv2")
    await clients.close()
    await clients.get("sesv2")
    assert clients.opened == ["sesv2", "sesv2"]


def test_an_item_survives_dynamodbs_notation() -> None:
    item = {"text": "ż", "number": 5, "flag": True, "empty": "", "map": {"list": ["a"], "none": None}}
    assert decode(encode(item)) == item


def test_numbers_come_back_whole() -> None:
    assert type(decode(encode({"n": 5}))["n"]) is int


async def test_names_are_replaced_where_an_expression_asks_for_it() -> None:
    aws = Aws()
    await DynamoTable(aws, "t").put({"a": 1}, "#timestamp < :young", young="x")
    (call,) = aws.named("put_item")
    assert call["ExpressionAttributeNames"] == {"#timestamp": "timestamp"}
    assert call["ExpressionAttributeValues"] == {":young": {"S": "x"}}


async def test_what_an_expression_does_not_need_is_left_out() -> None:
    aws = Aws()
    await DynamoTable(aws, "t").put({"a": 1}, "attribute_not_exists(a)")
    assert set(aws.named("put_item")[0]) == {"TableName", "Item", "ConditionExpression"}


async def test_a_name_at_the_end_of_a_change_is_not_glued_to_the_condition() -> None:
    aws = Aws()
    aws.on("update_item", {"Attributes": {}})
    await DynamoTable(aws, "t").update({"a": "k"}, "REMOVE #state", "attribute_exists(a)")
    assert aws.named("update_item")[0]["ExpressionAttributeNames"] == {"#state": "state"}
