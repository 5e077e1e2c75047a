"""What the server says on the WebSocket."""

import json
from typing import Any, TypeAlias

Frame: TypeAlias = dict[str, Any]


def decoded(text: str) -> Frame | None:
    """Returns a frame of ours; None for anything else, such as what API Gateway says by itself."""
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    return frame if isinstance(frame, dict) and isinstance(frame.get("type"), str) else None
