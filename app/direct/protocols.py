"""How AWS's services want to be asked, and how they answer: one class for each way that they have.

request    the request for an operation, "get_item"; `base` is the endpoint's own path
members    what a good answer has; raises UnreadableError
refusal    what an answer with an error says; one without a name has its status for it
"""

import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote, urlencode

import orjson

from app.errors import RefusedError
from app.transport.answer import Answer
from app.transport.signature import HttpRequest

Members = dict[str, Any]


class UnreadableError(Exception):
    """An answer that is not what it says it is."""


class Refusal(NamedTuple):
    """What an answer with an error says."""

    code: str
    text: str
    members: Members


class Json(NamedTuple):
    """JSON in, JSON out, the operation in a header: DynamoDB and SQS."""

    target: str  # what stands before the operation there

    def request(self, operation: str, parameters: Members, base: str) -> HttpRequest:
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{self.target}.{camel(operation)}"}
        return HttpRequest("POST", f"{base}/", orjson.dumps(parameters), headers)

    def members(self, answer: Answer) -> Members:
        body = answer.body
        checksum = answer.fields.get(b"x-amz-crc32")  # DynamoDB's own; TLS ends before its servers do
        if checksum is not None and checksum != b"%d" % zlib.crc32(body):
            raise UnreadableError
        return _object(body)

    def refusal(self, answer: Answer) -> Refusal:
        try:
            members = _object(answer.body)
        except UnreadableError:
            members = {}
        named = str(members.get("__type") or answer.status).rpartition("#")[2]
        # SQS has another protocol behind it, and errors are known by the names that they have there.
        older = answer.fields.get(b"x-amzn-query-error", b"").partition(b";")[0].decode("latin-1")
        return Refusal(older or named, str(members.get("message", members.get("Message", ""))), members)


# How the older protocol writes a map: the names of its keys and of its values.
_MAPS: Mapping[str, tuple[str, str]] = {"Attributes": ("key", "value"), "MessageAttributes": ("Name", "Value")}


class Query(NamedTuple):
    """A form in, XML out: SNS."""

    version: str

    def request(self, operation: str, parameters: Members, base: str) -> HttpRequest:
        form = {"Action": camel(operation), "Version": self.version, **dict(_flat(parameters))}
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return HttpRequest("POST", f"{base}/", urlencode(form).encode(), headers)

    def members(self, answer: Answer) -> Members:
        result = next(iter(_xml(answer.body)), None)
        return {} if result is None else {_name(member): _value(member) for member in result}

    def refusal(self, answer: Answer) -> Refusal:
        try:
            error = _xml(answer.body).find("{*}Error")
        except UnreadableError:
            error = None
        told = {} if error is None else {_name(member): member.text or "" for member in error}
        return Refusal(told.get("Code", str(answer.status)), told.get("Message", ""), {})


_METHODS = {"post_to_connection": "POST", "delete_connection": "DELETE"}
_NO_IDS = frozenset({"", ".", ".."})  # as the last segment of a path they name another resource


class ManagementApi:
    """`@connections`: the connection in the path, a frame as the body."""

    def request(self, operation: str, parameters: Members, base: str) -> HttpRequest:
        """Raises RefusedError for what cannot be an id."""
        connection = parameters["ConnectionId"]
        if connection in _NO_IDS:
            raise RefusedError
        path = f"{base}/@connections/{quote(connection, safe='')}"
        return HttpRequest(_METHODS[operation], path, parameters.get("Data", b""))

    def members(self, answer: Answer) -> Members:  # noqa: ARG002 - there is nothing in it
        return {}

    def refusal(self, answer: Answer) -> Refusal:
        return Refusal(answer.error or str(answer.status), "", {})


WireProtocol: TypeAlias = Json | Query | ManagementApi


def camel(operation: str) -> str:
    """Returns AWS's name of an operation: "GetItem" for "get_item"."""
    return "".join(word.capitalize() for word in operation.split("_"))


def _object(body: bytes) -> Members:
    try:
        members = orjson.loads(body or b"{}")
    except ValueError:
        raise UnreadableError from None
    if not isinstance(members, dict):
        raise UnreadableError
    return members


def _flat(parameters: Members, prefix: str = "") -> Any:
    """Yields the fields of a form: `Attributes.entry.1.key`, `Attributes.entry.1.value` and so on."""
    for name, value in parameters.items():
        if name in _MAPS:
            key, content = _MAPS[name]
            entries = enumerate(value.items(), start=1)
            for number, (inner, member) in entries:
                entry = f"{prefix}{name}.entry.{number}"
                yield from _flat({key: inner, content: member}, f"{entry}.")
        elif isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _xml(body: bytes) -> Any:
    from xml.etree import ElementTree as xml  # noqa: N813, PLC0415 - AWS's own answers; only SNS needs it

    try:
        return xml.fromstring(body)  # noqa: S314
    except xml.ParseError:
        raise UnreadableError from None


def _name(member: Any) -> str:
    return str(member.tag.rpartition("}")[2])


def _value(member: Any) -> Any:
    """Returns a text, or a map from its entries."""
    entries = member.findall("{*}entry")
    if not entries:
        return member.text or ""
    return {entry.findtext("{*}key"): entry.findtext("{*}value") or "" for entry in entries}
