"""What is typed means one thing."""

import pytest

from laptop.commands import HELP, Command, Everyone, Quit, To, Write, Wrong, parse


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hello there", Write("hello there")),
        ("  hello \r", Write("hello")),
        ("", None),
        ("   ", None),
        ("/to bob", To("bob")),
        ("/to   Bob ", To("Bob")),
        ("/everyone tea at four", Everyone("tea at four")),
        ("/quit", Quit()),
        ("/to", Wrong(HELP)),
        ("/everyone ", Wrong(HELP)),
        ("/shout hello", Wrong(HELP)),
    ],
)
def test_a_line_is_understood(typed: str, meant: Command | None) -> None:
    assert parse(typed) == meant
