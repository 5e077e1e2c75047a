"""What a terminal may be shown: nothing that others wrote can steer it."""

import unicodedata
from datetime import datetime

# Control characters, and the invisible ones that reorder or hide text: Cc, Cf (without what joins emoji), Zl, Zp.
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINER = "\N{ZERO WIDTH JOINER}"


def visible(text: str) -> str:
    """Escapes every character that could move the cursor, change the title or turn the text around."""
    return "".join(_escaped(character) if _steers(character) else character for character in text)


def line(at: datetime, sender: str, text: str, now: datetime) -> str:
    """One line of the conversation, with the date unless it is today's; further lines of a message are indented."""
    first, *more = text.splitlines() or [""]
    at, now = at.astimezone(), now.astimezone()
    time = f"{at:%H:%M:%S}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M:%S}"
    head = f"{time} {visible(sender)}: "
    return "\n".join([head + visible(first), *("         " + visible(rest) for rest in more)])


def _steers(character: str) -> bool:
    return unicodedata.category(character) in _STEERING and character != _JOINER


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()
