"""What is typed is sent in its order, and each line once, although the API may be away for a while."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from laptop.api import NoAnswerError, RefusedError
from laptop.drafts import TRIES, Draft, Drafts
from laptop.errors import LaptopError, SignedOutError
from laptop.patience import Patience


class Desk:
    """Drafts, what they have posted and said, and failures that come first."""

    def __init__(self) -> None:
        self.posted: list[Draft] = []
        self.said: list[str] = []
        self.failures: list[LaptopError] = []
        self.drafts = Drafts(self.post, self.said.append, Patience(first_s=0, farewell_s=0.1))
        self.task = asyncio.create_task(self.drafts.run())

    async def post(self, draft: Draft) -> str:
        self.posted.append(draft)
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        return f"sent {draft.text}"

    async def send(self, *texts: str) -> None:
        for text in texts:
            self.drafts.put(Draft(text, "Bob"))
        await self.drafts.drain()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    desk.task.cancel()
    await asyncio.gather(desk.task, return_exceptions=True)


async def test_lines_are_sent_in_their_order(desk: Desk) -> None:
    await desk.send("one", "two", "three")
    assert desk.said == ["sent one", "sent two", "sent three"]
    assert desk.drafts.unsent == []


async def test_what_got_no_answer_is_sent_again_with_the_same_key_before_what_was_typed_later(desk: Desk) -> None:
    desk.failures = [NoAnswerError("away"), NoAnswerError("away")]
    await desk.send("one", "two")
    assert desk.said == ["  (not sent yet, trying again)", "sent one", "sent two"]
    assert [draft.text for draft in desk.posted] == ["one", "one", "one", "two"]
    assert len({draft.key for draft in desk.posted[:3]}) == 1


async def test_no_two_lines_have_the_same_key(desk: Desk) -> None:
    await desk.send("same", "same")
    assert len({draft.key for draft in desk.posted}) == 2


@pytest.mark.parametrize("status", [404, 409, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_tried_again(desk: Desk, status: int) -> None:
    desk.failures = [RefusedError(status, None)]
    await desk.send("one")
    assert desk.said[-1] == "sent one"


@pytest.mark.parametrize("status", [400, 403, 413, 422])
async def test_what_is_refused_is_said_once_and_the_next_line_goes_out(desk: Desk, status: int) -> None:
    desk.failures = [RefusedError(status, {"detail": "No."})]
    await desk.send("one", "two")
    assert desk.said == ["No.", "sent two"]


async def test_what_never_passes_does_not_hold_up_the_next_line_for_ever(desk: Desk) -> None:
    desk.failures = [RefusedError(500, {"detail": "A fault."}) for _ in range(TRIES)]
    await desk.send("one", "two")
    assert desk.said == ["  (not sent yet, trying again)", "A fault.", "sent two"]


async def test_no_answer_is_waited_for_without_an_end(desk: Desk) -> None:
    desk.failures = [NoAnswerError("away") for _ in range(10 * TRIES)]
    await desk.send("one")
    assert desk.said[-1] == "sent one"


async def test_a_name_that_nobody_has_any_more_is_said_once(desk: Desk) -> None:
    desk.failures = [LaptopError("Nobody here is called Bob.")]
    await desk.send("one")
    assert (desk.said, len(desk.posted)) == (["Nobody here is called Bob."], 1)


async def test_a_token_that_has_ended_ends_it_and_keeps_the_line(desk: Desk) -> None:
    desk.failures = [SignedOutError("Unauthorized")]
    desk.drafts.put(Draft("one", "Bob"))
    with pytest.raises(SignedOutError):
        await asyncio.wait_for(desk.task, 5)
    assert [draft.text for draft in desk.drafts.unsent] == ["one"]


async def test_the_farewell_does_not_wait_for_ever_and_knows_what_is_left(desk: Desk) -> None:
    desk.drafts = Drafts(desk.post, desk.said.append, Patience(farewell_s=0.01))  # and nobody sends
    await desk.send("one", "two")
    assert [draft.text for draft in desk.drafts.unsent] == ["one", "two"]
