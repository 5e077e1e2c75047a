"""Every error that AWS models for what we call has a meaning here, or a reason for having none."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

import app
from app.aws import MEANINGS

SERVICES = ("dynamodb", "sns", "sqs", "sesv2", "cognito-idp", "apigatewaymanagementapi")
PACKAGE = Path(app.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
PAGES = {"query", "scan"}  # DynamoTable._pages takes the operation as an argument

# By status: 5xx and 429 need no entry of their own. By code: its reasons or its text decide.
HANDLED_ELSEWHERE = {
    "TransactionCanceledException": "app.aws._cancelled decides by its reasons",
    "MessageRejected": "app.aws._rejected decides by its text",
}
OUR_BUGS: Mapping[str, str] = {
    "ResourceNotFoundException": "the table or the pool is not deployed",
    "NotFoundException": "we name no configuration set of SES",
    "IdempotentParameterMismatchException": "the SDK makes a token for each call, so two calls never share one",
    "ItemCollectionSizeLimitExceededException": "no table has a local index",
    "AuthorizationError": "the role lacks the action on SNS",
    "NotAuthorizedException": "the role lacks the action on the pool",
    "ParameterValueInvalid": "attributes of the message are two constants",
    "ValidationException": "parameters are made by us",
    "InvalidSecurity": "the endpoint is HTTPS",
    "KMSAccessDenied": "the role lacks the key",
    "KMSDisabled": "somebody switched the key off",
    "KMSInvalidState": "somebody is deleting the key",
    "KMSNotFound": "somebody deleted the key",
    "KMSOptInRequired": "the account lacks KMS",
    "InvalidLambdaResponseException": "the pool has no trigger on this path",
    "UnexpectedLambdaException": "the pool has no trigger on this path",
    "UserLambdaValidationException": "the pool has no trigger on this path",
    "InvalidPasswordException": "we set none",
    "InvalidSmsRoleAccessPolicyException": "we send no SMS",
    "InvalidSmsRoleTrustRelationshipException": "we send no SMS",
    "PreconditionNotMetException": "of import jobs and clients only",
    "UnsupportedUserStateException": "only sending an invitation again can meet it",
    "QueueDoesNotExist": "the queue is not deployed",
    "InvalidAddress": "the queue's URL is none",
    "UnsupportedOperation": "the queue is of the standard kind",
    "InvalidMessageContents": "a job is plain JSON",
    "EmptyBatchRequest": "a batch is never empty",
    "TooManyEntriesInBatchRequest": "a batch has at most ten",
    "BatchEntryIdsNotDistinct": "entries are numbered",
    "InvalidBatchEntryId": "entries are numbered",
    "BatchRequestTooLong": "a job is some hundred bytes",
    "MessageNotInflight": "a message is hidden for six times as long as a worker may take",
    "ReceiptHandleIsInvalid": "SQS itself gave the receipt",
    "KmsAccessDenied": "the queue's key is SQS's own",
    "KmsDisabled": "the queue's key is SQS's own",
    "KmsInvalidKeyUsage": "the queue's key is SQS's own",
    "KmsInvalidState": "the queue's key is SQS's own",
    "KmsNotFound": "the queue's key is SQS's own",
    "KmsOptInRequired": "the queue's key is SQS's own",
}
NOT_MODELLED: Mapping[str, str] = {
    "ThrottledException": "SNS: the name of the shape; its code is Throttled",
    "ThrottlingException": "common to all services",
    "Throttling": "common to the query protocol",
    "TransactionConflictException": "not modelled for every operation that it hits",
    "RequestLimitExceeded": "DynamoDB's account limit; older answers carry no suffix",
    "KMSThrottlingException": "SNS: the name of the shape; its code is KMSThrottling",
    "KMS.ThrottlingException": "SQS: its code for those who ask as the query protocol did, which the SDK does",
    "403": "@connections, without the header that names the error",
    "410": "@connections, without the header that names the error",
    "413": "@connections, without the header that names the error",
}


@cache
def operations() -> set[str]:
    """Returns the names that are the first argument of `call(...)`, wherever in the package that is."""
    return {name for source in SOURCES for name in _called(ast.parse(source.read_text()))} | PAGES


@cache
def modelled() -> Mapping[str, dict[str, int]]:
    """Returns for each operation that we call the codes of its errors, with their statuses."""
    return {name: dict(_errors(model)) for name, model in _models() if name in operations()}


def _called(tree: ast.AST) -> Iterator[str]:
    for argument in _first_arguments(tree):
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value


def _dynamic(source: Path) -> Iterator[str]:
    for argument in _first_arguments(ast.parse(source.read_text())):
        if not isinstance(argument, ast.Constant):
            yield f"{source.relative_to(PACKAGE)}: {ast.unparse(argument)}"


def _first_arguments(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and re.search(r"(^|\.)call$", ast.unparse(node.func)):
            yield node.args[0]


def _models() -> Iterator[tuple[str, Any]]:
    session = botocore.session.Session()
    for service in SERVICES:
        model = session.get_service_model(service)
        for name in model.operation_names:
            yield xform_name(name), model.operation_model(name)


def _errors(operation: Any) -> Iterator[tuple[str, int]]:
    for shape in operation.error_shapes:
        status = 500 if shape._shape_model.get("fault") else 400  # the one trait that botocore keeps to itself
        yield shape.error_code, shape.metadata.get("error", {}).get("httpStatusCode", status)


def test_the_operations_of_the_package_are_found_in_its_source() -> None:
    found = operations()
    assert found >= {"get_item", "transact_write_items", "post_to_connection", "publish", "admin_create_user"}
    assert set(modelled()) == found, "called, and unknown to all of our services"


def test_nothing_is_called_by_a_name_that_only_shows_at_run_time() -> None:
    dynamic = [place for source in SOURCES for place in _dynamic(source)]
    assert dynamic == ["stores/dynamo.py: operation"]


@pytest.mark.parametrize("operation", sorted(operations()))
def test_every_error_of_an_operation_has_a_meaning_or_is_a_bug_of_ours(operation: str) -> None:
    errors = modelled()[operation]
    known = MEANINGS.keys() | HANDLED_ELSEWHERE.keys() | OUR_BUGS.keys()
    unknown = {code for code, status in errors.items() if code not in known and status < 500 and status != 429}
    assert unknown == set()


def test_no_meaning_is_given_to_what_no_operation_can_answer() -> None:
    possible = {code for errors in modelled().values() for code in errors}
    assert MEANINGS.keys() - possible - NOT_MODELLED.keys() == set()


def test_no_reason_is_given_for_what_has_none_to_need() -> None:
    possible = {code for errors in modelled().values() for code in errors}
    assert (OUR_BUGS.keys() | HANDLED_ELSEWHERE.keys()) - possible == set()
    assert MEANINGS.keys() & (OUR_BUGS.keys() | HANDLED_ELSEWHERE.keys()) == set()
    assert NOT_MODELLED.keys() <= MEANINGS.keys()
