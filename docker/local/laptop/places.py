"""Where things lie in the checkout; whatever a run makes is below `.local`."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """Every path that the laptop stack reads or writes.

    What is made once for all lies in `.local`. So does what belongs to one run, unless `apart` says where.
    """

    root: Path
    apart: Path | None = None

    @property
    def local(self) -> Path:
        return self.root / ".local"

    @property
    def state(self) -> Path:
        return self.apart or self.local

    @property
    def ministack(self) -> Path:
        """MiniStack's own environment: it pins its own botocore."""
        return self.local / "ministack"

    @property
    def functions(self) -> Path:
        """The packages of the image, and nothing else, for functions that run as processes."""
        return self.local / "functions"

    @property
    def npm(self) -> Path:
        """Single packages from npm."""
        return self.local / "npm"

    @property
    def worker(self) -> Path:
        """What hides MiniStack's own packages from those functions."""
        return self.root / "docker/local/worker"

    @property
    def auditor(self) -> Path:
        """MiniStack with somebody who writes down what was asked of it."""
        return self.root / "docker/local/auditor"

    @property
    def synth(self) -> Path:
        return self.local / "synth"

    @property
    def scratch(self) -> Path:
        """MiniStack's temporary files; emptied when it ends."""
        return self.state / "scratch"

    @property
    def log(self) -> Path:
        return self.state / "ministack.log"

    @property
    def run(self) -> Path:
        """What is needed to end the running stack."""
        return self.state / "run.json"

    @property
    def lock(self) -> Path:
        return self.local / "start.lock"

    @property
    def endpoints(self) -> Path:
        return self.state / "endpoints.json"

    def progress(self, name: str) -> Path:
        """How far this person's client has caught up."""
        return self.state / f"cursor-{name.lower()}"

    @property
    def python(self) -> Path:
        return Path(sys.executable)

    def shown(self, path: Path) -> str:
        """The path as somebody in the checkout would type it."""
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)


def here() -> Places:
    """The places of the checkout that this package lies in; LAPTOP_STATE sets a run apart, as the tests do."""
    apart = os.environ.get("LAPTOP_STATE")
    return Places(Path(__file__).resolve().parents[3], Path(apart).resolve() if apart else None)
