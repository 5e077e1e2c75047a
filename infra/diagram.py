"""Draws the whole system as the catalogue declares it: `make diagram` puts it into docs/architecture.md.

A picture in Mermaid has what invokes which function and whom that tells; functions stand together by the module of
their handlers. A matrix has which function reads and which writes which table: its arrows would hide each other.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import assert_never

from app import catalogue

_DOCUMENT = Path(__file__).parent.parent / "docs/architecture.md"
_START, _END = "<!-- drawn by `make diagram` -->\n", "<!-- end of what is drawn -->\n"
_READS = ("Get", "BatchGet", "Query", "Scan", "ConditionCheck")


def main() -> None:
    _DOCUMENT.write_text(drawn(_DOCUMENT.read_text()))


def drawn(document: str) -> str:
    """Returns the document with today's picture and matrix between its two marks."""
    before, rest = document.split(_START)
    _, after = rest.split(_END)
    return f"{before}{_START}```mermaid\n{flow()}\n```\n\n{tables()}\n{_END}{after}"


def flow() -> str:
    """Returns the picture of what invokes which function, and what that sends to."""
    nodes = (f"  {node}" for node in _nodes())
    ways = dict.fromkeys([*_between(), *_in(), *_out()])  # one of each
    return "\n".join(["flowchart LR", *nodes, *_functions(), *ways])


def tables() -> str:
    """Returns the matrix of which function reads (r) and which writes (w) which table."""
    names = [table.name for table in catalogue.TABLES]
    rows = [
        [
            function.name,
            *(_touches(grant.actions for grant in function.grants if grant.on == table) for table in catalogue.TABLES),
        ]
        for function in catalogue.FUNCTIONS
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (["", *names], ["---"] * (len(names) + 1), *rows))


def _functions() -> Iterator[str]:
    for module, functions in groupby(catalogue.FUNCTIONS, lambda function: function.handler.split(".")[-2]):
        yield f"  subgraph {module}_[{module}]"
        for function in functions:
            routes = [trigger.key for trigger in function.triggers if isinstance(trigger, catalogue.HttpRoute)]
            yield f'    {function.name}["{"<br>".join([f"<b>{function.name}</b>", *routes])}"]'
        yield "  end"


def _in() -> Iterator[str]:
    for function in catalogue.FUNCTIONS:
        for trigger in function.triggers:
            yield _trigger(trigger, function.name)


def _trigger(trigger: catalogue.Trigger, function: str) -> str:
    match trigger:
        case catalogue.HttpRoute():
            return f"  Http --> {function}"
        case catalogue.SocketRoute():
            return f"  Sockets --> {function}"
        case catalogue.SocketAuthorizer():
            return f"  Sockets -- may it connect? --> {function}"
        case catalogue.QueueSource():
            return f"  {_queue(trigger.queue)} --> {function}"
        case catalogue.Schedule():
            return f"  Clock -- every {trigger.every_min} min --> {function}"
        case catalogue.UserPoolTrigger():
            return f"  Pool -- confirmed --> {function}"
        case _:
            assert_never(trigger)


def _between() -> Iterator[str]:
    yield from ("  People -- sign in --> Pool", "  People --> Http", "  People <--> Sockets")
    for queue in catalogue.QUEUES:
        if queue.topic:
            yield f"  {_topic(queue.topic)} --> {_queue(queue)}"
    for topic in catalogue.TOPICS:
        if topic.alarms:
            yield f"  Alarms --> {_topic(topic)}"


def _out() -> Iterator[str]:
    for function in catalogue.FUNCTIONS:
        for grant in function.grants:
            if place := _place(grant.on):
                yield f"  {function.name} --> {place}"


def _place(resource: catalogue.Resource) -> str | None:
    """Returns the node of what a function sends to or calls; tables have a matrix of their own."""
    place: str | None
    match resource:
        case catalogue.Table():
            place = None
        case catalogue.Topic():
            place = _topic(resource)
        case catalogue.Queue():
            place = _queue(resource)
        case catalogue.UserPool():
            place = "Pool"
        case catalogue.Connections():
            place = "Sockets"
        case catalogue.UsersCache():
            place = "Cache"
        case catalogue.EmailSender():
            place = "Mail"
        case catalogue.PushApplication() | catalogue.PushEndpoints():
            place = "Phones"
        case _:
            assert_never(resource)
    return place


def _queue(queue: catalogue.Queue) -> str:
    return f"{queue.name.capitalize()}Queue"


def _topic(topic: catalogue.Topic) -> str:
    return f"{topic.name.capitalize()}Topic"


def _nodes() -> Iterator[str]:
    """What is no function, with the shapes of people, services, queues and topics."""
    yield from ("People([people])", "Alarms([CloudWatch alarms])", "Clock([EventBridge])", "Pool([Cognito user pool])")
    yield from ("Http{{HTTP API}}", "Sockets{{WebSocket API}}", "Mail{{SES: mail}}", "Phones{{SNS: mobile push}}")
    yield "Cache[(DAX, where a stage has it)]"
    yield from (f"{_queue(queue)}[[queue {queue.name}]]" for queue in catalogue.QUEUES)
    yield from (f"{_topic(topic)}[/topic {topic.name}/]" for topic in catalogue.TOPICS)


def _touches(granted: Iterable[Iterable[str]]) -> str:
    reads = [action.partition(":")[2].startswith(_READS) for actions in granted for action in actions]
    return ("r" if True in reads else "") + ("w" if False in reads else "")


if __name__ == "__main__":
    main()
