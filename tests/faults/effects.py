"""Names what a function changes in the world, and kills its process before or after it."""

import json
import os
import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

READS = frozenset({"get_item", "batch_get_item", "query", "scan"})  # every other operation is a side effect


@dataclass(slots=True)
class Watch:
    """Says every point that a run passes, and is its death at one of them."""

    crash: str | None = None  # "deliver 0-50/publish/after"
    run: str = ""
    down: tuple[str, ...] = ()  # operations that fail in this run
    _seen: Counter[str] = field(default_factory=Counter)

    def begin(self, run: str, down: tuple[str, ...]) -> None:
        self.run, self.down = run, down
        self._seen.clear()

    def named(self, effect: str) -> str:
        """Returns a name that no other effect of this run has."""
        self._seen[effect] += 1
        return effect if self._seen[effect] == 1 else f"{effect} #{self._seen[effect]}"

    def reach(self, effect: str, side: str) -> None:
        point = f"{self.run}/{effect}/{side}"
        say(point=point)
        if point == self.crash:
            os.kill(os.getpid(), signal.SIGKILL)


def say(**fields: Any) -> None:
    """Writes one line of the protocol, at once: the process may be dead with the next instruction."""
    os.write(1, json.dumps(fields).encode() + b"\n")


def effect(operation: str, parameters: Mapping[str, Any]) -> str:
    """Returns "update_item:Deliveries.delivered": what is done, and to what."""
    detail = _detail(parameters)
    return f"{operation}:{detail}" if detail else operation


def marks(count: int) -> dict[int, str]:
    """Names the first, one in the middle, and the last of so many posts."""
    if count > 2:
        return {0: "first", count // 2: "middle", count - 1: "last"}
    return dict(zip(range(count), ("first", "last"), strict=False))


def _detail(parameters: Mapping[str, Any]) -> str:
    if "TransactItems" in parameters:
        actions = [next(iter(item.values())) for item in parameters["TransactItems"]]
        return "+".join(sorted({_table(action["TableName"]) for action in actions}))
    if "RequestItems" in parameters:
        return ",".join(_written(table, requests) for table, requests in parameters["RequestItems"].items())
    if "Entries" in parameters:
        return f"{len(parameters['Entries'])} jobs"
    if "TableName" in parameters:
        state = parameters.get("ExpressionAttributeValues", {}).get(":state", {}).get("S")
        return _table(parameters["TableName"]) + (f".{state}" if state else "")
    return str(parameters.get("ConnectionId", ""))


def _written(table: str, requests: list[dict[str, Any]]) -> str:
    keys = (each["DeleteRequest"]["Key"] for each in requests)
    return f"{_table(table)} {' '.join(value['S'] for key in keys for value in key.values())}"


def _table(name: str) -> str:
    return name.partition("-")[0]
