"""What Lambda does with the queue of deliveries, and what the clock does with the sweeper."""

from dataclasses import dataclass
from typing import Any

from app.application import App
from tests.integration.events import Context, load, named
from tests.integration.site import Clock, Site

ROUNDS = 12  # of the queue: a part that is missed each time takes six
HIDDEN_S = 360


@dataclass(frozen=True, slots=True)
class Worker:
    app: App
    site: Site
    clock: Clock

    async def round(self, remaining_s: float = 60) -> int:
        """Hands each job on the queue to Deliver once its delay is over; deletes those done, counts the rest."""
        self.clock.advance(seconds=self.site.let_delays_pass())
        return sum([not await self._deliver(message, remaining_s) for message in self._receive()])

    async def drain(self) -> None:
        """Goes on until nothing is on the queue."""
        for _ in range(ROUNDS):
            if not self.site.waiting():
                return
            await self.round()
        raise AssertionError(f"still on the queue: {self.site.waiting()}")

    async def sweep(self) -> None:
        await load(named("Sweep")).answer(lambda: self.app, {"source": "aws.events"}, Context(50))

    def _receive(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        attributes = ["ApproximateReceiveCount"]
        while some := self.site.aws.sqs.receive_message(
            QueueUrl=self.site.queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_S,
            MessageSystemAttributeNames=attributes,
        ).get("Messages"):
            messages += some
        return messages

    async def _deliver(self, message: dict[str, Any], remaining_s: float) -> bool:
        """Returns whether the function was done with the message, which then is deleted."""
        receipt = message["ReceiptHandle"]
        record = {"messageId": message["MessageId"], "receiptHandle": receipt, "body": message["Body"]}
        event = {"Records": [{**record, "attributes": message["Attributes"]}]}
        answer = await load(named("Deliver")).answer(lambda: self.app, event, Context(remaining_s))
        if answer["batchItemFailures"]:
            assert answer["batchItemFailures"] == [{"itemIdentifier": message["MessageId"]}]
            return False
        self.site.aws.sqs.delete_message(QueueUrl=self.site.queue, ReceiptHandle=receipt)
        return True
