"""Ends a stack that runs elsewhere."""

from laptop import running
from laptop.places import Places


def down(places: Places) -> None:
    """Ends the running stack; that none runs is no error."""
    print("Stopped; nothing is left running" if running.end(places) else "Nothing is running")
