"""Messages: send."""

from app.application import App
from app.errors import ForbiddenError
from app.http import Request, Response, http_api
from app.models.messages import MAX_SEND_BYTES, SendMessage

_ANSWERING_S = 0.5  # of the time-out, kept for the answer


@http_api
async def send(app: App, request: Request) -> Response:
    """Sends a message: 201 when everybody was told, 202 when it is accepted and is delivered by way of the queue."""
    body = request.json(SendMessage, limit=MAX_SEND_BYTES)
    if body.audience and not request.caller.admin:
        raise ForbiddenError
    budget_s = request.remaining_s() - _ANSWERING_S
    delivery = await app.dispatch.send(request.caller.user_id, body, request.idempotency_key(), budget_s)
    answer = {"messageId": delivery.message_id, "createdAt": delivery.created_at, "delivery": delivery.report()}
    return Response(201 if delivery.inline and delivery.state == "delivered" else 202, answer)
