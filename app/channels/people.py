"""The Cognito user pool: who somebody is to the sign-in."""

from typing import Any, NamedTuple

from app.aws import Call
from app.errors import AbsentError, ExistsError, NotFoundError, RefusedError
from app.models.ids import UserId
from app.models.wire import fault


class Person(NamedTuple):
    user_id: UserId  # the token's `sub`
    email: str


class People(NamedTuple):
    call: Call
    pool_id: str

    async def get(self, username: str) -> Person:
        """Returns who has this user name; raises NotFoundError."""
        try:
            answer = await self.call("admin_get_user", UserPoolId=self.pool_id, Username=username)
        except AbsentError:
            raise NotFoundError from None
        return _person(answer["UserAttributes"])

    async def invite(self, email: str) -> Person:
        """Creates somebody and has Cognito mail the invitation; returns who it is if they were invited before."""
        try:
            answer = await self.call(
                "admin_create_user",
                UserPoolId=self.pool_id,
                Username=email,
                UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
                DesiredDeliveryMediums=["EMAIL"],
            )
        except ExistsError:
            return await self.get(email)
        except RefusedError:
            raise fault("/email", "malformed", "The user pool does not take this for an e-mail address.") from None
        return _person(answer["User"]["Attributes"])

    async def delete(self, user_id: UserId) -> bool:
        """Deletes somebody; False if there was nobody."""
        try:
            await self.call("admin_delete_user", UserPoolId=self.pool_id, Username=user_id)
        except AbsentError:
            return False
        return True


def _person(attributes: list[dict[str, Any]]) -> Person:
    values = {attribute["Name"]: attribute["Value"] for attribute in attributes}
    return Person(UserId(values["sub"]), values["email"])
