"""People for tests: new ones for each, so that no test sees another's."""

import uuid
from typing import Any

from tests.e2e.aws import Aws
from tests.e2e.client import Person, Site

PASSWORD = "Long-enough-for-the-pool-1"
MARK = f"Zq{uuid.uuid4().hex[:12]}"  # in whatever people write or are called; must never be in a log


def sign_up(site: Site, aws: Aws, email: str | None = None) -> Person:
    """Lets somebody register by themselves, as a browser does, and signs them in; a profile they have none."""
    address = email or f"{MARK.lower()}.{uuid.uuid4().hex[:8]}@example.org"
    attributes = [{"Name": "email", "Value": address}]
    client = site.endpoints.clientId
    aws.cognito.sign_up(ClientId=client, Username=address, Password=PASSWORD, UserAttributes=attributes)
    aws.cognito.admin_confirm_sign_up(UserPoolId=site.endpoints.userPoolId, Username=address)
    tokens = sign_in(aws, client, address)
    pooled = aws.in_pool(address)
    assert pooled is not None
    site.secrets.update((tokens["AccessToken"], tokens["IdToken"]))
    return Person(site, str(pooled["Username"]), address, tokens["AccessToken"])


def sign_in(aws: Aws, client: str, email: str) -> dict[str, str]:
    """Returns all of Cognito's tokens for a password."""
    parameters = {"USERNAME": email, "PASSWORD": PASSWORD}
    answer = aws.cognito.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)
    tokens: dict[str, str] = answer["AuthenticationResult"]
    return tokens


def confirm(aws: Aws, person: Person) -> None:
    """Says what Cognito does when somebody has signed up; MiniStack's does not."""
    attributes = {"sub": person.user_id, "email": person.email, "given_name": MARK, "family_name": MARK}
    event = {"triggerSource": "PostConfirmation_ConfirmSignUp", "request": {"userAttributes": attributes}}
    assert aws.invoke("ConfirmAccount", event) == event


async def introduce(site: Site, aws: Aws, first_name: str, **profile: Any) -> Person:
    """Signs somebody up and creates their profile."""
    person = sign_up(site, aws)
    answer = await person.call("POST", "/users", json={"firstName": first_name, "lastName": MARK, **profile})
    assert answer.status == 201, answer
    return person
