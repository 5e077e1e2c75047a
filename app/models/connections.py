"""Connections and the one-time tickets that open them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.models.ids import ConnectionId, Ticket, UserId
from app.models.times import epoch_s, iso
from app.models.wire import Stored

TICKET_LIFE = timedelta(seconds=30)
CONNECTION_LIFE = timedelta(hours=2)  # API Gateway ends every connection then


class TicketGrant(Stored):
    """What a ticket lets its bearer do: open one WebSocket as this user, until the token ends."""

    ticket: Ticket
    user_id: UserId
    token_expires_at: int  # epoch seconds
    expires_at: int  # epoch seconds; of the ticket

    @classmethod
    def issue(cls, ticket: Ticket, user_id: UserId, token_expires_at: int, now: datetime) -> "TicketGrant":
        expires_at = epoch_s(now + TICKET_LIFE)
        return cls(ticket=ticket, user_id=user_id, token_expires_at=token_expires_at, expires_at=expires_at)

    def to_item(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True)


class Connection(Stored):
    """An open WebSocket connection; it ends with the access token that opened it."""

    connection_id: ConnectionId
    user_id: UserId
    timestamp: str
    expires_at: int  # epoch seconds

    @classmethod
    def open(cls, connection_id: ConnectionId, user_id: UserId, token_expires_at: int, now: datetime) -> "Connection":
        expires_at = min(token_expires_at, epoch_s(now + CONNECTION_LIFE))
        return cls(connection_id=connection_id, user_id=user_id, timestamp=iso(now), expires_at=expires_at)

    def to_item(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True)


class Page(NamedTuple):
    """Some connections that a message is for."""

    live: Sequence[ConnectionId] = ()
    expired: Sequence[ConnectionId] = ()  # their token has ended: to be closed
    cursor: ConnectionId | None = None  # after which the next page begins; None if there is none
    again: bool = False  # they were tried before
