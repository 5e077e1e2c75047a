"""Keeps the sinks on one core and the peers on another, so that neither takes the other's time."""

import os
import shutil

_USABLE = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
PINS = len(_USABLE) > 1 and shutil.which("taskset") is not None
SINKS, PEERS = (_USABLE[0], _USABLE[-1]) if PINS else (0, 0)


def pinned(core: int, command: list[str]) -> list[str]:
    """Returns the command that runs `command` on one core, or itself where that makes no sense."""
    return ["taskset", "--cpu-list", str(core), *command] if PINS else command
