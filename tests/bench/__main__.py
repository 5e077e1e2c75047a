"""Measures the post lane beside the AWS SDKs: `make bench`, or `make bench QUICK=1` for a look within a minute.

Prints a table, and the result as JSON in the last line; both and a plot are kept in .local. CPU is that of the
client's process (getrusage) over posts on warm connections; sinks are other processes. A machine is never quiet:
compare the ratios of one run, not the figures of two.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.peer import ROOT
from tests.bench.plot import plot
from tests.bench.report import page, table
from tests.bench.run import FULL, QUICK, Bench
from tests.lane.certificates import certify

LOCAL, DOCS = ROOT / ".local", ROOT / "docs"


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--quick", action="store_true", help="within a minute")
    reader.add_argument("--publish", action="store_true", help="writes docs/benchmark.md and .svg as well")
    options = reader.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's worker is somebody else
        result = Bench(QUICK if options.quick else FULL, folder, certify(folder), began).run()
    LOCAL.mkdir(exist_ok=True)
    (LOCAL / "bench.json").write_text(json.dumps(result, indent=2) + "\n")
    for place in (LOCAL, DOCS) if options.publish else (LOCAL,):
        (place / "benchmark.md").write_text(page(result))
        (place / "benchmark.svg").write_text(plot(result))
    sys.stdout.write(f"{table(result)}\n{json.dumps(result)}\n")


if __name__ == "__main__":
    main()
