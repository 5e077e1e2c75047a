"""Measures every function of the catalogue in a container of the image: `make sizing`.

Prints a table; the figures are kept in .local/sizing.json. With `--publish` they become what `docs/sizing.md` shows
and `make cost` counts with.
"""

import argparse
import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.pricing import measured, prices
from tests.image.docker_cli import IMAGE, ROOT
from tests.lane.certificates import certify
from tests.sizing.border import HOST
from tests.sizing.report import page, tables
from tests.sizing.run import Run
from tests.sizing.town import country

LOCAL = ROOT / ".local"
DURATION = "gb-s x86_64"


def main() -> None:
    reader = argparse.ArgumentParser(prog="make sizing", description=__doc__)
    reader.add_argument("--image", default=IMAGE)
    reader.add_argument("--publish", action="store_true", help="keeps the figures in the repository")
    reader.add_argument("--kept", action="store_true", help="measures nothing, and shows what is kept there")
    options = reader.parse_args()
    result = json.loads(measured.FILE.read_text()) if options.kept else _measured(options.image)
    if not options.kept:
        _keep(result, LOCAL / "sizing.json")
    if options.publish:
        _keep(result, measured.FILE)
        (ROOT / "docs/sizing.md").write_text(page(measured.parsed(result), prices.read()[DURATION]))
    sys.stdout.write(tables(measured.parsed(result), prices.read()[DURATION]))


def _measured(image: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # who runs in the container is somebody else
        pems = certify(folder, HOST)
        with country(folder) as land, contextlib.redirect_stdout(io.StringIO()):  # the app's log, of preparing
            return Run(image, land, pems).measured()


def _keep(result: Mapping[str, Any], file: Path) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
