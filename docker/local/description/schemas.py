"""Makes JSON Schemas of the models: as pydantic does, and with what validators in code ask for besides."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from app.models.messages import MAX_CONTENT_BYTES
from app.models.queries import MAX_LIMIT

Schema: TypeAlias = dict[str, Any]
REF = "#/components/schemas/{model}"

# Spelled out: the regular expressions of ECMAScript, Python and Rust disagree about what is white space.
_WHITE = r"\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CONTROL = r"\u0000-\u001f\u007f-\u009f"
_NO_WHITE = r"\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # and none of the above
_CLASSES = {r"\s": _WHITE, r"\p{Cc}": _CONTROL, r"\p{Zl}": r"\u2028", r"\p{Zp}": r"\u2029"}
_ONE_LINE = r"^[^\p{Cc}\p{Zl}\p{Zp}]*$"


class _Exact(GenerateJsonSchema):
    """Says of text what is true of it as it is sent: what is trimmed first may have white space around it."""

    def str_schema(self, schema: core_schema.StringSchema) -> Schema:
        pattern = str(schema.get("pattern") or "")
        if schema.get("strip_whitespace"):
            return _trimmed(pattern, schema["min_length"], schema["max_length"])
        for short, long in _CLASSES.items():
            pattern = pattern.replace(short, long)
        return super().str_schema(schema) | ({"pattern": pattern} if pattern else {})

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - a field is called by its name
        return False


def of_models(models: Iterable[type[BaseModel]]) -> dict[str, Schema]:
    """Returns the schemas of these models and of all that is in them, by name."""
    _, made = models_json_schema([(model, "validation") for model in models], ref_template=REF, schema_generator=_Exact)
    schemas = {name: _without_null_defaults(schema) for name, schema in made["$defs"].items()}
    for name in schemas.keys() & _REFINED.keys():
        _refine(schemas[name], _REFINED[name])
    return dict(sorted(schemas.items()))


def ref(model: type[BaseModel]) -> Schema:
    return {"$ref": REF.format(model=model.__name__)}


def _trimmed(pattern: str, least: int, most: int) -> Schema:
    """Describes one line of text of which at least one and at most `most` characters are left once it is trimmed."""
    if (pattern, least) != (_ONE_LINE, 1):
        raise ValueError(f"What is trimmed is one line here, of at least one character; not {pattern}")
    inner, edge = rf"[^{_CONTROL}\u2028\u2029]", f"[^{_NO_WHITE}]"
    return {
        "type": "string",
        "pattern": f"^[{_WHITE}]*{edge}(?:{inner}{{0,{most - 2}}}{edge})?[{_WHITE}]*$",
        "description": f"One line of 1 to {most} characters; white space around it is taken away.",
    }


def _without_null_defaults(value: Any) -> Any:
    """Leaves out `default: null`: what is not sent is nothing."""
    if isinstance(value, dict):
        return {
            name: _without_null_defaults(each)
            for name, each in value.items()
            if not (name == "default" and each is None)
        }
    return [_without_null_defaults(each) for each in value] if isinstance(value, list) else value


def _refine(schema: Schema, refined: Mapping[str, Schema]) -> None:
    """Adds to a schema ("") and to its properties; what is None is taken away."""
    for name, more in refined.items():
        target = schema["properties"][name] if name else schema
        target |= more
        for gone in [key for key, value in target.items() if value is None]:
            del target[gone]


_ABSENT: Schema = {"type": "null"}
_LIMIT: Schema = {"minimum": 1, "maximum": MAX_LIMIT}
_NO_DEFAULT: Schema = {"default": None}
# What validators written in Python ask for, model by model. A test holds models and schemas against each other.
_REFINED: Mapping[str, Mapping[str, Schema]] = {
    "ListMessages": {"limit": _LIMIT},
    "ListNotifications": {"limit": _LIMIT},
    "QuietHours": {"timeZone": {"description": "A time zone of the IANA list.", "examples": ["Europe/Berlin"]}},
    "ReadUpTo": {"upTo": {"description": "With its offset from UTC; now, if it is left out."}},
    "RegisterDevice": {
        "": {
            "if": {"properties": {"platform": {"const": "apns"}}},
            "then": {"properties": {"token": {"pattern": "^[0-9a-fA-F]{64,200}$"}}},
        }
    },
    "SendMessage": {
        "": {
            "oneOf": [
                {"required": ["recipientIds"], "properties": {"recipientIds": {"type": "array"}, "audience": _ABSENT}},
                {"required": ["audience"], "properties": {"audience": {"type": "string"}, "recipientIds": _ABSENT}},
            ]
        },
        "content": {"maxLength": MAX_CONTENT_BYTES, "description": "At most 16 KiB in UTF-8."},
    },
    "UpdateUser": {
        # Their defaults stand for "as it is" and are never read.
        "firstName": _NO_DEFAULT,
        "lastName": _NO_DEFAULT,
        "settings": _NO_DEFAULT,
    },
    "Ping": {"action": {"const": "ping"}},
    "Sync": {
        "action": {"const": "sync"},
        "after": {"description": "The cursor of the last page; null: from the start."},
    },
    "Ack": {"action": {"const": "ack"}},
    "Read": {"action": {"const": "read"}},
}
