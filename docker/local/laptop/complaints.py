"""Finds out why a start failed: what the functions and MiniStack wrote into their logs."""

import re
from collections.abc import Iterator
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from laptop.screen import visible
from laptop.stack import Clients

AT_MOST = 5
_ERROR = re.compile(r'"level": ?"ERROR"|\bERROR\b|Traceback|Task timed out')


def complaints(clients: Clients, log: Path) -> list[str]:
    """Returns the last errors of the functions, and then of MiniStack itself."""
    own = [line for line in log.read_text(errors="replace").splitlines() if _ERROR.search(line)]
    return [visible(line) for line in [*_of_functions(clients)[-AT_MOST:], *own[-AT_MOST:]]]


def _of_functions(clients: Clients) -> list[str]:
    try:
        return list(_events(clients))
    except (BotoCoreError, ClientError):
        return []  # MiniStack itself is gone; its own log says why


def _events(clients: Clients) -> Iterator[str]:
    logs = clients.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]:
            if _ERROR.search(event["message"]):
                yield f"{group['logGroupName'].rpartition('/')[2]}: {event['message'].strip()}"
