"""What a terminal may be shown: nothing that others wrote can steer it."""

import unicodedata
from datetime import datetime

# Control characters, and the invisible ones that reorder or hide text: Cc, Cf (without what joins emoji), Zl, Zp.
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINER = "\N{ZERO WIDTH JOINER}"


def visible(text: str) -> str:
    """Escapes every character that could move the cursor, change the title or turn the text around."""
    return "".join(_escaped(character) if _steers(character) else character for character in text)


def line(at: datetime, sender: str, text: str) -> str:
    """One line of the conversation; further lines of a message are indented below the first."""
    first, *more = text.splitlines() or [""]
    head = f"{at.astimezone():%H:%M:%S} {visible(sender)}: "
    return "\n".join([head + visible(first), *("         " + visible(rest) for rest in more)])


def _steers(character: str) -> bool:
    return unicodedata.category(character) in _STEERING and character != _JOINER


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()
