"""Puts the AsyncAPI document together, from the side of the service: it receives what clients send."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from app.catalogue import FUNCTIONS, SocketAuthorizer
from app.errors import (
    ProblemError,
    RateLimitedError,
    TooLargeError,
    UnacceptableError,
    UnauthenticatedError,
    UnparsableError,
)
from app.models.queries import Ack, Ping, Read, Sync
from description import answers, examples
from description.openapi import VERSION
from description.schemas import Schema, of_models, ref

_SECURITY = "ticket"


@dataclass(frozen=True, slots=True)
class Frame:
    """A kind of frame; `answered_by` names the server's frame that answers it."""

    model: type[BaseModel]
    summary: str
    example: Mapping[str, Any]
    answered_by: str | None = None


# By the action of a client's frame, as in app.handlers.actions.ACTIONS.
CLIENT: Mapping[str, Frame] = {
    "ping": Frame(Ping, "Asks for a sign of life.", examples.PING, "pong"),
    "sync": Frame(Sync, "Asks for what came after a cursor.", examples.SYNC, "page"),
    "ack": Frame(Ack, "Says that this device has these notifications; the sender's report counts it.", examples.ACK),
    "read": Frame(Read, "Marks these notifications as read.", examples.READ),
}
# By the type of a server's frame.
SERVER: Mapping[str, Frame] = {
    "message": Frame(answers.MessageFrame, "A message to named recipients.", examples.FRAME),
    "announcement": Frame(answers.AnnouncementFrame, "A message to everyone.", examples.ANNOUNCEMENT),
    "read": Frame(answers.ReadFrame, "What was marked as read elsewhere.", examples.READ_ELSEWHERE),
    "page": Frame(answers.PageFrame, "What came after a cursor.", examples.PAGE),
    "pong": Frame(answers.Pong, "A sign of life.", examples.PONG),
    "error": Frame(answers.ErrorFrame, "What was wrong with a frame.", examples.ERROR),
}

# What an `error` frame may tell of; the last one answers no frame.
PROBLEMS: tuple[ProblemError, ...] = (
    UnparsableError(),
    UnparsableError(code="json_too_deep"),
    UnparsableError(code="duplicate_key"),
    UnparsableError(code="invalid_cursor"),
    UnauthenticatedError(),
    TooLargeError(),
    UnacceptableError(),
    UnacceptableError(code="unknown_action"),
    RateLimitedError(code="too_many_connections"),
)


def asyncapi() -> dict[str, Any]:
    """Returns the document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Site Communications: WebSocket",
            "version": VERSION,
            "description": "docs/contract.md says it in words, and how to catch up after a break. A frame may come "
            "twice: drop the `notificationId`s that you have. A connection ends with the access token of its ticket.",
        },
        "defaultContentType": "application/json",
        "servers": {"deployed": _server()},
        "channels": {"connection": _channel()},
        "operations": _operations(),
        "components": {
            "messages": _messages(),
            "schemas": _schemas(),
            "securitySchemes": {_SECURITY: _security()},
        },
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{api}.execute-api.{region}.amazonaws.com",
        "protocol": "wss",
        "variables": {"api": {"default": "api-id"}, "region": {"default": "eu-central-1"}},
        "security": [{"$ref": f"#/components/securitySchemes/{_SECURITY}"}],
    }


def _parameter() -> str:
    [name] = [
        trigger.parameter
        for function in FUNCTIONS
        for trigger in function.triggers
        if isinstance(trigger, SocketAuthorizer)
    ]
    return name


def _security() -> Schema:
    return {
        "type": "httpApiKey",
        "in": "query",
        "name": _parameter(),
        "description": "`POST /tickets` gives one: it opens one WebSocket within 30 seconds. 401 without one; 403 for "
        "one that is used, has ended or never was, or whose person has no profile.",
    }


def _channel() -> dict[str, Any]:
    ticket = of_models([answers.Ticket])["Ticket"]["properties"]["ticket"]
    query = {"type": "object", "properties": {_parameter(): ticket}, "required": [_parameter()]}
    return {
        "address": "/{stage}",
        "title": "The connection",
        "description": "A person has ten connections at most; frames of clients have at most 32 KiB.",
        "parameters": {"stage": {"enum": ["dev", "prod"], "default": "prod"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages()},
        "bindings": {"ws": {"method": "GET", "query": query, "bindingVersion": "0.1.0"}},
    }


def _operations() -> dict[str, Any]:
    received = {_from_client(name): _operation("receive", _from_client(name), frame) for name, frame in CLIENT.items()}
    sent = {_from_server(name): _operation("send", _from_server(name), frame) for name, frame in SERVER.items()}
    return {**received, **sent}


def _operation(action: str, message: str, frame: Frame) -> dict[str, Any]:
    channel = {"$ref": "#/channels/connection"}
    operation: dict[str, Any] = {
        "action": action,
        "channel": channel,
        "summary": frame.summary,
        "messages": [{"$ref": f"#/channels/connection/messages/{message}"}],
    }
    if action == "receive":
        names = [_from_server(name) for name in (frame.answered_by, "error") if name]
        answer = [{"$ref": f"#/channels/connection/messages/{name}"} for name in names]
        operation["reply"] = {"channel": channel, "messages": answer}
    return operation


def _messages() -> dict[str, Any]:
    frames = {_from_client(name): frame for name, frame in CLIENT.items()}
    frames |= {_from_server(name): frame for name, frame in SERVER.items()}
    return {
        name: {
            "name": name,
            "title": frame.summary.rstrip("."),
            "payload": ref(frame.model),
            "examples": [{"payload": dict(frame.example)}],
        }
        for name, frame in frames.items()
    }


def _from_client(action: str) -> str:
    return f"client.{action}"


def _from_server(kind: str) -> str:
    return f"server.{kind}"


def _schemas() -> dict[str, Schema]:
    schemas = of_models(frame.model for frame in (*CLIENT.values(), *SERVER.values()))
    properties = schemas["ErrorFrame"]["properties"]
    properties["code"]["enum"] = [problem.code for problem in PROBLEMS]
    properties["status"]["enum"] = sorted({problem.status for problem in PROBLEMS})
    return schemas
