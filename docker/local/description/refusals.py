"""Refusals: ours as the errors have them, API Gateway's own, and the responses that both make."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from app.errors import (
    BugError,
    ForbiddenError,
    InProgressError,
    NotFoundError,
    ProblemError,
    RateLimitedError,
    UnauthenticatedError,
    UnavailableError,
)
from description import answers, examples
from description.operations import OPERATIONS, Operation
from description.schemas import Schema, ref

EVERYWHERE = (UnauthenticatedError(), BugError(), UnavailableError())
# API Gateway's `message` by the status of ours: before the function is asked, or when it does not answer.
GATEWAY: Mapping[type[ProblemError], str] = {
    UnauthenticatedError: "Unauthorized",
    ForbiddenError: "Forbidden",
    NotFoundError: "Not Found",  # what is given for an id makes it another path
    RateLimitedError: "Too Many Requests",
    BugError: "Internal Server Error",
    UnavailableError: "Service Unavailable",
}
# `errors[].code` of a problem.
FLAWS = (
    "email_mismatch",
    "empty_span",
    "malformed",
    "not_allowed",
    "one_of_two",
    "out_of_range",
    "required",
    "too_few",
    "too_long",
    "too_many",
    "too_short",
    "unknown_field",
    "unknown_recipient",
    "unknown_time_zone",
    "wrong_type",
)
_TITLES = {kind.status: kind.title.replace(" ", "") for kind in ProblemError.__subclasses__()}
_MESSAGES = {kind.status: message for kind, message in GATEWAY.items()}
_Problems: TypeAlias = Sequence[ProblemError]


def responses(operation: Operation) -> dict[int, dict[str, Any]]:
    """Returns an operation's refusals by status; those that several have are only referred to."""
    return {
        status: {"$ref": f"#/components/responses/{_name(status, problems)}"}
        if _usual(problems)
        else _response(status, problems)
        for status, problems in _by_status(operation).items()
    }


def shared() -> dict[str, dict[str, Any]]:
    """Returns the refusals that are referred to."""
    found = {
        _name(status, problems): _response(status, problems)
        for operation in OPERATIONS.values()
        for status, problems in _by_status(operation).items()
        if _usual(problems)
    }
    return dict(sorted(found.items()))


def codes() -> list[str]:
    """Returns every code that a problem may have."""
    return sorted({problem.code for operation in OPERATIONS.values() for problem in _problems(operation)})


def _problems(operation: Operation) -> Iterable[ProblemError]:
    return (*operation.refusals, *EVERYWHERE)


def _by_status(operation: Operation) -> dict[int, _Problems]:
    statuses = {problem.status for problem in _problems(operation)} | _MESSAGES.keys() - {NotFoundError.status}
    return {
        status: [problem for problem in _problems(operation) if problem.status == status] for status in sorted(statuses)
    }


def _usual(problems: _Problems) -> bool:
    """Whether there is nothing to say of them that is this route's own."""
    return len(problems) < 2 and all(problem.code == type(problem).code for problem in problems)


def _name(status: int, problems: _Problems) -> str:
    return _TITLES[status] if problems else f"Gateway{_TITLES[status]}"


def _response(status: int, problems: _Problems) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if problems:
        content["application/problem+json"] = {
            "schema": _narrowed(status, [problem.code for problem in problems]),
            "examples": {problem.code: {"value": dict(problem.body(examples.REQUEST_ID))} for problem in problems},
        }
    if status in _MESSAGES:
        content["application/json"] = {
            "schema": ref(answers.GatewayMessage),
            "example": {"message": _MESSAGES[status]},
        }
    means = [f"`{problem.code}`: {problem.detail}" for problem in problems] or ["Of API Gateway's own."]
    retry = any(isinstance(problem, InProgressError | RateLimitedError) for problem in problems)
    headers = {"headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}} if retry else {}
    return {"description": " ".join(means), **headers, "content": content}


def _narrowed(status: int, names: Sequence[str]) -> Schema:
    of_status = {"status": {"const": status}, "code": {"enum": list(names)}}
    return {"allOf": [ref(answers.Problem), {"type": "object", "properties": of_status}]}
