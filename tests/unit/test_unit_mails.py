import html
import unicodedata
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.mails import Mail
from tests.unit.telling import told

LINES = ["\n", "\r\n", "\r", "\u2028", "\x85"]
NASTY = '<script>alert(1)</script> <img src=x onerror="y"> & \'"'


class Reader(HTMLParser):
    """Reads a mail's HTML as a mail client does: its elements, and what is written in title, heading and paragraphs."""

    def __init__(self, mail: Mail) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.written: list[str] = []
        self._inside = False
        self.feed(mail.html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002 - the base class has it
        self.elements.append(tag)
        if tag in ("title", "h1", "p"):
            self._inside = True
            self.written.append("")
        if tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag not in ("title", "h1", "p")

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.written[-1] += data


ELEMENTS = ["html", "head", "meta", "title", "body", "h1", "p", "hr", "p", "small", "br"]


@pytest.mark.parametrize(
    ("kind", "title", "subject"),
    [
        ("message", "Message from Ada Lovelace", "Message from Ada Lovelace"),
        ("message", "Lunch?", "Message: Lunch?"),
        ("message", "Messages", "Message: Messages"),
        ("announcement", "Announcement by Ada Admin", "Announcement by Ada Admin"),
        ("announcement", "Message from Ada", "Announcement: Message from Ada"),
    ],
)
def test_the_subject_says_what_it_is(kind: str, title: str, subject: str) -> None:
    assert Mail.of(told(type=kind, title=title)).subject == subject


@pytest.mark.parametrize(
    "title", ["a\r\nBcc: eve@example.test", "a\nb", "a\rb", "a\u2028b", "a\x0bb", "a\x85b", "a\x1cb", "a\tb"]
)
def test_no_title_begins_another_header(title: str) -> None:
    assert Mail.of(told(title=title)).subject == f"Message: a {title[1:].strip()}"


@given(st.text())
def test_a_subject_is_one_line_without_control_characters(title: str) -> None:
    subject = Mail.of(told(title=title)).subject
    assert not any(unicodedata.category(each) in ("Cc", "Zl", "Zp") for each in subject)


def test_what_people_write_is_text_in_the_html_and_no_markup() -> None:
    reader = Reader(Mail.of(told(title=NASTY, content=NASTY)))
    assert reader.elements == ELEMENTS
    assert reader.written[:3] == [f"Message: {NASTY}", NASTY, NASTY]


@given(st.text(alphabet=st.sampled_from("<>&\"'{}a/!-"), max_size=30))
def test_whatever_is_written_adds_no_element(content: str) -> None:
    assert Reader(Mail.of(told(title=content, content=content))).elements == ELEMENTS


def test_what_people_write_stands_in_the_text_as_it_is() -> None:
    assert NASTY in Mail.of(told(content=NASTY)).text.splitlines()


@pytest.mark.parametrize("end", LINES)
def test_lines_stay_lines(end: str) -> None:
    mail = Mail.of(told(content=f"one{end}{end}  three"))
    assert "\none\n\n  three\n" in mail.text
    assert Reader(mail).written[2] == "one\n\n  three"


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x08", "\x1b", "\x7f", "\x9b"])
def test_what_steers_a_terminal_is_made_visible(character: str) -> None:
    mail = Mail.of(told(title=f"a{character}b", content=f"a{character}b"))
    assert all(character not in part for part in (mail.subject, mail.text, mail.html))
    assert "a\N{REPLACEMENT CHARACTER}b" in mail.text


def test_the_title_stands_above_the_text() -> None:
    mail = Mail.of(told(title="Lunch?", content="At one."))
    assert mail.text.startswith("Lunch?\n\nAt one.\n")


def test_every_language_and_emoji_gets_through() -> None:
    mail = Mail.of(told(title="午餐", content="غداء 👩🏽‍🚀"))
    assert "午餐" in mail.subject
    assert "غداء 👩🏽‍🚀" in html.unescape(mail.html)


def test_a_mail_says_why_it_came_and_that_nobody_reads_the_answer() -> None:
    mail = Mail.of(told())
    for part in (mail.text, html.unescape(mail.html)):
        assert "your settings" in part
        assert "do not reply" in part
