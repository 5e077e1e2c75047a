"""Messages: send."""

from app.errors import ForbiddenError
from app.http import Request, Response, http_api
from app.models.messages import SendMessage
from app.runtime import App

_SETTLING_S = 3.5  # of the time-out, kept for writing down how far a delivery came


@http_api
async def send(app: App, request: Request) -> Response:
    """Sends a message: 201 when everybody was told, 202 when it is accepted and telling goes on."""
    body = request.json(SendMessage)
    if body.audience and not request.caller.admin:
        raise ForbiddenError
    budget_s = request.remaining_s() - _SETTLING_S
    delivery = await app.dispatch.send(request.caller.user_id, body, request.idempotency_key(), budget_s)
    answer = {"messageId": delivery.message_id, "createdAt": delivery.created_at, "delivery": delivery.report()}
    return Response(201 if delivery.state == "delivered" else 202, answer)
