"""Processes are ended by number, whole, and never a stranger's."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from laptop import processes
from laptop.errors import LaptopError

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
# Says its own number and its child's, and would go on for a minute.
FAMILY = (
    "import os, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(60)\n"
)
STUBBORN = (
    "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(0, flush=True)\nimport time; time.sleep(60)"
)


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(SLEEP, start_new_session=True) as process:  # noqa: S603
        yield process
        process.kill()


def lead(script: str) -> "tuple[subprocess.Popen[str], int]":
    """Starts a script in a group of its own; returns it with the number that it printed."""
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", script], start_new_session=True, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    with process.stdout:
        return process, int(process.stdout.readline())


def wait_until_gone(pid: int) -> None:
    """A killed process that is not our own child takes a moment to go; the test's time limit is the bound."""
    while processes.identity(pid) is not None:
        time.sleep(0.01)


def test_a_process_keeps_its_identity(sleeper: "subprocess.Popen[bytes]") -> None:
    first = processes.identity(sleeper.pid)
    assert first
    assert processes.identity(sleeper.pid) == first


def test_a_process_that_ended_has_no_identity(sleeper: "subprocess.Popen[bytes]") -> None:
    sleeper.kill()
    sleeper.wait()
    assert processes.identity(sleeper.pid) is None


@pytest.mark.timeout(10)
def test_a_process_that_ended_counts_as_gone_before_anybody_has_asked(sleeper: "subprocess.Popen[bytes]") -> None:
    sleeper.kill()
    wait_until_gone(sleeper.pid)
    assert sleeper.returncode is None


def test_a_stranger_with_the_same_number_is_left_alone(sleeper: "subprocess.Popen[bytes]") -> None:
    assert not processes.end_group(sleeper.pid, "another start")
    assert sleeper.poll() is None


@pytest.mark.timeout(10)
def test_a_group_ends_with_its_children() -> None:
    leader, child = lead(FAMILY)
    started = processes.identity(leader.pid)
    assert started
    assert processes.end_group(leader.pid, started)
    assert leader.wait() == -signal.SIGTERM
    wait_until_gone(child)


def test_a_process_that_ignores_the_request_is_ended_by_force() -> None:
    leader, _ = lead(STUBBORN)
    started = processes.identity(leader.pid)
    assert started
    processes.end_group(leader.pid, started, grace_s=0.1)
    assert leader.wait() == -signal.SIGKILL


def test_a_command_that_fails_shows_the_end_of_what_it_said(tmp_path: Path) -> None:
    script = "print('\\n'.join(map(str, range(100)))); raise SystemExit(3)"
    with pytest.raises(LaptopError) as caught:
        processes.run([sys.executable, "-c", script], tmp_path, os.environ, "The synthesis")
    assert str(caught.value).splitlines()[0] == "The synthesis failed:"
    assert str(caught.value).splitlines()[-1] == "99"
    assert len(str(caught.value).splitlines()) == 21


@pytest.mark.timeout(10)
def test_a_command_ends_with_us(tmp_path: Path) -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    script = f"import os, pathlib; pathlib.Path('pid').write_text(str(os.getpid()))\n{FAMILY}"
    try:
        with pytest.raises(KeyboardInterrupt):
            processes.run([sys.executable, "-c", script], tmp_path, os.environ, "It")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    wait_until_gone(int((tmp_path / "pid").read_text()))
