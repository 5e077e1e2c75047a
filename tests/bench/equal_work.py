"""Proves, apart from what is timed, that every peer does the same work: each id once, whole, signed, over equal TLS."""

import ssl
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.bench.peer import Peer, running
from tests.bench.peers.orders import PAYLOAD, Order
from tests.bench.sinks import Sink, nginx
from tests.lane.certificates import Pems
from tests.lane.fake_connections import FakeConnections

SIGNED = 64  # posts of each peer whose signatures are checked with botocore
COUNTED = 10  # posts for each connection


class UnequalWorkError(Exception):
    """A peer has not done what the others do, so that its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the counting sink has seen of one order."""

    ids: Counter[str]
    connections: int
    tls: frozenset[str]
    sizes: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> "Seen":
        """Reads lines of a count, the kind of what was counted, and its name."""
        found: dict[str, Counter[str]] = {kind: Counter() for kind in ("id", "connection", "tls", "bytes")}
        for line in text.splitlines():
            count, kind, name = line.split(" ", 2)
            found[kind][name] = int(count)
        sizes = frozenset(int(size) for size in found["bytes"])
        return cls(found["id"], len(found["connection"]), frozenset(found["tls"]), sizes)

    def check(self, names: Sequence[str], window: int) -> None:
        """Raises UnequalWorkError if anything but one whole post to each of these has come in."""
        if self.ids != Counter(names):
            surplus, lacking = self.ids - Counter(names), Counter(names) - self.ids
            raise UnequalWorkError(f"{surplus.total()} posts too many, {lacking.total()} too few")
        if self.sizes != {len(PAYLOAD)}:
            raise UnequalWorkError(f"payloads of {sorted(self.sizes)} bytes")
        if self.connections > window:
            raise UnequalWorkError(f"{self.connections} connections instead of {window}")


def verify(peers: Sequence[Peer], window: int, folder: Path, pems: Pems) -> Mapping[str, object]:
    """Has every peer do some work that is looked at closely; raises UnequalWorkError."""
    with nginx(Sink.COUNTING, folder, pems) as url:
        seen = {peer.name: _counted(peer, url, window, pems) for peer in peers}
    for peer in peers:
        _check_signatures(peer, pems)
    tls = frozenset[str]().union(*(each.tls for each in seen.values()))
    if len(tls) > 1:
        raise UnequalWorkError(f"the peers speak {sorted(tls)}")
    connections = {name: each.connections for name, each in seen.items()}
    return {"ids_each": COUNTED * window, "signatures_each": SIGNED, "tls": min(tls), "connections": connections}


def _counted(peer: Peer, url: str, window: int, pems: Pems) -> Seen:
    names, base = _names(COUNTED * window), url.removesuffix("/prod")
    _read(f"{base}/forget", pems)
    with running(peer, url, window, pems) as runner:
        runner.carry_out(Order(0, len(names)))
    seen = Seen.parse(_read(f"{base}/seen", pems))
    seen.check(names, window)
    return seen


def _check_signatures(peer: Peer, pems: Pems) -> None:
    names = _names(SIGNED)
    with FakeConnections(pems) as server, running(peer, server.url, 8, pems) as runner:
        runner.carry_out(Order(0, SIGNED))
    if server.forged or server.frames != {name: [PAYLOAD] for name in names}:
        raise UnequalWorkError(f"{peer.name}: botocore does not sign like that")


def _names(count: int) -> list[str]:
    return [f"FYnv{number:08d}jMCKlg=" for number in range(count)]


def _read(url: str, pems: Pems) -> str:
    with urlopen(url, context=ssl.create_default_context(cafile=str(pems.roots))) as answer:  # noqa: S310 - our own
        text: str = answer.read().decode()
    return text
