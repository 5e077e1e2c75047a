"""Mails: send what the notifications topic tells of to those who want it by mail."""

from app.application import App
from app.batch import Received, queue_source
from app.models.told import Told
from app.resources import EMAIL_QUEUE


@queue_source(EMAIL_QUEUE)
async def send(app: App, message: Received) -> None:
    """Mails one message to at most 50 people, or puts everyone on the queue; nothing where no mail is sent."""
    if not app.settings.email_sender:
        return
    told = Told.from_body(message.body)
    if told.to_everyone:
        await app.spreader(EMAIL_QUEUE).spread(told)
    else:
        await app.mailing.mail(told)
