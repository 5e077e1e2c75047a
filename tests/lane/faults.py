"""What the fake @connections server can do to a post."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. A 200 delivers the frame, anything else does not."""

    status: int = 200
    body: bytes = b""
    framing: Literal["length", "chunked", "close"] = "length"
    pieces: int = 1  # writes that the answer is split into
    pause_s: float = 0.0  # before each of the pieces
    says_close: bool = False  # the header `Connection: close`, and closes
    hangs_up: bool = False  # closes after the answer, and does not say so
    error: str = ""  # X-Amzn-ErrorType
    held: bool = False  # until `FakeConnections.release`
    unread: bool = False  # answers when the head is there, and never reads the body

    def wire(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {'OK' if self.status == 200 else 'Trouble'}", "Date: today"]
        if self.error:
            lines.append(f"x-amzn-ErrorType: {self.error}")
        if self.framing == "length":
            lines.append(f"Content-Length: {len(self.body)}")
        elif self.framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
        if self.says_close:
            lines.append("Connection: close")
        return "\r\n".join((*lines, "", "")).encode() + self._body()

    def split(self) -> list[bytes]:
        wire = self.wire()
        size = -(-len(wire) // self.pieces)
        return [wire[at : at + size] for at in range(0, len(wire), size)]

    @property
    def last(self) -> bool:
        return self.says_close or self.hangs_up or self.unread or self.framing == "close"

    def _body(self) -> bytes:
        if self.framing != "chunked":
            return self.body
        half = len(self.body) // 2
        chunks = [chunk for chunk in (self.body[:half], self.body[half:]) if chunk]
        return b"".join(b"%x;part=1\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\nX-Sum: 1\r\n\r\n"


class Silence(Enum):
    """Ways to give no answer."""

    HANG = auto()
    RESET = auto()  # once the request was read
    DROP = auto()  # delivers the frame, and closes
    GARBAGE = auto()  # says something that is no HTTP


Fault: TypeAlias = Reply | Silence

OK = Reply()
GONE = Reply(410, error="GoneException")
THROTTLED = Reply(429, error="LimitExceededException")
TOO_LARGE = Reply(413, b'{"message":"too large"}', error="PayloadTooLargeException")
FORBIDDEN = Reply(403, b'{"message":"Forbidden"}', error="ForbiddenException")
BAD = Reply(400, b'{"message":"Invalid connectionId"}', error="BadRequestException")
BROKEN = Reply(500, b'{"message":"Internal server error"}', error="InternalServerErrorException")
HELD = Reply(held=True)
HANG, RESET, DROP, GARBAGE = Silence
