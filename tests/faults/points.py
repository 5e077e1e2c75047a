"""The list of all crash points, as it was recorded.

`python -m tests.faults.record` writes it anew; the change then shows which side effects have come and gone.
"""

from pathlib import Path

FILE = Path(__file__).with_name("points.txt")
SIDES = ("before", "after")


def points() -> tuple[str, ...]:
    """Returns "small/send/publish/before" and the like: scenario, run, side effect, and side."""
    return tuple(line for line in FILE.read_text().splitlines() if line and not line.startswith("#"))


def of(scenario: str) -> set[str]:
    """Returns the points of one scenario, without its name."""
    return {point.partition("/")[2] for point in points() if point.startswith(f"{scenario}/")}
