"""The README's tour as data, and terminals to run it in."""

import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```sh tour ?(?P<who>\w*)\n(?P<script>.*?)^```$", re.MULTILINE | re.DOTALL)
_END_S = 10


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block of the tour; `who` names its terminal, and is empty for the reader's own shell."""

    who: str
    script: str


def blocks(readme: Path) -> list[Block]:
    return [Block(found["who"], found["script"]) for found in _BLOCK.finditer(readme.read_text())]


@dataclass(slots=True)
class Terminal:
    """A terminal that somebody sits at."""

    process: subprocess.Popen[bytes]
    descriptor: int
    shown: str = ""

    def expect(self, text: str, timeout_s: float) -> str:
        """Waits until `text` is shown; returns what came before it, and forgets both."""
        deadline = time.monotonic() + timeout_s
        while text not in self.shown:
            if not self._read(deadline - time.monotonic()):
                raise AssertionError(f"{text!r} was not shown within {timeout_s:.0f} s, but:\n{self.shown}")
        before, _, self.shown = self.shown.partition(text)
        return before

    def type(self, line: str) -> None:
        os.write(self.descriptor, f"{line}\n".encode())

    def leave(self) -> None:
        """Types Ctrl-D, and waits for the end of what runs."""
        os.write(self.descriptor, b"\x04")
        self.process.wait(_END_S)

    def _read(self, timeout_s: float) -> bool:
        """Takes what is shown meanwhile; False when nothing was, or nothing will be."""
        if not select.select([self.descriptor], [], [], max(timeout_s, 0))[0]:
            return False
        try:
            chunk = os.read(self.descriptor, 65_536)
        except OSError:  # Linux ends a terminal that nobody writes to any more with EIO
            return False
        self.shown += chunk.decode(errors="replace").replace("\r\n", "\n")
        return bool(chunk)


@contextmanager
def terminal(script: str, cwd: Path, environment: dict[str, str]) -> Iterator[Terminal]:
    """Runs a script of bash in a terminal without an echo, and ends all of it afterwards."""
    mine, theirs = pty.openpty()
    settings = termios.tcgetattr(theirs)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    command = ["bash", "--noprofile", "--norc", "-c", script]
    process = subprocess.Popen(  # noqa: S603 - the README's own commands
        command, cwd=cwd, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        yield Terminal(process, mine)
    finally:
        _end(process)
        os.close(mine)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
