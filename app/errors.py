"""Every failure that a caller can be told about.

    ProblemError
    +-- UnparsableError        400  the body is no JSON that we accept
    +-- UnauthenticatedError   401  no access token, or not one of ours
    +-- ForbiddenError         403  the function is not for this caller
    +-- NotFoundError          404  absent, or not the caller's: the two look the same
    +-- ConflictError          409  it exists already
    |   +-- InProgressError    409  the first request with this key is still running
    +-- PreconditionError      412  somebody changed it since it was read
    +-- TooLargeError          413  more bytes than a body or a frame may have
    +-- UnacceptableError      422  JSON, but not what the contract allows
    +-- RateLimitedError       429  the caller has done this too often within a minute
    +-- BugError               500  ours; the log has the trace
    +-- UnavailableError       503  something that we depend on does not answer
        +-- ThrottledError     503  it asks us to slow down

    AwsError                   what AWS answered; whoever called decides what it means, it never reaches a caller
    +-- ConditionFailedError   a conditional write found something else than it asked for
    +-- AbsentError            there is nobody, or nothing, of that name
    +-- ExistsError            that name is taken already
    +-- RefusedError           AWS will never accept this request as it is
    +-- GoneError              the WebSocket connection has ended, or the device takes no more

A ProblemError has an HTTP status, a code that never changes once published, and a sentence for people. Nothing in an
answer repeats what the caller sent or names what is inside.
"""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple


class Fault(NamedTuple):
    """One thing that is wrong with a body."""

    pointer: str  # JSON pointer (RFC 6901) into the body; "" is the whole of it
    code: str
    detail: str


class ProblemError(Exception):
    """A failure that has an answer; raise one of its subclasses."""

    status: ClassVar[int]
    title: ClassVar[str]
    code: str
    detail: str

    def __init__(
        self,
        *,
        code: str | None = None,
        detail: str | None = None,
        faults: tuple[Fault, ...] = (),
        retry_after_s: int | None = None,
    ) -> None:
        self.code = code or type(self).code
        self.detail = detail or type(self).detail
        self.faults = faults
        self.retry_after_s = retry_after_s
        super().__init__(self.code)

    def body(self, request_id: str) -> Mapping[str, object]:
        """Returns the members of an `application/problem+json` answer (RFC 9457)."""
        problem: dict[str, object] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "requestId": request_id,
        }
        if self.faults:
            problem["errors"] = [
                {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail} for fault in self.faults
            ]
        return problem


class UnparsableError(ProblemError):
    status, title = 400, "Bad Request"
    code, detail = "invalid_json", "The body is not valid JSON in UTF-8."


class UnauthenticatedError(ProblemError):
    status, title = 401, "Unauthorized"
    code, detail = "invalid_token", "Send an access token of this site's user pool."


class ForbiddenError(ProblemError):
    status, title = 403, "Forbidden"
    code, detail = "forbidden", "This is not yours to do."


class NotFoundError(ProblemError):
    status, title = 404, "Not Found"
    code, detail = "not_found", "There is no such thing here."


class ConflictError(ProblemError):
    status, title = 409, "Conflict"
    code, detail = "conflict", "It exists already."


class InProgressError(ConflictError):
    code, detail = "in_progress", "A request with this Idempotency-Key is still running; try again."


class PreconditionError(ProblemError):
    status, title = 412, "Precondition Failed"
    code, detail = "precondition_failed", "It has changed since you read it."


class TooLargeError(ProblemError):
    status, title = 413, "Content Too Large"
    code, detail = "too_large", "The body is larger than this route accepts."


class UnacceptableError(ProblemError):
    status, title = 422, "Unprocessable Content"
    code, detail = "validation_failed", "The body is valid JSON, but not what this route accepts."


class RateLimitedError(ProblemError):
    status, title = 429, "Too Many Requests"
    code, detail = "rate_limited", "You have sent too much within a minute; try again."


class BugError(ProblemError):
    status, title = 500, "Internal Server Error"
    code, detail = "internal_error", "The fault is ours."


class UnavailableError(ProblemError):
    status, title = 503, "Service Unavailable"
    code, detail = "unavailable", "A part of the site does not answer; try again."


class ThrottledError(UnavailableError):
    pass


class AwsError(Exception):
    """An answer of AWS that its caller has to decide about."""


class ConditionFailedError(AwsError):
    pass


class AbsentError(AwsError):
    pass


class ExistsError(AwsError):
    def __init__(self, arn: str = "") -> None:
        self.arn = arn  # of what is there, where AWS says it
        super().__init__()


class RefusedError(AwsError):
    pass


class GoneError(AwsError):
    pass
