"""What the functions asked leave for on the stack, in the words in which the catalogue grants it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from app import catalogue
from app.catalogue import FUNCTIONS, Grant, Resource
from tests.e2e.aws import Aws

# MiniStack has a right of its own for what is a part of another on AWS.
_BROUGHT = {"sqs:SendMessageBatch": "sqs:SendMessage"}
# Where it asks for the right to anything, the action says what is meant; which application a phone is of, nothing does.
_ANYTHING = {
    "ses:SendEmail": "the sender of mails",
    "sns:CreatePlatformEndpoint": "the platform applications",
    "sns:GetEndpointAttributes": "phones",
    "sns:SetEndpointAttributes": "phones",
    "sns:DeleteEndpoint": "phones",
}


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """An action on a resource; on connections it is an HTTP method."""

    action: str
    on: str  # a table, or TABLE/INDEX; a topic, a queue, or another resource by what it is

    def __str__(self) -> str:
        return f"{self.action} on {self.on}"


def granted(function: catalogue.Function) -> frozenset[Use]:
    """Returns all that the catalogue grants a function, but for the cache of users, which a laptop does without.

    Its log, its traces and its own queue come without a grant.
    """
    there = [grant for grant in function.grants if not isinstance(grant.on, catalogue.UsersCache)]
    return frozenset(use for grant in there for use in _uses(grant))


def _uses(grant: Grant) -> Iterator[Use]:
    on = _called(grant.on)
    for action in grant.actions:
        yield from (Use(action, f"{on}/{index}") for index in grant.indexes) if grant.indexes else (Use(action, on),)


def _called(on: Resource) -> str:
    match on:
        case catalogue.Table(name=called):
            pass
        case catalogue.Topic(name=name):
            called = f"the topic {name}"
        case catalogue.Queue(name=name):
            called = f"the queue {name}"
        case catalogue.UserPool():
            called = "the user pool"
        case catalogue.Connections():
            called = "connections"
        case catalogue.EmailSender():
            called = _ANYTHING["ses:SendEmail"]
        case catalogue.PushApplication():
            called = _ANYTHING["sns:CreatePlatformEndpoint"]
        case catalogue.UsersCache():
            called = "the cache of users"
        case catalogue.PushEndpoints():
            called = _ANYTHING["sns:DeleteEndpoint"]
        case _:
            assert_never(on)
    return called


@dataclass(frozen=True, slots=True)
class Audit:
    """What the auditor has written down until now about one stack."""

    file: Path
    roles: Mapping[str, str]  # name -> whose it is, by the function's name in the catalogue
    names: Mapping[str, str]  # how the stack calls a resource, the last part of its ARN -> how we do

    @classmethod
    def of(cls, aws: Aws, file: Path) -> "Audit":
        roles = {aws.function(each.name)["Role"].rpartition("/")[2]: each.name for each in FUNCTIONS}
        endpoints = aws.endpoints
        tables = {f"table/{deployed}": name for name, deployed in endpoints.tables.items()}
        queues = {url.rpartition("/")[2]: f"the queue {name}" for name, url in endpoints.queues.items()}
        topics = {arn.rpartition(":")[2]: f"the topic {name}" for name, arn in endpoints.topics.items()}
        pool = {f"userpool/{endpoints.userPoolId}": "the user pool"}
        return cls(file, roles, {**tables, **queues, **topics, **pool})

    def used(self, function: str) -> frozenset[Use]:
        """Returns what a function asked for and was allowed, at least once."""
        return frozenset(use for use, allowed in self._asked(function) if allowed)

    def refused(self, function: str) -> frozenset[Use]:
        """Returns what a function asked for and was refused, at least once."""
        return frozenset(use for use, allowed in self._asked(function) if not allowed)

    def _asked(self, function: str) -> Iterator[tuple[Use, bool]]:
        for line in self.file.read_text().splitlines():
            asked = json.loads(line)
            role = asked["who"].split("/")[1:2]  # arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
            if [self.roles.get(name) for name in role] == [function]:
                yield self._use(asked["action"], asked["on"]), asked["decision"] == "Allow"

    def _use(self, action: str, arn: str) -> Use:
        """Names it as the catalogue does; of a resource that the catalogue does not have the ARN is the name."""
        resource = arn.split(":", 5)[-1]
        if "/@connections/" in resource:  # API/STAGE/METHOD/@connections/ID
            return Use(resource.split("/")[2], "connections")
        if resource.startswith("app/"):  # which MiniStack calls what AWS calls "endpoint/..."
            return Use(action, _ANYTHING["sns:DeleteEndpoint"])
        if resource == "*":
            return Use(action, _ANYTHING.get(action, "anything"))
        table, _, index = resource.partition("/index/")
        name = self.names.get(table, arn)
        return Use(_BROUGHT.get(action, action), f"{name}/{index}" if index else name)
