"""Fixtures of the terminal client."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.unit.laptop.stage import Stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    stages: list[Stage] = []

    async def answer(request: web.Request) -> web.Response:
        return await stages[0].answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with aiohttp.ClientSession() as session, TestServer(app) as server:
        stages.append(Stage(session, str(server.make_url("")).rstrip("/"), tmp_path))
        sending = asyncio.create_task(stages[0].conversation.drafts.run())
        yield stages[0]
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
