"""Cursors: where a page of a list ended, as text that a client keeps and hands back unread."""

import base64
import binascii
import hashlib
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, StringConstraints, ValidationError

from app.errors import UnparsableError
from app.models.ids import UserId
from app.models.times import from_iso, iso
from app.models.wire import Wire

DIGEST_BYTES = 16
MAX_CURSOR_CHARS = 512
FIRST = "1970-01-01T00:00:00.000Z"  # before anything was ever sent


def _a_moment(text: str) -> str:
    """Lets pass only what `iso` writes: anybody can make a cursor, and we reckon with its times."""
    if text < FIRST or iso(from_iso(text)) != text:
        raise ValueError
    return text


Moment = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"), AfterValidator(_a_moment)
]
RowId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
ListName: TypeAlias = Literal["inbox", "sent", "notifications", "unread", "sync"]


class Position(Wire):
    """A place in a list that is merged from a person's own rows and from those that everyone shares.

    It names no person. `own` and `shared` are the last rows of the moment `at` that were read already, if any were.
    """

    at: Moment
    own: RowId | None = None
    shared: RowId | None = None
    began: Moment | None = None  # of `sync`: when the first page of this run was read

    def seal(self, name: ListName, owner: UserId) -> str:
        """Returns the cursor; it fits no other list and nobody else's."""
        payload = self.model_dump_json(by_alias=True, exclude_none=True).encode()
        return base64.urlsafe_b64encode(_digest(name, owner, payload) + payload).decode().rstrip("=")


def unseal(cursor: str, name: ListName, owner: UserId) -> Position:
    """Returns the place that a cursor stands for; raises UnparsableError if it is altered, or of another list.

    The digest has no secret: what keeps a cursor from showing somebody else's rows is that it names nobody.
    """
    try:
        if len(cursor) > MAX_CURSOR_CHARS:
            raise ValueError
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        digest, payload = sealed[:DIGEST_BYTES], sealed[DIGEST_BYTES:]
        # Only the one text that `seal` wrote: base64 has several for the same bytes.
        if digest != _digest(name, owner, payload) or base64.urlsafe_b64encode(sealed).decode().rstrip("=") != cursor:
            raise ValueError
        return Position.model_validate_json(payload, by_alias=True, by_name=False)
    except (ValueError, binascii.Error, ValidationError):
        raise UnparsableError(code="invalid_cursor", detail="This is no cursor of this list.") from None


def _digest(name: ListName, owner: UserId, payload: bytes) -> bytes:
    bound = b"%b:%d:%b:%b" % (name.encode(), len(owner.encode()), owner.encode(), payload)
    return hashlib.sha256(bound).digest()[:DIGEST_BYTES]
