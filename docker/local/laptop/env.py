"""Prints what a shell needs to use the API by hand."""

import shlex

from laptop import endpoints
from laptop.endpoints import Endpoints
from laptop.places import Places


def env(places: Places, name: str) -> None:
    """Prints lines for the shell's `eval`."""
    for variable, value in variables(endpoints.read(places.endpoints), name).items():
        print(f"export {variable}={shlex.quote(value)}")


def variables(found: Endpoints, name: str) -> dict[str, str]:
    """The addresses, this person's access token, and everybody's id under their name."""
    token = found.person(name).accessToken
    ids = {person.name.upper(): person.userId for person in found.people}
    return {"HTTP": found.http, "WEBSOCKET": found.websocket, "TOKEN": token, **ids}
