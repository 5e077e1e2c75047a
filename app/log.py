"""Writes the log: one JSON line an event, with ids and never with content, addresses, tokens or tickets.

Lines go to standard output, which Lambda takes as they are. Python's logging is not used for them: its JSON form
is the Lambda runtime's and therefore absent on a laptop, and it would print an exception's text, in which
validation libraries repeat what the caller sent.
"""

import json
import os
import time
import traceback
from datetime import UTC, datetime
from typing import Literal

NAMESPACE = "SiteCommunications"  # of the metrics
Level = Literal["INFO", "WARN", "ERROR"]


def log(event: str, *, level: Level = "INFO", **ids: str | float | bool | None) -> None:
    """Writes one line; `ids` are identifiers, counts and durations only."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"timestamp": moment, "level": level, "event": event, **ids}
    print(json.dumps(line, separators=(",", ":")), flush=True)


def metrics(**counts: int) -> None:
    """Writes counts as CloudWatch metrics of this function, in the embedded metric format."""
    declared = [{"Name": name, "Unit": "Count"} for name in counts]
    about = {"Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": declared}
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [about]},
        "FunctionName": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        **counts,
    }
    print(json.dumps(line, separators=(",", ":")), flush=True)


def log_exception(event: str, error: BaseException, **ids: str | float | bool | None) -> None:
    """Writes where an exception came from and of what kind it is, and leaves out what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    trace = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    log(event, level="ERROR", error=type(error).__name__, trace=trace, **ids)
