"""Mail on a laptop: who it comes from, and what was sent. Nothing leaves the machine."""

import json
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime

from laptop.endpoints import Endpoints
from laptop.ministack import ACCOUNT
from laptop.stack import Clients

SENDER = "no-reply@example.com"
_ANSWER_S = 10


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that MiniStack took; it keeps no headers but these."""

    at: datetime
    sender: str
    to: str
    subject: str
    text: str
    html: str


def verify_sender(clients: Clients) -> None:
    """Makes the sender an identity of SES, as an operator would."""
    clients.client("sesv2").create_email_identity(EmailIdentity=SENDER)


def sent(endpoints: Endpoints) -> list[Mail]:
    """Returns the mails of this site, the first first; those of the user pool come from others."""
    address = f"{endpoints.aws}/_ministack/ses/messages?account={ACCOUNT}"
    with urllib.request.urlopen(address, timeout=_ANSWER_S) as answer:  # noqa: S310 - http, as the stack says
        messages = json.load(answer)["messages"].get(ACCOUNT, [])
    return [
        Mail(
            datetime.fromtimestamp(each["Timestamp"], UTC),
            each["Source"],
            ", ".join(each["To"]),
            each["Subject"],
            each["BodyText"],
            each["BodyHtml"] or "",
        )
        for each in messages
        if each["Source"] == SENDER
    ]
