"""Turns bytes from outside into checked objects, strictly: what is let in here is relied upon everywhere else."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Self, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from app.errors import Fault, TooLargeError, UnacceptableError, UnparsableError

MAX_BODY_BYTES = 128 * 1024  # 16 KiB of content is at most 96 KiB once every character is escaped
MAX_DEPTH = 16

# A string, or the start of one that never ends; possessive, so that hostile input costs no more than other input.
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_SAFE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


STORED: Final = {"stored": True}  # the context in which rows are validated: what was good once stays readable


class Wire(BaseModel):
    """Base of all that callers send: camelCase, no unknown fields, no coercion from another type."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
    )


class Stored(Wire):
    """Base of all that the tables hold."""

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> Self:
        """Reads a row; what a later version has added, at any depth, is passed over."""
        return cls.model_validate(item, extra="ignore", by_alias=True, by_name=False, context=STORED)


WireT = TypeVar("WireT", bound=Wire)


def parse(raw: bytes, *, limit: int = MAX_BODY_BYTES) -> object:
    """Reads JSON, or raises TooLargeError or UnparsableError.

    Refuses what parsers disagree about: invalid UTF-8, a byte order mark, lone surrogates, NaN and infinities,
    duplicate keys, and nesting of more than MAX_DEPTH levels. Size and depth are looked at before parsing.
    """
    if len(raw) > limit:
        raise TooLargeError
    if _depth(raw) > MAX_DEPTH:
        raise UnparsableError(code="json_too_deep", detail=f"The body nests more than {MAX_DEPTH} levels.")
    try:
        orjson.loads(raw)  # strict about UTF-8, surrogates and numbers
        return json.loads(raw, object_pairs_hook=_unique)  # the only reader that shows duplicate keys
    except ValueError:
        raise UnparsableError from None


def check(model: type[WireT], value: object) -> WireT:
    """Builds the model, or raises UnacceptableError that names each fault by its JSON pointer."""
    try:
        return model.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as error:
        faults = tuple(
            _fault(detail) for detail in error.errors(include_url=False, include_context=True, include_input=False)
        )
        raise UnacceptableError(faults=faults) from None


def fault(pointer: str, code: str, detail: str) -> UnacceptableError:
    """Returns the error for one fault that only a look at the data shows."""
    return UnacceptableError(faults=(Fault(pointer, code, detail),))


def _depth(raw: bytes) -> int:
    deepest = depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", raw)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise UnparsableError(code="duplicate_key", detail="An object in the body names a member twice.")
    return members


# pydantic's kind of error -> our stable code; its own text may repeat input, so ours stands in for it.
_CODES: Mapping[str, tuple[str, str]] = {
    "missing": ("required", "This member is required."),
    "extra_forbidden": ("unknown_field", "This member is unknown here."),
    "string_too_short": ("too_short", "This is too short."),
    "string_too_long": ("too_long", "This is too long."),
    "content_too_long": ("too_long", "This is longer than 16 KiB in UTF-8."),
    "too_short": ("too_few", "There are too few of these."),
    "too_long": ("too_many", "There are too many of these."),
    "literal_error": ("not_allowed", "This value is not one of those allowed."),
    "string_pattern_mismatch": ("malformed", "This does not have the form that is asked for."),
    "value_error": ("malformed", "This does not have the form that is asked for."),
}


def _fault(detail: Any) -> Fault:
    kind, place = detail["type"], detail["loc"]
    pointer = "".join(f"/{part}" for part in place if _SAFE_NAME.fullmatch(str(part)))
    if kind in _CODES:
        return Fault(pointer, *_CODES[kind])
    if kind.endswith(("_type", "_parsing")):
        return Fault(pointer, "wrong_type", "This is of the wrong type.")
    # Ours: PydanticCustomError("code", "sentence"), written in this package and free of input.
    return Fault(pointer, kind, detail["msg"])
