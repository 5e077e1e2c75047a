"""Opens connections without blocking the loop: name, TCP, TLS."""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias

from app.transport.endpoint import Endpoint
from app.transport.raw_socket import Direction, RawSocket, ready

DIAL_S = 1.5  # for name, TCP and TLS together; leaves a post time to be sent
CONNECT_S = 0.5  # for TCP to one address, so that there is time to try another
NAMES_S = 20.0  # how long the addresses of a name are believed; API Gateway's records live for 60 s

Address: TypeAlias = tuple[socket.AddressFamily, tuple[Any, ...]]
Lookup: TypeAlias = Callable[[str, int], Awaitable[list[Address]]]


class DialError(Exception):
    """No connection: nothing was sent, so trying again is safe."""


async def system_lookup(host: str, port: int) -> list[Address]:
    """Asks the system's resolver, in the loop's thread pool; raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


def verifying_context(roots: Path | None = None) -> ssl.SSLContext:
    """Returns a context that verifies certificate and host name, against the PEM file `roots` or the system's store.

    Loading the system's bundle costs 18-33 ms (performance.md). Its directory of single certificates, where there is
    one, costs nothing: OpenSSL reads from it the one root that a chain ends in. Variables that name a bundle go first.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    paths = ssl.get_default_verify_paths()
    bundle = roots or os.environ.get("AWS_CA_BUNDLE") or os.environ.get(paths.openssl_cafile_env)
    if bundle:
        context.load_verify_locations(cafile=bundle)
    elif paths.capath and any(Path(paths.capath).glob("*.0")):
        context.load_verify_locations(capath=paths.capath)
    else:
        context.load_default_certs()
    return context


class Dialer:
    """Knows the way to one endpoint: its addresses, its roots of trust, and a TLS session to resume."""

    def __init__(self, endpoint: Endpoint, roots: Path | None = None, lookup: Lookup = system_lookup) -> None:
        self._endpoint, self._roots, self._lookup = endpoint, roots, lookup
        self._context: ssl.SSLContext | None = None
        self._session: ssl.SSLSession | None = None
        self._addresses: list[Address] = []
        self._known_until = 0.0
        self._turn = 0  # which address is next: new connections spread over all of them
        self._asking, self._loading = asyncio.Lock(), asyncio.Lock()

    async def dial(self) -> RawSocket:
        """Returns a connected, verified, non-blocking socket within DIAL_S seconds; raises DialError."""
        try:
            async with asyncio.timeout(DIAL_S):
                raw = await self._dial_any()
        except (OSError, TimeoutError, UnicodeError) as error:  # a TLS failure is an OSError; a name can be no name
            self._known_until = 0.0  # the next one asks for the addresses anew
            raise DialError from error
        return raw

    def learn(self, raw: RawSocket | None) -> None:
        """Remembers the TLS session of a connection that has served, to make the next handshakes cheaper.

        With TLS 1.3 the peer sends what it takes only after the handshake, so it is too early there.
        """
        if isinstance(raw, ssl.SSLSocket):
            session = raw.session
            if session is not None and session.has_ticket:
                self._session = session

    async def _dial_any(self) -> RawSocket:
        addresses = await self._names()
        for tries_left in reversed(range(len(addresses))):
            self._turn += 1
            family, address = addresses[self._turn % len(addresses)]
            try:
                return await self._dial_one(family, address)
            except OSError:
                if not tries_left:
                    raise
        raise OSError("a name without addresses")

    async def _names(self) -> list[Address]:
        loop = asyncio.get_running_loop()
        async with self._asking:  # one asks, the others wait for its answer
            if loop.time() < self._known_until:
                return self._addresses
            try:
                self._addresses = await self._lookup(self._endpoint.host, self._endpoint.port)
            except OSError:
                if not self._addresses:
                    raise  # else better an old address than none
            self._known_until = loop.time() + NAMES_S
        return self._addresses

    async def _dial_one(self, family: socket.AddressFamily, address: tuple[Any, ...]) -> RawSocket:
        raw = await self._new(family)
        try:
            async with asyncio.timeout(CONNECT_S):
                await _connect(raw, address)
            if isinstance(raw, ssl.SSLSocket):
                while (wanted := _shake(raw)) is not None:
                    await ready(raw, wanted)
        except BaseException:
            raw.close()
            raise
        return raw

    async def _new(self, family: socket.AddressFamily) -> socket.socket:
        context = await self._trust() if self._endpoint.tls else None
        raw = socket.socket(family, socket.SOCK_STREAM)
        raw.setblocking(False)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is None:
            return raw
        # Before it is connected: wrapping a connection that was reset meanwhile leaks it in Python 3.11 and 3.12.
        return context.wrap_socket(
            raw, server_hostname=self._endpoint.host, do_handshake_on_connect=False, session=self._session
        )

    async def _trust(self) -> ssl.SSLContext:
        async with self._loading:
            if self._context is None:
                loop = asyncio.get_running_loop()
                self._context = await loop.run_in_executor(None, verifying_context, self._roots)
        return self._context


async def _connect(raw: socket.socket, address: tuple[Any, ...]) -> None:
    code = raw.connect_ex(address)
    if code in (errno.EINPROGRESS, errno.EAGAIN):
        await ready(raw, "write")
        code = raw.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


def _shake(tls: ssl.SSLSocket) -> Direction | None:
    """Takes the handshake as far as it goes now; returns what it waits for, or None when it is done."""
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return "read"
    except ssl.SSLWantWriteError:
        return "write"
    return None
