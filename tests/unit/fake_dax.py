"""A DAX cluster of one node, on a socket: it reads and answers by the codec of AWS's own client.

So it shows that we use the client rightly, and what the client does when things go wrong. What the real cluster says,
only AWS can show.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from amazondax.AttributeValueEncoder import encode_values
from amazondax.CborDecoder import NoMoreData
from amazondax.CborEncoder import CborEncoder
from amazondax.Constants import DaxDataRequestParam, DaxMethodIds, DaxResponseParam
from amazondax.DaxCborDecoder import DaxCborDecoder

_MAGIC = "J7yne5G"
_NO_ERROR: list[int] = []
_NODE, _ADDRESS, _PORT, _ROLE, _ZONE, _SESSION = 0, 2, 3, 4, 5, 6
_ATTRIBUTES = 7  # the number under which the attributes of all items are known


@dataclass(slots=True)
class FakeDax:
    """Knows items by their key, all with the same attributes, in DynamoDB's notation."""

    items: Mapping[str, Mapping[str, Any]]
    tls: ssl.SSLContext | None = None
    asked: list[tuple[str, bool]] = field(default_factory=list)  # each key that was read, and whether as of now
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _connections: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"{'daxs' if self.tls else 'dax'}://localhost:{self.port}"

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def hang_up(self) -> None:
        """Ends the connections that there are, as a cluster does that nobody has asked for long."""
        while self._connections:
            with suppress(OSError):  # the client was first
                self._connections.pop().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        self.hang_up()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with self.tls.wrap_socket(connection, server_side=True) if self.tls else connection as wrapped:
                self._connections.append(wrapped)
                self._answer_all(wrapped)
        except (NoMoreData, OSError):  # the client has left, or trusts no such certificate
            return

    def _answer_all(self, connection: socket.socket) -> None:
        heard = DaxCborDecoder(_reading(connection))
        assert heard.decode_string() == _MAGIC
        for _ in ("layering", "session", "client", "types"):
            heard.decode_object()
        while True:
            heard.decode_int()  # the service
            method = heard.decode_int()
            if method == DaxMethodIds.authorizeConnection_1489122155_1_Id:  # the only one that is not answered
                for _ in ("access key", "signature", "what is signed", "session token", "client"):
                    heard.decode_object()
            else:
                connection.sendall(_encoded(_NO_ERROR) + _encoded(self._answer(method, heard)))

    def _answer(self, method: int, heard: Any) -> Any:
        match method:
            case DaxMethodIds.getItem_263244906_1_Id:
                return self._get_item(heard)
            case DaxMethodIds.endpoints_455855874_1_Id:
                address = socket.inet_aton("127.0.0.1")
                return [{_NODE: 1, _ADDRESS: address, _PORT: self.port, _ROLE: 1, _ZONE: "a", _SESSION: 1}]
            case DaxMethodIds.defineKeySchema_N742646399_1_Id:
                heard.decode_binary()  # the table
                return {"userId": "S"}
            case DaxMethodIds.defineAttributeList_670678385_1_Id:
                heard.decode_int()
                return sorted(next(iter(self.items.values())))
        raise AssertionError(f"there is no method {method}")

    def _get_item(self, heard: Any) -> Any:
        heard.decode_binary()  # the table
        key = bytes(heard.decode_binary()).decode()
        options = heard.decode_object() or {}
        self.asked.append((key, bool(options.get(DaxDataRequestParam.ConsistentRead))))
        if key not in self.items:
            return None
        item = self.items[key]
        return {DaxResponseParam.Item: encode_values(item, None, sorted(item), _ATTRIBUTES)}


def _reading(connection: socket.socket) -> Callable[[bytearray, int], int]:
    def more(buffer: bytearray, _: int) -> int:
        received = connection.recv(4096)
        buffer += received
        return len(received)

    return more


def _encoded(value: Any) -> bytes:
    encoder = CborEncoder()
    match value:
        case None:
            encoder.append_null()
        case int():
            encoder.append_int(value)
        case str():
            encoder.append_string(value)
        case bytes() | bytearray():
            encoder.append_binary(value)
        case list():
            encoder.append_array_header(len(value))
            encoder.append_raw(b"".join(map(_encoded, value)))
        case dict():
            encoder.append_map_header(len(value))
            encoder.append_raw(b"".join(_encoded(each) for pair in value.items() for each in pair))
    return bytes(encoder.as_bytes())
