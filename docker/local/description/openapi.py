"""Puts the OpenAPI document together."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from app.catalogue import ACCESS_SCOPE, FUNCTIONS, HttpRoute
from description import answers, refusals
from description.headers import REQUEST, RESPONSE, Header
from description.operations import OPERATIONS, Answer, Body, Operation
from description.schemas import Schema, of_models, ref

_JSON = "application/json"
_SECURITY = "accessToken"
_PARAMETER = re.compile(r"{(\w+)}")
_PATH: dict[str, Schema] = {
    "userId": {"type": "string", "minLength": 1, "maxLength": 128},
    "messageId": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "notificationId": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "deviceId": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}
# Of the contract: what is taken away or means another thing later makes it 2.
VERSION = "1.0.0"
_TAGS = {
    "Users": "Profiles, and the people behind them.",
    "Messages": "What people write to each other.",
    "Notifications": "What tells of messages.",
    "Devices": "Phones that get pushes.",
    "WebSocket": "The way in; what is sent there is described by asyncapi.json.",
}


def routes() -> tuple[HttpRoute, ...]:
    """Returns the routes of the HTTP API, in the catalogue's order."""
    return tuple(trigger for function in FUNCTIONS for trigger in function.triggers if isinstance(trigger, HttpRoute))


def openapi() -> dict[str, Any]:
    """Returns the document; raises KeyError for a route that is not described."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes():
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, OPERATIONS[route.key])
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Site Communications",
            "version": VERSION,
            "summary": "Messages and notifications for a site.",
            "description": "docs/contract.md says it in words. Members of bodies that are not known are refused; "
            "clients pass over members of answers that they do not know.",
        },
        "servers": [
            {
                "url": "https://{api}.execute-api.{region}.amazonaws.com",
                "variables": {"api": {"default": "api-id"}, "region": {"default": "eu-central-1"}},
            }
        ],
        "security": [{_SECURITY: [ACCESS_SCOPE]}],
        "tags": [{"name": name, "description": means} for name, means in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "responses": refusals.shared(),
            "headers": {name: _header(header) for name, header in RESPONSE.items()},
            "securitySchemes": {_SECURITY: _security()},
        },
    }


def _security() -> Schema:
    return {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": f"An access token of the user pool: it has the scope `{ACCESS_SCOPE}`, and id tokens do not.",
    }


def _operation(route: HttpRoute, operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": [
            *(_path_parameter(name) for name in _PARAMETER.findall(route.path)),
            *_query_parameters(operation),
            *({"name": name, "in": "header"} | _header(REQUEST[name]) for name in operation.headers),
        ],
        "responses": {str(status): response for status, response in sorted(_responses(operation).items())},
    }
    if operation.more:
        described["description"] = operation.more
    if operation.body:
        described["requestBody"] = _body(operation.body)
    return described


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _PATH[name]}


def _query_parameters(operation: Operation) -> Iterable[dict[str, Any]]:
    if operation.query is None:
        return
    [schema] = of_models([operation.query]).values()
    for name, described in schema["properties"].items():
        kinds = [kind for kind in described.get("anyOf", ()) if kind != {"type": "null"}]
        empty = {"allowEmptyValue": True} if described.get("type") == "boolean" else {}
        yield {"name": name, "in": "query", "schema": kinds[0] if kinds else described, **empty}


def _body(body: Body) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": ref(body.model)}
    if body.examples:
        content["examples"] = {name: {"value": value} for name, value in body.examples.items()}
    return {"required": body.required, "content": {_JSON: content}}


def _header(header: Header) -> dict[str, Any]:
    return {"description": header.means, "schema": dict(header.schema)}


def _responses(operation: Operation) -> dict[int, dict[str, Any]]:
    return {status: _success(answer) for status, answer in operation.answers.items()} | refusals.responses(operation)


def _success(answer: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {"description": answer.means}
    if answer.headers:
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in answer.headers}
    if answer.models:
        refs = [ref(model) for model in answer.models]
        schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
        response["content"] = {_JSON: {"schema": schema, "example": answer.example}}
    return response


def _schemas() -> dict[str, Schema]:
    schemas = of_models(_models())
    schemas["Problem"]["properties"]["code"] |= {"enum": refusals.codes(), "description": "It never changes."}
    schemas["Flaw"]["properties"]["code"]["enum"] = list(refusals.FLAWS)
    return schemas


def _models() -> Iterable[type[BaseModel]]:
    yield from (answers.Problem, answers.GatewayMessage)
    for operation in OPERATIONS.values():
        yield from ([operation.body.model] if operation.body else [])
        for answer in operation.answers.values():
            yield from answer.models
