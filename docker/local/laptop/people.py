"""Creates the people of the demonstration the way a site would: in Cognito first, then by the API."""

import dataclasses

import aiohttp

from app.catalogue import ADMINS
from laptop.api import Api, sign_in
from laptop.endpoints import Endpoints, Person
from laptop.stack import Clients

PASSWORD = "Only-for-this-laptop-1"
NAMES = {"Alice": "Archer", "Bob": "Baker", "Ada": "Admin"}
ADMIN = "Ada"


def create(clients: Clients, pool: str) -> tuple[Person, ...]:
    """Adds everybody to the user pool, with a password that lasts; nobody is signed in yet."""
    cognito = clients.client("cognito-idp")
    return tuple(_create(cognito, pool, name) for name in NAMES)


def _create(cognito: object, pool: str, name: str) -> Person:
    email = f"{name.lower()}@example.com"
    who = {"UserPoolId": pool, "Username": email}
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    user = cognito.admin_create_user(**who, UserAttributes=attributes, MessageAction="SUPPRESS")["User"]  # type: ignore[attr-defined]
    cognito.admin_set_user_password(**who, Password=PASSWORD, Permanent=True)  # type: ignore[attr-defined]
    if name == ADMIN:
        cognito.admin_add_user_to_group(**who, GroupName=ADMINS)  # type: ignore[attr-defined]
    sub = next(attribute["Value"] for attribute in user["Attributes"] if attribute["Name"] == "sub")
    return Person(name, email, PASSWORD, sub, name == ADMIN, "")


async def introduce(session: aiohttp.ClientSession, endpoints: Endpoints) -> Endpoints:
    """Signs everybody in and creates their profiles; the result carries the access tokens."""
    people = tuple([await _introduce(session, endpoints, person) for person in endpoints.people])
    return dataclasses.replace(endpoints, people=people)


async def _introduce(session: aiohttp.ClientSession, endpoints: Endpoints, person: Person) -> Person:
    token = await sign_in(session, endpoints.aws, endpoints.clientId, person.email, person.password)
    profile = {"email": person.email, "firstName": person.name, "lastName": NAMES[person.name]}
    await Api(session, endpoints.http, token).call("POST", "/users", profile)
    return dataclasses.replace(person, accessToken=token)
