"""Every alarm that there has to be, by the names that the runbook gives to kinds of alarms."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.catalogue import FUNCTIONS, QUEUES, TABLES, TOPICS, Schedule

_THINGS: Mapping[str, Mapping[str, Any]] = {
    "<Function>": {function.name: function for function in FUNCTIONS},
    "<Clock>": {
        function.name: function
        for function in FUNCTIONS
        for trigger in function.triggers
        if isinstance(trigger, Schedule)
    },
    "<Table>": {table.name: table for table in TABLES},
    "<Queue>": {queue.name.capitalize(): queue for queue in QUEUES},
    "<Topic>": {topic.name.capitalize(): topic for topic in TOPICS},
}


def each(kind: str) -> Iterator[tuple[str, Any]]:
    """Yields the name of each alarm of a kind, and what of the catalogue it is about, if of anything."""
    for word, things in _THINGS.items():
        if word in kind:
            yield from ((kind.replace(word, name), thing) for name, thing in things.items())
            return
    yield kind, None
