"""What somebody may type: a message, or one of a few commands."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Write:
    """A message to whoever was chosen last."""

    text: str


@dataclass(frozen=True, slots=True)
class To:
    """Chooses who gets what is typed from now on."""

    name: str


@dataclass(frozen=True, slots=True)
class Everyone:
    """An announcement; the API takes it from administrators only."""

    text: str


@dataclass(frozen=True, slots=True)
class Quit:
    """Ends the conversation."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Not understood; the hint says what would be."""

    hint: str


Command: TypeAlias = Write | To | Everyone | Quit | Wrong

HELP = "/to NAME chooses who gets what you type, /everyone TEXT announces (administrators), /quit ends"


def parse(line: str) -> Command | None:
    """Reads one typed line; None when it holds nothing."""
    line = line.strip()
    if not line.startswith("/"):
        return Write(line) if line else None
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    match word, bool(rest):
        case "/quit", _:
            return Quit()
        case "/to", True:
            return To(rest)
        case "/everyone", True:
            return Everyone(rest)
    return Wrong(HELP)
