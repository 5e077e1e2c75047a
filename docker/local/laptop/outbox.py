"""Shows in the terminal what would have left the machine: the mails, and the pushes to devices."""

import urllib.error
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from laptop import endpoints, mails, pushes
from laptop.errors import LaptopError
from laptop.mails import Mail
from laptop.places import Places
from laptop.screen import visible


def outbox(places: Places) -> None:
    """Prints everything that was sent, the first first."""
    found = endpoints.read(places.endpoints)
    try:
        entries = [*((each.at, _mail(each)) for each in mails.sent(found)), *_pushes(pushes.pushes(found))]
    except (urllib.error.URLError, OSError):
        raise LaptopError("The stack does not answer. Start it again with: make run") from None
    for _, lines in sorted(entries, key=lambda entry: entry[0]):
        print("\n".join(lines), end="\n\n")
    print(f"{len(entries)} sent" if entries else "Nothing was sent")


def _mail(mail: Mail) -> list[str]:
    head = {"Mail": f"{mail.at.astimezone():%H:%M:%S}", "From": mail.sender, "To": mail.to, "Subject": mail.subject}
    text = [f"  {visible(line)}" for line in mail.text.splitlines()]
    return [*(f"{name}: {visible(value)}" for name, value in head.items()), *text]


def _pushes(found: list[dict[str, Any]]) -> Iterator[tuple[datetime, list[str]]]:
    for push in found:
        at = datetime.fromisoformat(push["at"])
        head = {"Push": f"{at.astimezone():%H:%M:%S}", "To": f"{push['platform']} {push['endpoint']}"}
        shown = (f"  {visible(line)}" for line in (push["title"], push["body"]))
        yield at, [*(f"{name}: {visible(value)}" for name, value in head.items()), *shown]
