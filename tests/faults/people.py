"""Those who send and receive."""

from collections.abc import Collection, Iterable

from app.catalogue import USERS
from tests.faults.cloud import Aws, insert
from tests.integration.site import create_table

NAME = "Users-all"


def introduce(aws: Aws, names: Iterable[str], quiet: Collection[str]) -> str:
    """Makes the table of users, which no history changes; returns its name."""
    aws.dynamodb.create_table(**create_table(USERS, NAME))
    since = {"createdAt": "2026-11-01T00:00:00.000Z", "updatedAt": "2026-11-01T00:00:00.000Z"}
    known = {"firstName": "Some", "lastName": "Body", **since}
    rows = [
        {
            "userId": name,
            "email": f"{name}@example.org",
            **known,
            "settings": {"channels": {"realtime": name not in quiet}},
        }
        for name in names
    ]
    insert(aws, NAME, rows)
    return NAME
