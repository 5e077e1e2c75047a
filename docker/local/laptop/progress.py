"""Says what happens while somebody waits."""

import time
from collections.abc import Callable

Say = Callable[[str], None]


def stopwatch() -> Say:
    """Returns a printer of lines that begin with the seconds since now."""
    start = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - start:5.1f} s  {line}", flush=True)

    return say
