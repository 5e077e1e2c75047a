"""The people of these tests, as the table Users has them."""

from datetime import UTC, datetime
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
NOW_ISO = "2026-11-22T18:00:00.000Z"

ADA = "c4b8e4a8-0031-70b5-0d19-2d0b5f6f1a11"
BOB = "b7d2c1f0-0031-70b5-0d19-2d0b5f6f1a22"
CLEO = "a1d2c1f0-0031-70b5-0d19-2d0b5f6f1a33"


def person(user_id: str, first_name: str = "Ada", *, realtime: bool = True, updated_at: str = NOW_ISO) -> Row:
    return {
        "userId": user_id,
        "email": f"{first_name.lower()}@example.test",
        "firstName": first_name,
        "lastName": "Lovelace",
        "settings": {"channels": {"realtime": realtime, "push": True, "email": True}},
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": updated_at,
    }


def cognito(user_id: str, email: str) -> list[dict[str, str]]:
    """Returns the attributes that the user pool keeps of somebody."""
    return [{"Name": "sub", "Value": user_id}, {"Name": "email", "Value": email}]
