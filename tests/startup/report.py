"""The result as people read it."""

from collections.abc import Mapping
from typing import Any

from tests.startup.subjects import FOREMOST, NOTHING, PEER


def table(result: Mapping[str, Any]) -> str:
    """Returns the cold starts as a table in Markdown, what is compared first."""
    rows = ["| started | ms | range | CPU, ms | to the peer |", "|---|---|---|---|---|"]
    ordered = sorted(result["starts"], key=lambda name: (name not in (PEER, NOTHING), name not in FOREMOST, name))
    return "\n".join([*rows, *(_row(result, name) for name in ordered)]) + "\n"


def page(result: Mapping[str, Any]) -> str:
    """Returns docs/startup.md."""
    return f"""# Cold starts

Written by `make bench-start PUBLISH=1`; do not edit.

{table(result)}
* From the first event to its answer, through the Runtime Interface Emulator in a fresh container of the image:
  read-only, no privileges, one core, files in the page cache. The emulator starts Python when the first event comes;
  what the container engine itself needs is not counted.
* The peer ("{PEER}") is a handler with one boto3 client and one GetItem, in the same image. "{NOTHING}" only returns.
* Behind all of them is MiniStack with the tables of the deployed template, over plain HTTP, on the other core. Each
  function does what it is for: SendMessage sends to somebody, HandleConnection takes a `$connect`. But the ticket of
  AuthorizeConnection is unknown, Deliver's part is closed already, and SendMail and Push find nobody to tell.
* CreateUser and DeleteUser ask the user pool, for which they import the SDK, as SendMail does for its first mail.
* In each of {result["rounds"]} rounds every function is started once and the peer three times, of which the middle one
  counts. "To the peer" is the median of the rounds' ratios. The machine is shared: compare these, not the times.
* {result["cpu"]}, {result["cpus"]} CPUs, load {result["load"]} before; Linux {result["kernel"]}, Docker
  {result["docker"]}, {result["date"]}. Nothing here was measured on AWS.
"""


def _row(result: Mapping[str, Any], name: str) -> str:
    figures, ratio = result["starts"][name], result["ratios"].get(name)
    wall, cpu = figures["wall_ms"], figures["cpu_ms"]
    cells = (
        name,
        f"{wall['median']:.0f}",
        f"{wall['low']:.0f} to {wall['high']:.0f}",
        "" if cpu is None else f"{cpu['median']:.0f}",
        "" if ratio is None else f"{ratio:.2f}",
    )
    return f"| {' | '.join(cells)} |"
