"""Amazon SES: one mail to one person."""

from dataclasses import dataclass
from typing import Any

from app.aws import Call
from app.errors import RefusedError
from app.models.mails import Mail

# Says to other machines that nobody is there: no notes of absence, and no mails that go round for ever (RFC 3834).
_HEADERS = [{"Name": "Auto-Submitted", "Value": "auto-generated"}]


@dataclass(frozen=True, slots=True)
class Mailer:
    call: Call
    sender: str  # an address, SES's identity or of a domain that is one

    async def send(self, address: str, mail: Mail) -> None:
        """Sends a mail; raises RefusedError if this one will never go to this address.

        A mail whose answer was lost is sent again: SES knows no repetition.
        """
        await self.call(
            "send_email",
            FromEmailAddress=self.sender,
            Destination={"ToAddresses": [_ascii(address)]},
            Content={"Simple": _content(mail)},
        )


def _content(mail: Mail) -> dict[str, Any]:
    body = {"Text": _utf8(mail.text), "Html": _utf8(mail.html)}
    return {"Subject": _utf8(mail.subject), "Body": body, "Headers": _HEADERS}


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _ascii(address: str) -> str:
    """Spells the domain as the mail system does; SES refuses what is not ASCII before the @ by itself."""
    name, _, domain = address.rpartition("@")
    try:
        return f"{name}@{domain.encode('idna').decode()}"
    except UnicodeError:  # a label that is empty, too long, or of forbidden characters
        raise RefusedError from None
