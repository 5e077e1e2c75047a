"""Nothing that others write can steer the terminal."""

from datetime import UTC, datetime, timedelta

import pytest

from laptop.screen import line, visible

NOON = datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC).astimezone()


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),  # clears the screen
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),  # changes the title
        ("\x9b2J", r"\x9b2J"),  # the same escape in one character
        ("safe\rover", r"safe\rover"),  # writes over the line
        ("a\x08b", r"a\x08b"),
        ("\u202eabc", r"\u202eabc"),  # turns the text around
        ("\u2028", r"\u2028"),
        ("\ud800", r"\ud800"),  # would break the output's encoding
    ],
)
def test_what_could_steer_is_escaped(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


@pytest.mark.parametrize("text", ["hello", "Grüße, 世界", "👩‍👩‍👧", r"C:\new"])
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_a_line_has_the_time_and_the_sender() -> None:
    assert line(NOON, "Alice", "hello", NOON) == f"{NOON:%H:%M:%S} Alice: hello"


def test_a_line_of_another_day_has_the_date_too() -> None:
    now = NOON + timedelta(days=1)
    assert line(NOON, "Alice", "hello", now) == f"{NOON:%Y-%m-%d %H:%M:%S} Alice: hello"


def test_a_second_line_cannot_pass_for_another_message() -> None:
    assert line(NOON, "Alice", "one\n12:00:02 Bob: two", NOON).splitlines()[1].startswith("         12:00:02")


def test_a_name_cannot_steer_either() -> None:
    assert "\x1b" not in line(NOON, "\x1b[2J", "hello", NOON)
