"""One HTTP/1.1 client for one endpoint: whole requests in, whole answers out, over connections that are kept."""

import asyncio
import time

from app.transport.answer import Answer, MalformedError
from app.transport.dialing import Dialer, DialError
from app.transport.endpoint import Endpoint
from app.transport.raw_socket import RawSocket, is_alive, receive, send_all

LARGEST = 32 * 1024 * 1024  # bytes of one answer; BatchGetItem returns up to 16 MB, in DynamoDB's notation more
IDLE_S = 12.0  # as long as aiobotocore keeps a connection; whoever waited longer may have been forgotten on the way


class NoAnswerError(Exception):
    """Nobody answered, or nothing that is HTTP; the request may have been carried out all the same."""


class HttpClient:
    """Carries as many requests at a time as it may have connections; the others wait for their turn."""

    def __init__(self, endpoint: Endpoint, answer_s: float, most: int) -> None:
        """`answer_s`: how long the next piece of an answer is waited for; `most`: connections."""
        self._dialer, self._answer_s = Dialer(endpoint), answer_s
        self._places = asyncio.Semaphore(most)
        self._idle: list[tuple[RawSocket, float]] = []  # with the time since when

    async def ask(self, request: bytes) -> Answer:
        """Returns the answer to a request; raises NoAnswerError."""
        async with self._places:
            try:
                raw = self._take_idle() or await self._dialer.dial()
            except DialError:
                raise NoAnswerError from None
            try:
                answer = await self._exchange(raw, request)
            except (OSError, MalformedError):  # a time-out is an OSError
                raw.close()
                raise NoAnswerError from None
            except BaseException:  # cancelled in the middle: what comes there belongs to nobody
                raw.close()
                raise
            self._put_back(raw, answer)
            return answer

    async def close(self) -> None:
        """Closes the connections; a later request opens new ones."""
        while self._idle:
            self._idle.pop()[0].close()

    async def _exchange(self, raw: RawSocket, request: bytes) -> Answer:
        answer = Answer(LARGEST, keeps_body=True)
        async with asyncio.timeout(self._answer_s):
            await send_all(raw, request)
        while not answer.done:
            async with asyncio.timeout(self._answer_s):
                data = await receive(raw)
            answer.feed(data) if data else answer.end()
        return answer

    def _take_idle(self) -> RawSocket | None:
        while self._idle:
            raw, since = self._idle.pop()
            if time.monotonic() - since < IDLE_S and is_alive(raw):
                return raw
            raw.close()
        return None

    def _put_back(self, raw: RawSocket, answer: Answer) -> None:
        if answer.reusable:
            self._dialer.learn(raw)
            self._idle.append((raw, time.monotonic()))
        else:
            raw.close()
