"""The `@connections` API: single frames to, and the end of, one WebSocket connection."""

from typing import Any, NamedTuple

import orjson

from app.aws import Call
from app.errors import GoneError, RefusedError
from app.log import log
from app.models.ids import ConnectionId


class Sockets(NamedTuple):
    call: Call

    async def post(self, connection_id: ConnectionId, frame: dict[str, Any]) -> None:
        """Sends one frame; a connection that has ended meanwhile is no error."""
        try:
            await self.call("post_to_connection", ConnectionId=connection_id, Data=orjson.dumps(frame))
        except GoneError:
            return

    async def close(self, connection_id: ConnectionId) -> None:
        """Ends the connection; it is no error if it has ended already."""
        try:
            await self.call("delete_connection", ConnectionId=connection_id)
        except GoneError:
            return
        except RefusedError:
            log("close refused", level="WARN", connectionId=connection_id)  # an id that API Gateway never gave
