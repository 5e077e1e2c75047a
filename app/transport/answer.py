"""Reads HTTP/1.1 answers (RFC 9112): the usual one at a glance, every other one byte by byte if need be."""

from enum import Enum, auto

_DIGITS = b"0123456789abcdef"
LARGEST = 65_536  # bytes of one answer whose body nobody wants; API Gateway's have some hundred


class MalformedError(Exception):
    """The peer does not speak HTTP, or says more than it should."""


def is_plain_ok(data: bytes) -> bool:
    """Says whether `data` is a whole answer 200 without a body, after which the connection can be used again.

    It may say no to one that is: `Answer` then reads it.
    """
    if not (data.startswith(b"HTTP/1.1 200 ") and data.find(b"\r\n\r\n") == len(data) - 4):
        return False
    head = data.lower()
    return (
        b"\r\ncontent-length: 0\r\n" in head
        and head.count(b"content-length") == 1
        and b"transfer-encoding" not in head
        and b"close" not in head
    )


class _Body(Enum):
    NONE = auto()  # its head is not complete
    SIZED = auto()
    CHUNKED = auto()
    TO_THE_END = auto()


class Answer:
    """One answer, fed with whatever pieces the network makes of it.

    Once `done` is true, `status`, `reusable`, `error` and `fields` hold, and `body` where it is kept; else it is read
    over.
    """

    __slots__ = (
        "_body",
        "_head",
        "_largest",
        "_left",
        "_pieces",
        "_seen",
        "_trailing",
        "done",
        "error",
        "fields",
        "reusable",
        "status",
    )

    def __init__(self, largest: int = LARGEST, *, keeps_body: bool = False) -> None:
        """`largest`: bytes of the whole answer; more than that is malformed."""
        self.status = 0
        self.reusable = True  # the connection can take another request
        self.error = ""  # what AWS calls it: the header X-Amzn-ErrorType without what may follow a colon
        self.done = False
        self.fields: dict[bytes, bytes] = {}  # by name in lower case
        self._largest = largest
        self._pieces: list[bytes] | None = [] if keeps_body else None
        self._head = b""  # what is not yet understood
        self._left = 0  # bytes of the body, or of the chunk and its line end
        self._body = _Body.NONE
        self._trailing = False  # after the last chunk
        self._seen = 0

    @property
    def body(self) -> bytes:
        return b"".join(self._pieces or ())

    def feed(self, data: bytes) -> None:
        """Takes the next bytes; raises MalformedError."""
        self._seen += len(data)
        if self._seen > self._largest:
            raise MalformedError
        data, self._head = self._head + data, b""
        while data and not self.done:
            data = self._step(data)
        if data:
            self.reusable = False  # nobody asked for what comes now

    def end(self) -> None:
        """The peer has closed; raises MalformedError if that was too early."""
        self.reusable = False
        if self._body is _Body.TO_THE_END:
            self.done = True
        if not self.done:
            raise MalformedError

    def _step(self, data: bytes) -> bytes:
        if self._body is _Body.NONE:
            return self._read_head(data)
        if self._body is _Body.TO_THE_END:
            self._keep(data, len(data))
            return b""
        if self._left:
            taken = min(self._left, len(data))
            self._keep(data, min(taken, self._left - self._line_end))
            self._left -= taken
            self.done = not self._left and self._body is _Body.SIZED
            return data[taken:]
        return self._read_chunk_line(data)

    @property
    def _line_end(self) -> int:
        """How many of the bytes that are left are no part of the body."""
        return 2 if self._body is _Body.CHUNKED else 0

    def _keep(self, data: bytes, count: int) -> None:
        if self._pieces is not None and count > 0:
            self._pieces.append(data[:count])

    def _read_head(self, data: bytes) -> bytes:
        head, found, rest = data.partition(b"\r\n\r\n")
        if not found:
            self._head = data
            return b""
        first, *lines = head.split(b"\r\n")
        self._read_status(first)
        fields = self.fields = _fields(lines)
        if 100 <= self.status < 200:
            return rest  # "100 Continue" and its like; the answer is still to come
        self.error = fields.get(b"x-amzn-errortype", b"").partition(b":")[0].decode("latin-1")
        self._choose_body(fields)
        return rest

    def _read_status(self, line: bytes) -> None:
        version, _, rest = line.partition(b" ")
        code = rest[:3]
        if version not in (b"HTTP/1.1", b"HTTP/1.0") or not (code.isdigit() and len(code) == 3 and code >= b"100"):
            raise MalformedError
        if rest[3:4] not in (b"", b" "):
            raise MalformedError
        self.status = int(code)
        self.reusable = version == b"HTTP/1.1"

    def _choose_body(self, fields: dict[bytes, bytes]) -> None:
        if b"close" in _tokens(fields.get(b"connection", b"")):
            self.reusable = False
        coding, length = fields.get(b"transfer-encoding"), fields.get(b"content-length")
        if self.status in (204, 304):
            self._body, self.done = _Body.SIZED, True
        elif coding is not None:
            if length is not None or _tokens(coding)[-1] != b"chunked":
                self.reusable = False
            self._body = _Body.CHUNKED if _tokens(coding)[-1] == b"chunked" else _Body.TO_THE_END
        elif length is not None:
            self._body, self._left = _Body.SIZED, _size(length, 10, self._largest)
            self.done = not self._left
        else:
            self._body, self.reusable = _Body.TO_THE_END, False

    def _read_chunk_line(self, data: bytes) -> bytes:
        line, found, rest = data.partition(b"\r\n")
        if not found:
            self._head = data
            return b""
        if self._trailing:
            self.done = not line  # an empty line ends the trailer fields
        else:
            size = _size(line.partition(b";")[0].strip(), 16, self._largest)
            self._left = size + 2 if size else 0
            self._trailing = not size
        return rest


def _fields(lines: list[bytes]) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        key, value = name.lower(), value.strip()
        if not colon or not name or name != name.strip():
            raise MalformedError
        if key == b"content-length" and fields.get(key, value) != value:
            raise MalformedError
        several = key in fields and key != b"content-length"
        fields[key] = fields[key] + b"," + value if several else value
    return fields


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip() for token in value.lower().split(b",")]


def _size(digits: bytes, base: int, largest: int) -> int:
    if not digits or digits.strip(_DIGITS[:base] + _DIGITS[10:base].upper()):  # int() takes signs and blanks too
        raise MalformedError
    size = int(digits[:12], base)
    if size > largest:
        raise MalformedError
    return size
