"""Writes the list of crash points anew: `PYTHONPATH=.:docker/local .venv/bin/python -m tests.faults.record`."""

import tempfile
from pathlib import Path

from tests.faults.checker import verdict
from tests.faults.points import FILE
from tests.faults.scenarios import SCENARIOS
from tests.faults.stage import opened


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch, opened(Path(scratch)) as stage:
        plays = {each.name: stage.begin(each.name) for each in SCENARIOS}
        lines = [f"{name}/{point}" for name, play in plays.items() for point in play.result().points]
        for name, play in plays.items():
            print(name, len(play.result().points), verdict(play.result().history) or "well")
    FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
