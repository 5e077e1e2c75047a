"""An SQS queue: jobs for another invocation."""

from collections.abc import Iterable
from typing import NamedTuple

from app.aws import Call
from app.errors import UnavailableError
from app.together import batched, together

AT_ONCE = 10  # messages in one request, as many as SQS takes


class Queue(NamedTuple):
    call: Call
    url: str

    async def send(self, body: str, wait_s: int = 0) -> None:
        """Puts a message on the queue, to be received after `wait_s` seconds, at most 900."""
        await self.call("send_message", QueueUrl=self.url, MessageBody=body, DelaySeconds=wait_s)

    async def send_all(self, bodies: Iterable[str]) -> None:
        """Puts messages of at most 100 KB on the queue; raises UnavailableError if one of them was not taken."""
        await together(self._send_batch(some) for some in batched(bodies, AT_ONCE))

    async def hide(self, receipt: str, for_s: int) -> None:
        """Lets what was received under this receipt be received again after so many seconds, at most 43,200."""
        await self.call("change_message_visibility", QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=for_s)

    async def _send_batch(self, bodies: list[str]) -> None:
        entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
        answer = await self.call("send_message_batch", QueueUrl=self.url, Entries=entries)
        if answer.get("Failed"):
            raise UnavailableError
