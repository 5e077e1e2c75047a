"""Files that only their owner may read."""

import os
from pathlib import Path


def write(text: str, file: Path) -> None:
    """Puts the file into place whole, for its owner only."""
    unfinished = file.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:  # noqa: PTH123
        handle.write(text)
    unfinished.rename(file)
