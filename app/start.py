"""Starts Lambda's runtime: the image's entrypoint runs `python3 -m app.start HANDLER`.

What a function needs is imported here, while Lambda gives a starting environment a whole processor and before the
clock of the first event runs. The SDK is imported only in an environment that is started before anybody asks, or that
reads through the users cache: most events do without it.
"""

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from importlib import import_module
from typing import Any

# What Lambda's AWS_LAMBDA_INITIALIZATION_TYPE says of an environment that nobody waits for.
BEFOREHAND = ("provisioned-concurrency", "snap-start")
# All of the SDK that app.aws imports when it first needs it. Only modules: no client, connection or credentials,
# which a snapshot would hand to many environments, and long after they were good.
SDK = ("aioboto3", "aiobotocore.config", "aiobotocore.httpsession", "botocore.parsers")
# All that the first read of the users cache needs. With the part of a processor that a function gets later, importing
# it would take longer than the cache is waited for (docs/limits.md).
CACHE = ("app.cache", "app.channels.dax", "amazondax", "botocore.config", "botocore.session")
# Which parts of the app a function uses, but those that are made for another of them. A test lets each function answer,
# and looks for what was imported late, and for what is named here in vain.
PARTS: Mapping[str, tuple[str, ...]] = {
    "app.handlers.users.create": ("users",),
    "app.handlers.users.get": ("users",),
    "app.handlers.users.update": ("users",),
    "app.handlers.users.delete": ("eraser",),
    "app.handlers.users.confirm": ("users",),
    "app.handlers.messages.send": ("dispatch",),
    "app.handlers.inbox.handle": ("message_lists", "marking", "echo"),
    "app.handlers.deliveries.deliver": ("worker",),
    "app.handlers.deliveries.sweep": ("sweeper",),
    "app.handlers.mails.send": ("mailing",),
    "app.handlers.tickets.create": ("tickets",),
    "app.handlers.tickets.authorize": ("tickets",),
    "app.handlers.connections.handle": ("crowding", "catching_up", "echo"),
    "app.handlers.devices.handle": ("users", "registry"),
    "app.handlers.push.push": ("pusher",),
}


def warm(environment: Mapping[str, str]) -> None:
    """Imports the SDK if there is time for it, and the cache's client where there is a cache."""
    beforehand = environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") in BEFOREHAND
    for name in (*(SDK if beforehand else ()), *(CACHE if environment.get("USERS_CACHE") else ())):
        import_module(name)


def load(handler: str) -> None:
    """Imports what a handler needs, by making its parts once for nothing: none of them opens anything."""
    from app.application import App  # noqa: PLC0415 - tests that look at the SDK alone have no use for it
    from app.aws import Clients  # noqa: PLC0415
    from app.settings import Settings  # noqa: PLC0415

    import_module(handler.rpartition(".")[0])
    nowhere = "http://localhost"
    names: dict[str, Any] = {field.name: nowhere for field in fields(Settings) if field.type is str}
    app = App(Settings(**names), Clients(nowhere))
    for part in PARTS[handler]:
        getattr(app, part)


def main(arguments: Sequence[str]) -> None:
    gc.disable()  # there is no garbage yet, and looking for it takes a twentieth of a start
    from awslambdaric.__main__ import main as run  # noqa: PLC0415 - tests have no use for Lambda's runtime

    warm(os.environ)
    if arguments[-1] in PARTS:
        load(arguments[-1])
    gc.freeze()
    gc.enable()
    run(arguments)


if __name__ == "__main__":
    main(sys.argv)
