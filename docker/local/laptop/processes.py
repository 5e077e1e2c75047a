"""Starts processes in groups of their own and ends them by number, never by name."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from laptop.errors import LaptopError

GRACE_S = 5.0


def identity(pid: int) -> str | None:
    """Names the process behind a number by its start, or None when there is none.

    Numbers are used again; a number together with its start is not.
    """
    try:
        # Field 22, counted after the command's name, which may itself hold spaces and parentheses.
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None if Path("/proc/self/stat").exists() else _identity_by_ps(pid)
    return None if stat[0] == "Z" else stat[19]


def _identity_by_ps(pid: int) -> str | None:
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]  # macOS has no /proc
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None  # noqa: S603


def end_group(pid: int, started: str, grace_s: float = GRACE_S) -> bool:
    """Ends the group that this process leads, with force after a while; False when it is another's or gone."""
    if identity(pid) != started:
        return False
    _signal_group(pid, signal.SIGTERM)
    _wait_until_gone(pid, started, grace_s)
    _signal_group(pid, signal.SIGKILL)  # the leader is gone; what it started may still be at work
    return True


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _wait_until_gone(pid: int, started: str, grace_s: float) -> None:
    deadline = time.monotonic() + grace_s
    while identity(pid) == started and time.monotonic() < deadline:
        time.sleep(0.02)


def run(command: Sequence[str], cwd: Path, environment: Mapping[str, str], what: str) -> None:
    """Runs a command to its end; when we are interrupted its whole group ends, too.

    Raises LaptopError with the end of what it printed when it fails.
    """
    with subprocess.Popen(  # noqa: S603 - our own commands
        command,
        cwd=cwd,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            _signal_group(process.pid, signal.SIGKILL)
            raise
    if process.returncode:
        raise LaptopError(f"{what} failed:\n{_tail(output)}")


def _tail(output: str, lines: int = 20) -> str:
    return "\n".join(output.strip().splitlines()[-lines:])
