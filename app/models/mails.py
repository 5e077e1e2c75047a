"""Mails: what a message looks like in the mailbox of somebody who was not there to see it."""

import html
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from app.models.notifications import Kind
from app.models.told import Told

_KINDS: Mapping[Kind, str] = {"message": "Message", "announcement": "Announcement"}
_ABOUT = (
    "You had not seen this on the site when it was sent. Whether and when you get mail is in your settings there.",
    "Please do not reply: nobody would read it.",
)
_BREAKS = "\t\n\v\f\r\x1c\x1d\x1e\x85"  # of the control characters: the tab, and what str.splitlines takes for an end
# Everything a mail client may leave out is said twice: lines end in <br>, and pre-wrap keeps the spaces as well.
_HTML = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{subject}</title></head>
<body><h1 dir="auto" style="font-size: 1.2em">{title}</h1>
<p dir="auto" style="white-space: pre-wrap">{content}</p>
<hr><p><small>{about}</small></p></body></html>
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, the same for each of its recipients, whether they read HTML or do not."""

    subject: str  # one line without control characters
    text: str
    html: str

    @classmethod
    def of(cls, told: Told) -> "Mail":
        title, lines = _one_line(told.title), _printable(told.content).splitlines()
        subject = _subject(told.type, title)
        markup = _HTML.format(
            subject=html.escape(subject),
            title=html.escape(title),
            content="<br>".join(map(html.escape, lines)),
            about="<br>".join(map(html.escape, _ABOUT)),
        )
        return cls(subject, "\n".join([title, "", *lines, "", "-- ", *_ABOUT, ""]), markup)


def _subject(kind: Kind, title: str) -> str:
    """Says what kind of message it is; the titles that we make ourselves begin with it."""
    word = _KINDS[kind]
    return title if title.startswith(f"{word} ") else f"{word}: {title}"


def _one_line(text: str) -> str:
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    """Replaces control characters that are neither the end of a line nor a tab."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(each) == "Cc" and each not in _BREAKS else each
        for each in text
    )
