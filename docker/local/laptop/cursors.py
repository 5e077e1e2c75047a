"""Remembers from one run of the client to the next how far somebody has caught up."""

import contextlib
import re
from pathlib import Path

from laptop import private

_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,512}")  # the longest that the API takes


def load(file: Path) -> str | None:
    """Returns the last cursor; None, which stands for the beginning, if there is none that could be one."""
    try:
        text = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    return text if _CURSOR.fullmatch(text) else None


def save(cursor: str, file: Path) -> None:
    with contextlib.suppress(OSError):  # without it the next run asks for more than it needs, and drops what it has
        private.write(cursor, file)
