"""Holds what the API answers and sends against its description, and lets nothing pass that is not described."""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from functools import cache
from typing import Any

import jsonschema_rs

from description.asyncapi import asyncapi
from description.openapi import openapi

Document = dict[str, Any]
_BODILESS = {204, 304}


def closed(document: Document) -> Document:
    """Returns the document with all members forbidden that it does not name; clients are to be more patient."""
    strict = copy.deepcopy(document)
    for schema in strict["components"]["schemas"].values():
        schema.setdefault("additionalProperties", False)
    return strict


def validator(schema: Mapping[str, Any], document: Document) -> jsonschema_rs.Draft202012Validator:
    """Returns what checks values against a schema that may refer to the components of its document."""
    whole = {**schema, "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def complaints(schema: Mapping[str, Any], document: Document, value: object) -> list[str]:
    return [f"{error.instance_path}: {error.message}" for error in validator(schema, document).iter_errors(value)]


@cache
def http() -> "Http":
    return Http(closed(openapi()))


@dataclass(frozen=True)
class Http:
    document: Document

    def check(self, method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Fails for an answer that is not described; passes over paths that nobody promises anything of."""
        operation = self._operation(method, path.partition("?")[0])
        if operation is None:
            return
        assert str(status) in operation["responses"], f"{method} {path} answered {status}, which is not described"
        response = self._resolved(operation["responses"][str(status)])
        missing = {name for name in response.get("headers", ()) if name not in headers}
        assert not missing or status >= 400, f"{method} {path} answered without {missing}"
        if status in _BODILESS:
            assert body == b""
            return
        kind = _media_type(headers)
        assert kind in response["content"], f"{method} {path} answered {status} as {kind}"
        found = complaints(response["content"][kind]["schema"], self.document, json.loads(body))
        assert found == [], f"{method} {path} answered {status} with {found}"

    def _operation(self, method: str, path: str) -> Document | None:
        """Returns the operation of a path; like API Gateway it prefers one without parameters."""
        for template, operations in sorted(self.document["paths"].items(), key=lambda item: item[0].count("{")):
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path) and method.lower() in operations:
                operation: Document = operations[method.lower()]
                return operation
        return None

    def _resolved(self, response: Document) -> Document:
        if "$ref" not in response:
            return response
        shared: Document = self.document["components"]["responses"][response["$ref"].rpartition("/")[2]]
        return shared


@cache
def sockets() -> "Sockets":
    return Sockets(closed(asyncapi()))


@dataclass(frozen=True)
class Sockets:
    document: Document

    def check(self, frame: Mapping[str, Any]) -> None:
        """Fails for a frame of the server that is not described."""
        name = f"server.{frame.get('type')}"
        messages = self.document["components"]["messages"]
        assert name in messages, f"A frame of the type {frame.get('type')} is not described"
        found = complaints(messages[name]["payload"], self.document, frame)
        assert found == [], f"A frame {frame.get('type')} came with {found}"


def _media_type(headers: Mapping[str, str]) -> str:
    message = Message()
    message["content-type"] = headers["Content-Type"]
    return message.get_content_type()
