"""Reads what the deployment tells a function, from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass, fields


class MissingSettingsError(Exception):
    """The environment lacks variables; the message names every one of them."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the deployment decides; each field is the environment variable of the same name in capitals."""

    users_table: str
    messages_table: str
    notifications_table: str
    connections_table: str
    deliveries_table: str
    devices_table: str
    tickets_table: str
    notifications_topic: str  # ARN
    user_pool_id: str
    management_endpoint: (
        str  # "https://API.execute-api.REGION.amazonaws.com/STAGE", from the template, never from an event
    )

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Builds the settings, or raises MissingSettingsError that names all that is absent or empty."""
        names = {field.name: field.name.upper() for field in fields(cls)}
        missing = [variable for variable in names.values() if not environment.get(variable)]
        if missing:
            raise MissingSettingsError(", ".join(missing))
        return cls(**{field: environment[variable] for field, variable in names.items()})
