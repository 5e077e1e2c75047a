"""One connection, against every mood of the socket below it."""

import itertools
import ssl

import pytest

from app.delivery.post_socket import RECEIVE, TLS_RECORD
from tests.lane.faults import GONE, Reply
from tests.lane.scripted import NotingLoop, Scene, ScriptedSocket, Step

REQUEST = b"POST /prod/@connections/c%3D HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"
OK = Reply().wire()
WANT_READ, WANT_WRITE, BLOCKED = ssl.SSLWantReadError(), ssl.SSLWantWriteError(), BlockingIOError()
RESET = ConnectionResetError()


def scene(*, sends: list[Step] | None = None, receives: list[Step] | None = None) -> Scene:
    return Scene(ScriptedSocket(sends or [], receives or []))


def test_a_post_is_one_send_and_one_receive() -> None:
    it = scene(receives=[OK])
    it.socket.begin("p", REQUEST, 1.0)
    assert it.loop.writer is None
    it.loop.readable()
    assert (it.raw.written, it.told, it.raw.closed) == (REQUEST, [("p", 200, "")], False)


def test_a_connection_carries_one_post_after_another() -> None:
    it = scene(receives=[OK, GONE.wire(), OK])
    for post in ("p", "q", "r"):
        it.socket.begin(post, REQUEST, 1.0)
        it.loop.readable()
    assert it.told == [("p", 200, ""), ("q", 410, "GoneException"), ("r", 200, "")]
    assert it.raw.written == REQUEST * 3


def test_a_short_write_is_carried_on_when_there_is_room() -> None:
    it = scene(sends=[10, 1, BLOCKED, 20], receives=[])
    it.socket.begin("p", REQUEST, 1.0)
    while it.loop.writer is not None:
        it.loop.writable()
    assert (it.raw.written, it.told) == (REQUEST, [])
    it.raw.receives.append(OK)
    it.loop.readable()
    assert it.told == [("p", 200, "")]


@pytest.mark.parametrize("wanted", [WANT_WRITE, BLOCKED])
def test_a_full_buffer_is_waited_for(wanted: Exception) -> None:
    it = scene(sends=[wanted])
    it.socket.begin("p", REQUEST, 1.0)
    assert it.raw.written == b""
    it.loop.writable()
    assert (it.raw.written, it.loop.writer) == (REQUEST, None)


def test_tls_may_want_to_read_before_it_sends() -> None:
    it = scene(sends=[WANT_READ], receives=[WANT_READ, OK])
    it.socket.begin("p", REQUEST, 1.0)
    assert (it.raw.written, it.loop.writer) == (b"", None)
    it.loop.readable()
    assert it.raw.written == REQUEST
    it.loop.readable()
    assert it.told == [("p", 200, "")]


def test_tls_may_want_to_read_in_the_middle_of_a_short_write() -> None:
    it = scene(sends=[10, WANT_READ], receives=[WANT_READ, WANT_READ, OK])
    it.socket.begin("p", REQUEST, 1.0)
    it.loop.writable()
    it.loop.readable()
    assert it.raw.written == REQUEST
    it.loop.readable()
    assert it.told == [("p", 200, "")]


def test_tls_may_want_to_write_before_it_receives() -> None:
    it = scene(receives=[WANT_WRITE, OK])
    it.socket.begin("p", REQUEST, 1.0)
    it.loop.readable()
    assert it.told == []
    it.loop.writable()
    assert (it.told, it.loop.writer) == ([("p", 200, "")], None)


@pytest.mark.parametrize("reply", [Reply(body=b"hello"), Reply(body=b"hello", framing="chunked"), GONE])
def test_an_answer_in_two_pieces_is_read_wherever_it_is_split(reply: Reply) -> None:
    wire = reply.wire()
    for at, blocks in itertools.product(range(1, len(wire)), (False, True)):
        it = scene(receives=[wire[:at], *([BLOCKED] if blocks else []), wire[at:]])
        it.socket.begin("p", REQUEST, 1.0)
        it.loop.readable()
        if blocks:
            it.loop.readable()
        assert it.told == [("p", reply.status, reply.error)]
        assert not it.raw.closed


def test_what_tls_has_decrypted_already_is_read_without_waiting() -> None:
    wire = Reply(413, b"x" * 3 * RECEIVE).wire()
    it = scene(receives=[wire[at : at + RECEIVE] for at in range(0, len(wire), RECEIVE)])
    it.socket.begin("p", REQUEST, 1.0)
    it.loop.readable()  # the loop calls once: below, there is nothing left to be readable
    assert it.told == [("p", 413, "")]


def test_a_body_that_ends_with_the_connection_is_an_answer() -> None:
    it = scene(receives=[Reply(413, b"too much", framing="close").wire(), b""])
    it.socket.begin("p", REQUEST, 1.0)
    it.loop.readable()
    assert (it.told, it.raw.closed) == ([("p", 413, "")], True)


@pytest.mark.parametrize("reply", [Reply(says_close=True), Reply(410, says_close=True)])
def test_a_connection_that_is_to_close_is_not_used_again(reply: Reply) -> None:
    it = scene(receives=[reply.wire()])
    it.socket.begin("p", REQUEST, 1.0)
    it.loop.readable()
    assert (it.told, it.raw.closed, it.loop.reader) == ([("p", reply.status, "")], True, None)


def test_an_answer_before_the_request_was_written_counts_and_closes() -> None:
    it = scene(sends=[10], receives=[Reply(413).wire()])
    it.socket.begin("p", REQUEST, 1.0)
    it.loop.readable()
    assert (it.told, it.raw.closed, it.loop.writer) == ([("p", 413, "")], True, None)


@pytest.mark.parametrize("farewell", [b"", RESET, b"HTTP/1.1 408 Request Timeout\r\n\r\n", ssl.SSLEOFError()])
def test_idle_and_readable_means_closed(farewell: Step) -> None:
    it = scene(receives=[farewell])
    it.loop.readable()
    assert (it.told, it.raw.closed, it.loop.reader) == ([(None, "unwritten")], True, None)


def test_a_tls_ticket_on_an_idle_connection_is_no_farewell() -> None:
    it = scene(receives=[WANT_READ])
    it.loop.readable()
    assert (it.told, it.raw.closed) == ([], False)


@pytest.mark.parametrize("error", [RESET, BrokenPipeError(), ssl.SSLEOFError(), ssl.SSLZeroReturnError()])
def test_a_failure_of_the_first_send_is_safe_to_repeat(error: Exception) -> None:
    it = scene(sends=[error])
    it.socket.begin("p", REQUEST, 1.0)
    assert (it.told, it.raw.closed) == ([("p", "unwritten")], True)


def test_unless_it_was_more_than_one_tls_record() -> None:
    it = scene(sends=[RESET])
    it.socket.begin("p", b"x" * (TLS_RECORD + 1), 1.0)
    assert it.told == [("p", "written")]


@pytest.mark.parametrize("sends", [[10, RESET], [WANT_WRITE, RESET]])
def test_a_failure_of_a_later_send_is_ambiguous(sends: list[Step]) -> None:
    it = scene(sends=sends)
    it.socket.begin("p", REQUEST, 1.0)
    it.loop.writable()
    assert it.told == [("p", "written")]


@pytest.mark.parametrize("end", [b"", RESET, b"SSH-2.0\r\n\r\n", b"\r\n\r\n"])
@pytest.mark.parametrize("before", [b"", OK[:5], OK[:9]])
def test_a_failure_before_the_answer_is_complete_is_ambiguous(before: bytes, end: Step) -> None:
    it = scene(receives=[*([before] if before else []), end, *([b""] if end else [])])
    it.socket.begin("p", REQUEST, 1.0)
    it.loop.readable()
    assert (it.told, it.raw.closed) == ([("p", "written")], True)


def test_a_connection_that_is_closed_says_nothing_more() -> None:
    it = scene(sends=[10])
    it.socket.begin("p", REQUEST, 1.0)
    it.socket.close()
    it.socket.close()
    assert (it.told, it.raw.closed, it.loop) == ([], True, NotingLoop())


def test_giving_up_after_the_request_was_written_is_ambiguous() -> None:
    it = scene()
    it.socket.begin("p", REQUEST, 1.0)
    it.socket.give_up()
    assert (it.told, it.raw.closed) == ([("p", "written")], True)
