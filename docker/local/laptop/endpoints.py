"""The file by which everything else finds the running stack."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from laptop import private
from laptop.errors import LaptopError


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in to the demonstration."""

    name: str
    email: str
    password: str
    userId: str  # noqa: N815 - the file's own spelling
    admin: bool
    accessToken: str  # noqa: N815


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the stack listens and what it made; the fields are the file's keys."""

    http: str  # base URL, no trailing slash
    websocket: str  # "?ticket=" is appended
    region: str
    aws: str
    userPoolId: str  # noqa: N815
    clientId: str  # noqa: N815
    tables: dict[str, str]  # name in the catalogue -> deployed name
    queues: dict[str, str]  # name in the catalogue -> URL, and with "-dead" its dead letters' URL
    topics: dict[str, str]  # name in the catalogue -> ARN
    people: tuple[Person, ...]

    def person(self, name: str) -> Person:
        """Finds somebody by name, however it is capitalized."""
        for person in self.people:
            if person.name.casefold() == name.casefold():
                return person
        names = ", ".join(person.name for person in self.people)
        raise LaptopError(f"Nobody here is called {name}. There are: {names}")


def write(endpoints: Endpoints, file: Path) -> None:
    """Puts the file into place whole; it holds passwords, so it is for its owner only."""
    private.write(json.dumps(dataclasses.asdict(endpoints), indent=2), file)


def read(file: Path) -> Endpoints:
    """Reads the running stack's file, or says that nothing runs."""
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError:
        raise LaptopError("The stack is not running. Start it with: make run") from None
    return Endpoints(**content | {"people": tuple(Person(**person) for person in content["people"])})


def with_people(endpoints: Endpoints, people: tuple[Person, ...]) -> Endpoints:
    return dataclasses.replace(endpoints, people=people)
