"""On what it was measured."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime

from tests.bench.conditions import processor
from tests.bench.cores import PINS
from tests.image.docker_cli import IMAGE, docker


def conditions() -> Mapping[str, object]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": processor(),
        "cpus": os.cpu_count(),
        "pinned": PINS,  # the stand-in for AWS on one core, the container on another
        "load": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "docker": docker("version", "--format", "{{.Server.Version}}"),
        "image": docker("image", "inspect", "--format", "{{.Id}}", IMAGE),
    }
