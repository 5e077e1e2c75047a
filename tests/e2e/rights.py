"""A right that a function loses for a while, as by an operator's mistake."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from laptop.stack import Clients
from tests.e2e.aws import Aws


@contextmanager
def taken_away(aws: Aws, function: str, action: str, on: str = "") -> Iterator[None]:
    """Takes away what a statement of a function's role grants alone, on the ARNs in which `on` stands."""
    iam = Clients(aws.endpoints.aws).client("iam")
    role = {"RoleName": aws.function(function)["Role"].rpartition("/")[2], "PolicyName": "Grants"}
    granted = iam.get_role_policy(**role)["PolicyDocument"]
    statements = [kept for one in granted["Statement"] for kept in _without(one, action, on)]
    assert statements != granted["Statement"]
    iam.put_role_policy(**role, PolicyDocument=json.dumps({**granted, "Statement": statements}))
    try:
        yield
    finally:
        iam.put_role_policy(**role, PolicyDocument=json.dumps(granted))


def _without(statement: dict[str, Any], action: str, on: str) -> Iterator[dict[str, Any]]:
    actions, resources = (_listed(statement[name]) for name in ("Action", "Resource"))
    if actions != [action]:
        yield statement
    elif kept := [one for one in resources if on not in one]:
        yield {**statement, "Resource": kept}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
