"""Tickets: issue a one-time ticket for the WebSocket, and take it at the door."""

from datetime import UTC, datetime

from app.application import App
from app.http import Request, Response, http_api
from app.models.connections import TicketGrant
from app.models.ids import TICKET, Ticket, new_ticket
from app.models.times import iso
from app.models.wire import Wire
from app.resources import TICKET_PARAMETER
from app.sockets import socket_authorizer


class _Nothing(Wire):
    """An empty object: the only body that `POST /tickets` takes besides none."""


@http_api
async def create(app: App, request: Request) -> Response:
    """Issues a ticket that opens one WebSocket within 30 seconds."""
    if request.body:
        request.json(_Nothing)
    grant = TicketGrant.issue(new_ticket(), request.caller.user_id, request.caller.token_expires_at, app.now())
    await app.tickets.put(grant)
    expires_at = iso(datetime.fromtimestamp(grant.expires_at, UTC))
    return Response(201, {"ticket": grant.ticket, "expiresAt": expires_at})


async def _redeem(app: App, ticket: Ticket) -> dict[str, str | int] | None:
    if not TICKET.fullmatch(ticket):  # it comes from anybody at all
        return None
    grant = await app.tickets.redeem(ticket, app.now())
    return None if grant is None else {"userId": grant.user_id, "tokenExpiresAt": grant.token_expires_at}


authorize = socket_authorizer(_redeem, TICKET_PARAMETER)
