"""The ways of the functions that keep profiles, but for the one that erases them."""

import uuid

from tests.e2e.people import MARK, confirm
from tests.e2e.ways.cast import Cast


async def create(cast: Cast) -> None:
    """An administrator invites somebody, by mistake twice."""
    body = {"firstName": "Guest", "lastName": MARK, "email": f"{MARK.lower()}.{uuid.uuid4().hex[:8]}@example.org"}

    answers = [await cast.ada.call("POST", "/users", json=body) for _ in range(2)]

    assert [answer.status for answer in answers] == [201, 409]


async def get(cast: Cast) -> None:
    [alice] = await cast.people("Alice")

    assert (await alice.call("GET", f"/users/{alice.user_id}")).status == 200


async def update(cast: Cast) -> None:
    [alice] = await cast.people("Alice")

    assert (await alice.call("PUT", f"/users/{alice.user_id}", json={"firstName": "Al"})).status == 200


async def sign_up(cast: Cast) -> None:
    """Cognito calls again, because the first answer was lost."""
    carol = cast.stranger()

    for _ in range(2):
        confirm(cast.aws, carol)

    assert len(cast.aws.rows("Users", userId=carol.user_id)) == 1
