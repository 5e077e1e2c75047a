"""Measures the cold start of every function beside a bare boto3 handler: `make bench-start`; QUICK=1 takes a minute.

Prints a table, and the result as JSON in the last line, whose `ratios` are our time over the peer's; both are kept in
.local. Compare the ratios of one run, not the figures of two.
"""

import argparse
import json
import sys

from tests.startup.report import page, table
from tests.startup.run import FULL, QUICK, measure
from tests.startup.stack import ROOT


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("--quick", action="store_true", help="three rounds of the foremost functions")
    reader.add_argument("--publish", action="store_true", help="writes docs/startup.md as well")
    options = reader.parse_args()
    result = measure(QUICK if options.quick else FULL)
    local = ROOT / ".local"
    (local / "bench-start.json").write_text(json.dumps(result, indent=2) + "\n")
    for place in (local, ROOT / "docs") if options.publish else (local,):
        (place / "startup.md").write_text(page(result))
    sys.stdout.write(f"{table(result)}\n{json.dumps(result)}\n")


if __name__ == "__main__":
    main()
