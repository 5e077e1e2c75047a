"""On what it was measured: without that, the figures mean nothing to anybody else."""

import os
import platform
import ssl
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.cores import PINS
from tests.bench.peers.orders import PAYLOAD


def conditions() -> Mapping[str, object]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": processor(),
        "cpus": os.cpu_count(),
        "pinned": PINS,  # sinks on one core, the peer that is measured on another
        "load": round(os.getloadavg()[0], 2),  # before the start: what else the machine does
        "kernel": platform.release(),
        "openssl": ssl.OPENSSL_VERSION,
        "nginx": _nginx(),
        "payload_bytes": len(PAYLOAD),
    }


def processor() -> str:
    """Returns what the processor calls itself."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _nginx() -> str:
    """Returns the version, which nginx tells as "nginx version: nginx/1.22.1"."""
    said = subprocess.run(["/usr/sbin/nginx", "-v"], capture_output=True, text=True, check=True).stderr
    return said.strip().rpartition("/")[2]
