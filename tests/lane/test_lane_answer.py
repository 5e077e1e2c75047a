"""Answers of HTTP/1.1, whole and in any pieces."""

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.transport.answer import LARGEST, Answer, MalformedError, is_plain_ok
from tests.lane.faults import Reply

PLAIN = (
    b"HTTP/1.1 200 OK\r\nDate: today\r\nx-amzn-RequestId: 1-2\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
)


class Result(NamedTuple):
    status: int
    error: str
    reusable: bool


def read(*pieces: bytes, ended: bool = False) -> Result | None:
    """Feeds the pieces as the socket does; None if the answer is not complete."""
    answer = Answer()
    for piece in pieces:
        answer.feed(piece)
        if answer.done:
            break
    if ended and not answer.done:
        answer.end()
    return Result(answer.status, answer.error, answer.reusable) if answer.done else None


def cut(wire: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(wire) + 1) for place in places), len(wire)]
    return [wire[begin:end] for begin, end in pairwise(edges) if begin < end]


REPLIES = st.builds(
    Reply,
    status=st.sampled_from([200, 204, 400, 403, 410, 413, 429, 500, 503]),
    body=st.binary(max_size=300),
    framing=st.sampled_from(["length", "chunked", "close"]),
    says_close=st.booleans(),
    error=st.sampled_from(["", "GoneException", "LimitExceededException:http://example.com/"]),
).filter(lambda reply: reply.status != 204 or (not reply.body and reply.framing == "length"))


@given(REPLIES, st.lists(st.integers(0, 1000)), st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n"]))
def test_an_answer_in_any_pieces_reads_like_the_whole(reply: Reply, places: list[int], before: bytes) -> None:
    wire = before + reply.wire()
    expected = Result(reply.status, reply.error.partition(":")[0], not reply.says_close and reply.framing != "close")
    assert read(wire, ended=True) == expected
    assert read(*cut(wire, places), ended=True) == expected


@given(REPLIES, st.integers(0, 1000))
def test_an_answer_is_not_complete_before_its_last_byte(reply: Reply, place: int) -> None:
    wire = reply.wire()
    assert read(*cut(wire[: place % len(wire)], [place // 2])) is None


@given(REPLIES.filter(lambda reply: reply.framing != "close"), st.integers(1, 1000))
def test_an_answer_that_breaks_off_is_malformed(reply: Reply, place: int) -> None:
    wire = reply.wire()
    with pytest.raises(MalformedError):
        read(wire[: place % len(wire)], ended=True)


@given(REPLIES)
@example(Reply(error="GoneException"))
def test_what_looks_plain_is_an_empty_200_on_a_connection_to_keep(reply: Reply) -> None:
    found = read(reply.wire(), ended=True)
    assert found is not None
    plain = found.status == 200 and found.reusable and reply.framing == "length" and not reply.body
    assert is_plain_ok(reply.wire()) == plain


@given(st.lists(st.integers(0, 1000), min_size=1))
def test_the_usual_answer_is_seen_at_a_glance_only_whole(places: list[int]) -> None:
    assert is_plain_ok(PLAIN)
    pieces = cut(PLAIN, places)
    assert [is_plain_ok(piece) for piece in pieces] == [len(pieces) == 1] * len(pieces)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"200", b"201"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"Length: 0", b"Length: 00"),
        (b"Length: 0", b"Length: 5"),
        (b"Date: today", b"Content-Length: 5"),
        (b"Date: today", b"Transfer-Encoding: chunked"),
        (b"keep-alive", b"close"),
        (b"Content-Length: 0\r\n", b""),
        (b"\r\n\r\n", b"\r\n\r\nmore"),
        (b"\r\n\r\n", b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
    ],
)
def test_nothing_else_is_seen_at_a_glance(old: bytes, new: bytes) -> None:
    assert not is_plain_ok(PLAIN.replace(old, new))


@pytest.mark.parametrize("spelled", [b"content-length", b"CONTENT-LENGTH", b"Content-Length"])
def test_names_are_read_in_any_case(spelled: bytes) -> None:
    wire = PLAIN.replace(b"Content-Length", spelled)
    assert is_plain_ok(wire)
    assert read(wire) == (200, "", True)


def test_what_follows_the_answer_costs_the_connection() -> None:
    assert read(PLAIN + b"HTTP/1.1 200 OK\r\n") == (200, "", False)


def test_old_http_closes() -> None:
    assert read(PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0")) == (200, "", False)


@pytest.mark.parametrize(
    "wire",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 099 Low\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nname : value\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: value\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        b"x" * (LARGEST + 1),
    ],
)
def test_what_is_no_answer_is_malformed(wire: bytes) -> None:
    with pytest.raises(MalformedError):
        read(wire)
