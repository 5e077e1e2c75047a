"""The commands start from nothing that the person's own machine says, and read every kind of input."""

import os
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from laptop import __main__ as terminal
from laptop.api import Api, sign_in
from laptop.errors import LaptopError
from laptop.keyboard import typed


async def lines_of(content: bytes) -> list[str]:
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    try:
        return [line async for line in typed(reading)]
    finally:
        os.close(reading)


async def test_a_pipe_is_read_line_by_line() -> None:
    assert await lines_of(b"one\ntwo\n") == ["one", "two", ""]


async def test_the_last_line_needs_no_end() -> None:
    assert await lines_of(b"one\ntwo") == ["one", "two"]


async def test_what_is_no_utf_8_is_replaced() -> None:
    assert await lines_of("Grüße ".encode() + b"\xff\n") == ["Grüße \N{REPLACEMENT CHARACTER}", ""]


async def test_a_file_is_read_like_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "typed").write_text("one\n")
    with (tmp_path / "typed").open() as file:
        assert [line async for line in typed(file.fileno())] == ["one", ""]


async def test_a_refused_password_is_said_in_one_line() -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"__type": "NotAuthorizedException", "message": "Incorrect."}, status=400)

    app = web.Application()
    app.router.add_post("/", refuse)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        with pytest.raises(LaptopError, match=r"^Signing in was refused: Incorrect\.$"):
            await sign_in(session, str(server.make_url("/")), "client", "alice@example.com", "wrong")


async def test_an_api_that_does_not_answer_is_named_without_the_token(unused_tcp_port: int) -> None:
    async with aiohttp.ClientSession() as session:
        api = Api(session, f"http://127.0.0.1:{unused_tcp_port}", "the-token")
        with pytest.raises(LaptopError, match=r"^POST /tickets got no answer") as caught:
            await api.call("POST", "/tickets")
    assert "the-token" not in str(caught.value)


def test_the_persons_own_account_and_proxy_stay_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"AWS_PROFILE": "theirs", "NO_PROXY": "intranet"})
    terminal._isolate()
    assert os.environ == {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "intranet,127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
