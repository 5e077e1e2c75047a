"""One function in a container of the image, and what its process has taken of the machine; needs Linux's /proc."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.catalogue import Function
from tests.image.docker_cli import AS_UNDER_LAMBDA, docker
from tests.image.emulator import PATH, Emulator, await_server
from tests.sizing.border import HOST

VCPU_MB = 1769  # of memory; Lambda gives so much of a vCPU as there is of this
PERIOD_US = 20_000  # docker's own is five times as long: what an invocation needs fits in, and is never slowed down
START_TIMEOUT_S = 20
ROOTS = "/roots.pem"


@dataclass(frozen=True, slots=True)
class Contained:
    """A function behind the emulator, with the share of a vCPU that Lambda gives for a size of memory."""

    emulator: Emulator
    pid: int  # of the container's first process

    def resize(self, memory_mb: int) -> None:
        quota_us = max(1_000, round(PERIOD_US * memory_mb / VCPU_MB))
        size = f"{memory_mb}m"
        docker(
            "update", f"--cpu-quota={quota_us}", f"--memory={size}", f"--memory-swap={size}", self.emulator.container
        )

    def cpu_ms(self) -> float:
        """Returns the CPU that the runtime and the function have taken since they started; 0 if they have not."""
        return sum(_ran_ns(task) for task in self._tasks()) / 1e6

    def peak_mb(self) -> float:
        """Returns the most memory that was resident at a time."""
        found = re.search(r"VmHWM:\s+(\d+) kB", (self._process() / "status").read_text())
        assert found
        return int(found[1]) / 1024

    def log_lines(self) -> list[str]:
        """Returns what the function itself has written; the emulator's own lines are no JSON."""
        return [line for line in docker("logs", self.emulator.container).splitlines() if line.startswith("{")]

    def metrics(self) -> list[str]:
        """Returns the names of all metrics that the function has written."""
        lines = [json.loads(line) for line in self.log_lines()]
        declared = [each for line in lines for each in line.get("_aws", {}).get("CloudWatchMetrics", ())]
        return sorted({metric["Name"] for each in declared for metric in each["Metrics"]})

    def _tasks(self) -> list[Path]:
        process = self._process()
        return [] if process == Path() else list((process / "task").iterdir())

    def _process(self) -> Path:
        """Returns the process of the runtime: the emulator's child, which it starts with the first event."""
        children = Path(f"/proc/{self.pid}/task").glob("*/children")
        found = [name for file in children for name in file.read_text().split()]
        return Path(f"/proc/{found[-1]}") if found else Path()


def _ran_ns(task: Path) -> int:
    return int((task / "schedstat").read_text().split()[0])


@contextmanager
def contained(function: Function, image: str, environment: Mapping[str, str], roots: Path) -> Iterator[Contained]:
    """Runs a function with a whole vCPU and as much memory as goes with it."""
    variables = {**environment, "AWS_CA_BUNDLE": ROOTS}
    options = [f"--env={name}={value}" for name, value in variables.items()]
    options += [f"--add-host={HOST}:host-gateway", f"--volume={roots}:{ROOTS}:ro", "--publish=127.0.0.1::8080"]
    options += [f"--cpu-period={PERIOD_US}", f"--cpu-quota={PERIOD_US}"]
    options += [f"--memory={VCPU_MB}m", f"--memory-swap={VCPU_MB}m"]
    identifier = docker("run", "--detach", *AS_UNDER_LAMBDA, *options, image, function.handler)
    try:
        address = docker("port", identifier, "8080/tcp").splitlines()[0]
        await_server(f"http://{address}/")
        pid = int(docker("inspect", "--format", "{{.State.Pid}}", identifier))
        yield Contained(Emulator(identifier, f"http://{address}{PATH}"), pid)
    finally:
        docker("rm", "--force", "--volumes", identifier)
