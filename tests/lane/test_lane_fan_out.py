"""How many posts of one fan-out are on their way, with a carrier that only collects them."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.delivery.fan_out import MOST, FanOut, Post, Terms
from app.delivery.governor import Governor
from app.delivery.signing import Signer
from app.transport.endpoint import Endpoint
from tests.lane.posting import PAYLOAD, REGION, credentials, ids


class Collector:
    """A carrier that carries nothing."""

    def __init__(self) -> None:
        self.posts: list[Post] = []

    def submit(self, post: Post, *_: object, **__: object) -> None:
        self.posts.append(post)

    def resubmit(self, post: Post) -> None:
        self.posts.append(post)


@pytest.fixture
def carrier() -> Collector:
    return Collector()


@asynccontextmanager
async def pulling(carrier: Collector, window: int) -> AsyncIterator[FanOut]:
    signer = Signer(Endpoint.parse("https://localhost/prod"), REGION, await credentials(), PAYLOAD)
    terms = Terms(window, post_s=60.0, throttled_s=60.0, ends_at=math.inf, direct=False)
    fan_out = FanOut(carrier, Governor(1e9), signer, terms)
    puller = asyncio.create_task(fan_out.pull(ids(2 * MOST), credentials, time.time))
    await settled()
    yield fan_out
    puller.cancel()


async def settled() -> None:
    """Nothing here waits for anything outside: a few turns of the loop are all that can happen."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_another_post_goes_in_the_place_of_a_slow_one(carrier: Collector) -> None:
    async with pulling(carrier, window=2):
        assert len(carrier.posts) == 2
        carrier.posts[0].slowed()
        await settled()
        assert len(carrier.posts) == 3


async def test_a_post_is_slow_but_once(carrier: Collector) -> None:
    async with pulling(carrier, window=2):
        for _ in range(3):
            carrier.posts[0].slowed()
        await settled()
        assert len(carrier.posts) == 3


async def test_a_slow_post_that_ends_after_all_makes_no_more_room(carrier: Collector) -> None:
    async with pulling(carrier, window=2) as fan_out:
        carrier.posts[0].slowed()
        await settled()
        carrier.posts[0].answered(200, "")
        fan_out.take_results()
        await settled()
        assert len(carrier.posts) == 3


async def test_with_the_slow_ones_there_are_no_more_posts_than_the_most(carrier: Collector) -> None:
    async with pulling(carrier, window=MOST - 1):
        for post in list(carrier.posts):
            post.slowed()
        await settled()
        assert len(carrier.posts) == MOST
