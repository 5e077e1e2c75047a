"""Reads what the deployment tells a function, from its environment."""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields

POST_LANES = ("fast", "sdk")


class MissingSettingsError(Exception):
    """The environment lacks variables, or has useless ones; the message names every one of them."""


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
    deliveries_queue: str  # URL, as of the others
    email_queue: str
    push_queue: str
    # "https://API.execute-api.REGION.amazonaws.com/STAGE": from the template, never from an event
    management_endpoint: str
    user_pool_id: str = ""  # empty in what the user pool itself invokes
    email_sender: str = ""  # empty where the deployment sends no mail
    users_cache: str = ""  # "daxs://HOST" of the DAX cluster in front of the table Users; empty where there is none
    fcm_application: str = ""  # ARN of SNS's platform application; empty where the deployment has none
    apns_application: str = ""  # the same for Apple's devices
    post_lane: str = "fast"  # how posts go out: "fast" is our own lane, "sdk" the AWS SDK's client
    sends_per_min: int = 60  # messages of one person

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Builds the settings, or raises MissingSettingsError that names all that is absent, empty or useless."""
        values = {field.name: environment.get(field.name.upper()) or field.default for field in fields(cls)}
        useless = [name.upper() for name, value in values.items() if value is MISSING]
        if values["post_lane"] not in POST_LANES:
            useless.append("POST_LANE")
        if not re.fullmatch("[1-9][0-9]{0,8}", str(values["sends_per_min"])):
            useless.append("SENDS_PER_MIN")
        if useless:
            raise MissingSettingsError(", ".join(useless))
        sends_per_min = int(str(values.pop("sends_per_min")))
        return cls(**{name: str(value) for name, value in values.items()}, sends_per_min=sends_per_min)
