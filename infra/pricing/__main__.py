"""Prices a month: `make cost USERS=1000 MESSAGES=20000`, or this with everything that can be assumed otherwise."""

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import MISSING, fields, replace
from pathlib import Path

from infra.pricing import measured, prices
from infra.pricing.bill import Bill, bill
from infra.pricing.chart import chart
from infra.pricing.inventory import Inventory, UnpricedError, inventory, templates_of
from infra.pricing.page import SIZES, page
from infra.pricing.table import table
from infra.pricing.usage import MESSAGES_PER_USER, Usage, UsageError
from infra.stages import STAGES

DOCS = Path(__file__).parents[2] / "docs"
PUBLISHED = "prod"  # the stage that docs/cost.md is about


def main(arguments: Sequence[str]) -> None:
    reader = _reader()
    options = reader.parse_args(arguments)
    try:
        if options.publish:
            publish(inventory(templates_of(STAGES[PUBLISHED])), DOCS)
            return
        month = priced(_usage(options), inventory(templates_of(STAGES[options.stage])))
    except (UsageError, UnpricedError) as error:
        reader.error(str(error))
    sys.stdout.write(table(month, options.stage))


def priced(usage: Usage, stage: Inventory) -> Bill:
    return bill(usage, stage, measured.read(), prices.read())


def publish(stage: Inventory, folder: Path) -> None:
    """Writes cost.md and cost.svg, with pushes: a platform application is made by hand, and so is not in the stage."""
    stage = replace(stage, pushes=True)
    bills = [priced(Usage(users, users * MESSAGES_PER_USER), stage) for users in SIZES]
    (folder / "cost.md").write_text(page(bills, stage, measured.read(), prices.read()))
    (folder / "cost.svg").write_text(chart(bills))


def _usage(options: argparse.Namespace) -> Usage:
    if options.users is None:
        raise UsageError("how many people use the site? make cost USERS=1000, or --users 1000")
    given = {field.name: getattr(options, field.name) for field in fields(Usage)}
    if given["messages"] is None:
        given["messages"] = options.users * MESSAGES_PER_USER
    return Usage(**{name: value for name, value in given.items() if value is not None})


def _reader() -> argparse.ArgumentParser:
    usage = "make cost USERS=1000 [MESSAGES=] [STAGE=], or python -m infra.pricing --users 1000 [...]"
    reader = argparse.ArgumentParser(prog="make cost", usage=usage, description=__doc__)
    reader.add_argument("--stage", default=PUBLISHED, choices=tuple(STAGES))
    reader.add_argument("--publish", action="store_true", help="writes docs/cost.md and docs/cost.svg instead")
    for field in fields(Usage):
        counted = field.default is MISSING
        default = "" if counted else f" ({field.default:g})"
        name, about = f"--{field.name.replace('_', '-')}", f"{field.metadata['about']}{default}"
        reader.add_argument(name, type=_whole if counted else _number, metavar="N", help=about)
    return reader


def _whole(text: str) -> int:
    try:
        return int(text.replace(",", "").replace("_", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is no number to count with")
    return value


if __name__ == "__main__":
    main(sys.argv[1:])
