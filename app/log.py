"""Writes the log: one JSON line an event, with ids and never with content, addresses, tokens or tickets.

Lines go to standard output, which Lambda takes as they are. Python's logging is not used for them: its JSON form
is the Lambda runtime's and therefore absent on a laptop, and it would print an exception's text, in which
validation libraries repeat what the caller sent.
"""

import json
import os
import time
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

NAMESPACE = "SiteCommunications"  # of the metrics
Level = Literal["INFO", "WARN", "ERROR"]

_invocation: ContextVar[Mapping[str, str] | None] = ContextVar("_invocation", default=None)


def begin_invocation(invocation_id: str) -> None:
    """Has every line that is written from here on say which call of which function it belongs to."""
    about = {
        "function": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        "invocationId": invocation_id,
        "traceId": _trace_id(os.environ.get("_X_AMZN_TRACE_ID", "")),
    }
    _invocation.set({name: value for name, value in about.items() if value})


def log(event: str, *, level: Level = "INFO", **ids: str | float | bool | None) -> None:
    """Writes one line; `ids` are identifiers, counts and durations only."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = {"timestamp": moment, "level": level, "event": event, **(_invocation.get() or {}), **ids}
    print(json.dumps(line, separators=(",", ":")), flush=True)


def metrics(**figures: float) -> None:
    """Writes CloudWatch metrics of this function, in the embedded metric format; that is a line, and no call of AWS.

    They are counts, but for those whose name ends in Ms.
    """
    declared = [{"Name": name, "Unit": "Milliseconds" if name.endswith("Ms") else "Count"} for name in figures]
    about = {"Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": declared}
    line = {
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [about]},
        "FunctionName": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
        **figures,
    }
    print(json.dumps(line, separators=(",", ":")), flush=True)


def log_exception(event: str, error: BaseException, **ids: str | float | bool | None) -> None:
    """Writes where an exception came from and of what kind it is, and leaves out what it says."""
    frames = traceback.extract_tb(error.__traceback__)
    trace = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    log(event, level="ERROR", error=type(error).__name__, trace=trace, **ids)


def _trace_id(header: str) -> str:
    """Returns X-Ray's id of a trace from "Root=1-...;Parent=...;Sampled=1"."""
    fields = dict(field.partition("=")[::2] for field in header.split(";"))
    return fields.get("Root", "")
