"""What the border to AWS makes of each way in which a service can fail, and how often it tries."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import aioboto3
import pytest
import pytest_asyncio
from botocore.exceptions import ClientError

from app import errors
from app.aws import Clients, Service, ServiceName
from tests.integration.faults import Behaviour, FaultServer, cut, fault_server, hang, reset, slow
from tests.integration.site import ACCESS_KEY, REGION, SECRET_KEY
from tests.integration.wire import PUBLISHED, cancelled, json_error, json_ok, query_error, queue_error, raw, rest_error

THROTTLED, UNAVAILABLE = errors.ThrottledError, errors.UnavailableError
CONDITION, GONE, REFUSED = errors.ConditionFailedError, errors.GoneError, errors.RefusedError
SENT = json_ok(MessageId="m", MD5OfMessageBody="6f8f57715090da2632453988d9a1501b")
NO_ENDPOINT = "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"
TAKEN = "Invalid parameter: Token Reason: Endpoint arn:e already exists with the same Token, but different attributes."
LONGEST_S = 14.0  # three reads of 2 s, or one of 5 s, and pauses of up to 1 s and 2 s, on a noisy machine


@dataclass(frozen=True, slots=True)
class Case:
    service: ServiceName
    script: tuple[Behaviour, ...]
    raises: type[Exception] | None
    attempts: int


def dynamo(raises: type[Exception] | None, attempts: int, *script: Behaviour) -> Case:
    return Case("dynamodb", script, raises, attempts)


def sns(raises: type[Exception] | None, attempts: int, *script: Behaviour) -> Case:
    return Case("sns", script, raises, attempts)


def sqs(raises: type[Exception] | None, attempts: int, *script: Behaviour) -> Case:
    return Case("sqs", script, raises, attempts)


def post(raises: type[Exception] | None, attempts: int, *script: Behaviour) -> Case:
    return Case("apigatewaymanagementapi", script, raises, attempts)


def ses(raises: type[Exception] | None, attempts: int, *script: Behaviour) -> Case:
    return Case("sesv2", script, raises, attempts)


def cognito(raises: type[Exception] | None, attempts: int, *script: Behaviour) -> Case:
    return Case("cognito-idp", script, raises, attempts)


CASES: Mapping[str, Case] = {
    "dynamodb works": dynamo(None, 1, json_ok()),
    "dynamodb 500": dynamo(UNAVAILABLE, 3, json_error("InternalServerError", 500)),
    "dynamodb 500 without a body": dynamo(UNAVAILABLE, 3, raw(500)),
    "dynamodb 503": dynamo(UNAVAILABLE, 3, json_error("ServiceUnavailable", 503)),
    "dynamodb 500 once": dynamo(None, 2, json_error("InternalServerError", 500), json_ok()),
    "dynamodb 500 twice": dynamo(None, 3, raw(500), raw(503), json_ok()),
    "dynamodb throttling": dynamo(THROTTLED, 3, json_error("ThrottlingException")),
    "dynamodb throttling once": dynamo(None, 2, json_error("ThrottlingException"), json_ok()),
    "dynamodb throughput": dynamo(THROTTLED, 3, json_error("ProvisionedThroughputExceededException")),
    "dynamodb request limit": dynamo(THROTTLED, 3, json_error("RequestLimitExceeded")),
    "dynamodb transaction in progress": dynamo(THROTTLED, 3, json_error("TransactionInProgressException")),
    "dynamodb condition": dynamo(CONDITION, 1, json_error("ConditionalCheckFailedException")),
    "dynamodb cancelled by condition": dynamo(CONDITION, 1, cancelled("None", "ConditionalCheckFailed")),
    "dynamodb cancelled by conflict": dynamo(THROTTLED, 1, cancelled("TransactionConflict", "None")),
    "dynamodb cancelled by throttling": dynamo(THROTTLED, 1, cancelled("None", "ThrottlingError")),
    "dynamodb cancelled by throughput": dynamo(THROTTLED, 1, cancelled("ProvisionedThroughputExceeded")),
    "dynamodb cancelled by both": dynamo(CONDITION, 1, cancelled("ThrottlingError", "ConditionalCheckFailed")),
    "dynamodb cancelled for no reason": dynamo(ClientError, 1, cancelled("None", "None")),
    "dynamodb cancelled by our bug": dynamo(ClientError, 1, cancelled("ValidationError")),
    "dynamodb our bug": dynamo(ClientError, 1, json_error("ValidationException")),
    "dynamodb hangs": dynamo(UNAVAILABLE, 3, hang()),
    "dynamodb hangs once": dynamo(None, 2, hang(), json_ok()),
    "dynamodb slow": dynamo(None, 1, slow(1.0, json_ok())),
    "dynamodb reset": dynamo(UNAVAILABLE, 3, reset()),
    "dynamodb reset once": dynamo(None, 2, reset(), json_ok()),
    "dynamodb refused": dynamo(UNAVAILABLE, 0),
    "dynamodb cut": dynamo(UNAVAILABLE, 3, cut(b'{"Item": {"userId": {"S": "a"}}}')),
    "dynamodb cut once": dynamo(None, 2, cut(b'{"Item": {}}'), json_ok()),
    "dynamodb garbage with 500": dynamo(UNAVAILABLE, 3, raw(500, b"\x00<oops")),
    "dynamodb garbage once": dynamo(None, 2, raw(200, b"\x00<oops", {"x-amz-crc32": "1"}), json_ok()),
    "cognito slow": cognito(None, 1, slow(3.0, json_ok(User={}))),
    "cognito 500": cognito(UNAVAILABLE, 3, json_error("InternalErrorException", 500)),
    "cognito throttling": cognito(THROTTLED, 3, json_error("TooManyRequestsException")),
    "cognito absent": cognito(errors.AbsentError, 1, json_error("UserNotFoundException")),
    "cognito exists": cognito(errors.ExistsError, 1, json_error("UsernameExistsException")),
    "cognito parameter": cognito(REFUSED, 1, json_error("InvalidParameterException")),
    "cognito mail": cognito(UNAVAILABLE, 1, json_error("CodeDeliveryFailureException")),
    "cognito forbids": cognito(ClientError, 1, json_error("NotAuthorizedException")),
    "sns works": sns(None, 1, raw(200, PUBLISHED)),
    "sns 500": sns(UNAVAILABLE, 3, query_error("InternalError", 500)),
    "sns 500 once": sns(None, 2, query_error("InternalError", 500), raw(200, PUBLISHED)),
    "sns 503 without a body": sns(UNAVAILABLE, 3, raw(503)),
    "sns 503 of a proxy": sns(UNAVAILABLE, 3, raw(503, b"upstream connect error")),
    "sns throttled": sns(THROTTLED, 3, query_error("Throttling", 400)),
    "sns throttled by name": sns(THROTTLED, 3, query_error("ThrottledException", 429)),
    "sns parameter": sns(REFUSED, 1, query_error("InvalidParameter", 400)),
    "sns device disabled": sns(GONE, 1, query_error("EndpointDisabled", 400)),
    "sns device gone": sns(errors.AbsentError, 1, query_error("InvalidParameter", 400, NO_ENDPOINT)),
    "sns absent": sns(errors.AbsentError, 1, query_error("NotFound", 404)),
    "sns exists": sns(errors.ExistsError, 1, query_error("InvalidParameter", 400, TAKEN)),
    "sns credentials": sns(UNAVAILABLE, 1, query_error("PlatformApplicationDisabled", 400)),
    "sns garbage": sns(UNAVAILABLE, 3, raw(200, b"\x00<oops")),
    "sns reset": sns(UNAVAILABLE, 3, reset()),
    "sns cut": sns(UNAVAILABLE, 3, cut(PUBLISHED)),
    "sns refused": sns(UNAVAILABLE, 0),
    "sqs works": sqs(None, 1, SENT),
    "sqs 500": sqs(UNAVAILABLE, 3, queue_error("InternalError", 500)),
    "sqs 500 once": sqs(None, 2, queue_error("InternalError", 500), SENT),
    "sqs 503 without a body": sqs(UNAVAILABLE, 3, raw(503)),
    "sqs throttled": sqs(THROTTLED, 3, queue_error("RequestThrottled", 403)),
    "sqs throttled by KMS": sqs(THROTTLED, 1, queue_error("KmsThrottled", 400, "KMS.ThrottlingException")),
    "sqs throttled by KMS by name": sqs(THROTTLED, 1, json_error("KmsThrottled")),
    "sqs without a queue": sqs(
        ClientError, 1, queue_error("QueueDoesNotExist", 400, "AWS.SimpleQueueService.NonExistentQueue")
    ),
    "sqs forbids": sqs(ClientError, 1, json_error("AccessDeniedException")),
    "sqs hangs once": sqs(None, 2, hang(), SENT),
    "sqs reset": sqs(UNAVAILABLE, 3, reset()),
    "sqs refused": sqs(UNAVAILABLE, 0),
    "ses works": ses(None, 1, json_ok(MessageId="m")),
    "ses slow": ses(None, 1, slow(3.0, json_ok(MessageId="m"))),
    "ses 500": ses(UNAVAILABLE, 3, raw(500)),
    "ses throttled": ses(THROTTLED, 3, rest_error("TooManyRequestsException", 429)),
    "ses limit of a day": ses(THROTTLED, 3, rest_error("LimitExceededException", 400)),
    "ses paused": ses(UNAVAILABLE, 1, rest_error("SendingPausedException", 400)),
    "ses address": ses(REFUSED, 1, rest_error("BadRequestException", 400, b'{"message":"Missing final \'@domain\'"}')),
    "ses rejected": ses(REFUSED, 1, rest_error("MessageRejected", 400, b'{"message":"no"}')),
    "ses unverified": ses(UNAVAILABLE, 1, rest_error("MessageRejected", 400, b'{"message":"a@b is not verified"}')),
    "ses forbids": ses(ClientError, 1, rest_error("AccessDeniedException", 403)),
    "ses reset": ses(UNAVAILABLE, 3, reset()),
    "post works": post(None, 1, raw(200)),
    "post 410": post(GONE, 1, rest_error("GoneException", 410)),
    "post 410 without a name": post(GONE, 1, rest_error(None, 410)),
    "post 410 with a body only": post(GONE, 1, rest_error(None, 410, b'{"message":"Gone"}')),
    "post 413": post(REFUSED, 1, rest_error("PayloadTooLargeException", 413, b'{"message":"no"}')),
    "post 413 without a name": post(REFUSED, 1, rest_error(None, 413)),
    "post 403": post(UNAVAILABLE, 1, rest_error("ForbiddenException", 403, b'{"message":"Forbidden"}')),
    "post 403 without a name": post(UNAVAILABLE, 1, rest_error(None, 403, b'{"message":"Forbidden"}')),
    "post 400": post(REFUSED, 1, rest_error("BadRequestException", 400)),
    "post 429": post(THROTTLED, 3, rest_error("LimitExceededException", 429)),
    "post 429 without a name": post(THROTTLED, 1, rest_error(None, 429)),
    "post 429 once": post(None, 2, rest_error("LimitExceededException", 429), raw(200)),
    "post 500": post(UNAVAILABLE, 3, rest_error(None, 500)),
    "post 500 of a proxy": post(UNAVAILABLE, 3, rest_error(None, 502, b"<html>oops</html>")),
    "post reset": post(UNAVAILABLE, 3, reset()),
    "post hangs": post(UNAVAILABLE, 3, hang()),
    "post refused": post(UNAVAILABLE, 0),
}
CALLS: Mapping[ServiceName, tuple[str, str, dict[str, Any]]] = {
    "dynamodb": (
        "TransactWriteItems",
        "transact_write_items",
        {"TransactItems": [{"Delete": {"TableName": "T", "Key": {"userId": {"S": "a"}}}}]},
    ),
    "sqs": ("SendMessage", "send_message", {"QueueUrl": "https://sqs.example.org/1/q", "MessageBody": "m"}),
    "sns": ("Publish", "publish", {"TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": "m"}),
    "sesv2": ("SendEmail", "send_email", {"Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {}}}}),
    "cognito-idp": ("AdminCreateUser", "admin_create_user", {"UserPoolId": "us-east-1_p", "Username": "a"}),
    "apigatewaymanagementapi": ("PostToConnection", "post_to_connection", {"ConnectionId": "Cw=", "Data": b"{}"}),
}
WORKS: Mapping[ServiceName, Behaviour] = {
    "dynamodb": json_ok(),
    "sqs": SENT,
    "sns": raw(200, PUBLISHED),
    "sesv2": json_ok(),
    "cognito-idp": json_ok(),
    "apigatewaymanagementapi": raw(200),
}


@dataclass(frozen=True, slots=True)
class Result:
    raised: Exception | None
    took_s: float
    server: FaultServer
    service: ServiceName

    @property
    def attempts(self) -> int:
        return len(self.server.attempts(CALLS[self.service][0]))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def results() -> AsyncIterator[Mapping[str, Result]]:
    """Runs all cases at once, each with a server and clients of its own: their pauses would be minutes in a row."""
    async with AsyncExitStack() as stack:
        session = aioboto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
        services = {name: await _service(case, stack, session) for name, case in CASES.items()}
        outcomes = await asyncio.gather(*(_call(CASES[name], *services[name]) for name in CASES))
        yield dict(zip(CASES, outcomes, strict=True))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_fault_means_what_the_table_says(name: str, results: Mapping[str, Result]) -> None:
    raised = results[name].raised
    kind = ClientError if isinstance(raised, ClientError) else type(raised) if raised else None
    assert kind is CASES[name].raises, repr(raised)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_fault_is_tried_again_as_often_as_it_makes_sense(name: str, results: Mapping[str, Result]) -> None:
    assert results[name].attempts == CASES[name].attempts


@pytest.mark.asyncio(loop_scope="module")
async def test_no_fault_takes_longer_than_three_time_outs_and_two_pauses(results: Mapping[str, Result]) -> None:
    assert {name: result.took_s for name, result in results.items() if result.took_s > LONGEST_S} == {}


@pytest.mark.asyncio(loop_scope="module")
async def test_an_error_of_ours_repeats_nothing_of_what_the_sdk_says(results: Mapping[str, Result]) -> None:
    ours = [result.raised for result in results.values() if isinstance(result.raised, errors.AwsError | UNAVAILABLE)]
    hidden = {(str(error), error.__suppress_context__ or error.__context__ is None) for error in ours}
    assert hidden <= {("", True), ("unavailable", True)}


async def _service(case: Case, stack: AsyncExitStack, session: aioboto3.Session) -> tuple[Service, FaultServer]:
    """Returns a service whose client has made its first call, the dear one, and a server that is scripted by then."""
    async with AsyncExitStack() as inner:
        server = await inner.enter_async_context(fault_server())
        clients = Clients(f"{server.url}/prod", _session=session)
        stack.push_async_callback(clients.close)
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_ENDPOINT_URL", server.url)
            await clients.get(case.service)
        operation, method, parameters = CALLS[case.service]
        server.script(operation, WORKS[case.service])
        await Service(clients, case.service)(method, **parameters)
        server.script(operation, *case.script)
        server.seen.clear()
        if case.script:
            stack.push_async_callback(inner.pop_all().aclose)
    return Service(clients, case.service), server  # without a script nobody listens any more


async def _call(case: Case, service: Service, server: FaultServer) -> Result:
    started = time.monotonic()
    _, operation, parameters = CALLS[case.service]
    raised: Exception | None = None
    try:
        await service(operation, **parameters)
    except Exception as error:  # noqa: BLE001 - what is raised is the result
        raised = error
    return Result(raised, time.monotonic() - started, server, case.service)
