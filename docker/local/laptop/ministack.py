"""Starts MiniStack, the stand-in for AWS, in an environment that holds only what is written here."""

import hashlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

from laptop.engines import Engine
from laptop.errors import LaptopError
from laptop.places import Places

PORT = 4566
REGION = "eu-central-1"
ACCOUNT = "000000000000"
START_S = 60.0
AUDIT = "LAPTOP_AUDIT"  # names the file for what the functions asked leave for; without it nothing is written down


def free_port(wanted: int | None) -> int:
    """The wanted port or an error; without a wish 4566, or any free one when that is taken."""
    if wanted is None:
        return PORT if _is_free(PORT) else _any_port()
    if not _is_free(wanted):
        raise LaptopError(f"Port {wanted} is taken. Choose another with PORT=, or leave it out")
    return wanted


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(places: Places, engine: Engine, port: int) -> "subprocess.Popen[bytes]":
    """Starts MiniStack as the leader of a group that also holds the functions' processes."""
    shutil.rmtree(places.scratch, ignore_errors=True)
    places.scratch.mkdir(parents=True)
    with places.log.open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own environment's interpreter
            [places.ministack / "bin/python", *program(places)],
            cwd=places.scratch,
            env=environment(places, engine, port),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def program(places: Places) -> list[str]:
    """What the interpreter runs: MiniStack, or the auditor around it."""
    return [str(places.auditor)] if AUDIT in os.environ else ["-m", "ministack"]


def environment(places: Places, engine: Engine, port: int) -> dict[str, str]:
    """All that MiniStack sees; the functions' processes inherit it."""
    scratch = str(places.scratch)
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": scratch,
        "TMPDIR": scratch,  # its pid file and the functions' unpacked code
        "STATE_DIR": f"{scratch}/state",
        "S3_DATA_DIR": f"{scratch}/s3",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": engine.bind,
        "MINISTACK_HOST": "localhost",
        "MINISTACK_HOSTNAME": instance(places),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AUTH": "true",  # requests are signed and each function may do what its role allows, no more
        "CLOUDTRAIL_RECORDING": "1",  # the one place where a push is to be seen
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        **({AUDIT: os.environ[AUDIT]} if AUDIT in os.environ else {}),
        **_executor(engine),
    }


def instance(places: Places) -> str:
    """Marks the containers of this run; MiniStack puts it, with the port, into the label of each."""
    return "laptop-" + hashlib.sha256(str(places.state).encode()).hexdigest()[:12]


def _executor(engine: Engine) -> dict[str, str]:
    if engine.name == "process":
        # Without a Docker socket MiniStack leaves every container of this machine alone.
        return {"LAMBDA_EXECUTOR": "local", "DOCKER_HOST": "unix:///dev/null/none"}
    theirs = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
    return {
        "LAMBDA_EXECUTOR": "docker",
        "LAMBDA_DOCKER_FLAGS": "--read-only --tmpfs /tmp",  # as on AWS
        "DOCKER_HOST": _docker_host(),
        **theirs,
    }


def _docker_host() -> str:
    """Where the engine listens that the docker command uses; Docker Desktop's socket is in the person's home."""
    command = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return answer.stdout.strip() or "unix:///var/run/docker.sock"


def wait(process: "subprocess.Popen[bytes]", places: Places, port: int) -> None:
    """Returns when MiniStack answers; raises LaptopError when it ends or takes longer than START_S."""
    deadline = time.monotonic() + START_S
    while not _is_ready(port):
        if process.poll() is not None:
            raise LaptopError(f"MiniStack ended at once; see {places.shown(places.log)}")
        if time.monotonic() > deadline:
            raise LaptopError(f"MiniStack did not answer within {START_S:.0f} s; see {places.shown(places.log)}")
        time.sleep(0.05)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
