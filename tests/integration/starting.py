"""Starts one function as the image does and has it answer events; says what it imported meanwhile, and what for.

Run as a program: the handler is its argument, the events come in as a JSON array, the last line of output is what it
found.
"""

import json
import sys
from collections.abc import Iterable
from importlib import import_module

from app.start import PARTS, load

OURS = ("app", "pydantic")
SDK = ("aiobotocore", "botocore")


class Context:
    aws_request_id = "invocation"

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


def of(names: Iterable[str], packages: tuple[str, ...]) -> list[str]:
    return sorted(name for name in names if name.partition(".")[0] in packages)


def parts_load(parts: Iterable[str], kept: set[str]) -> set[str]:
    """Returns which modules are there once these parts were made, and what is `kept`."""
    for name in of(sys.modules.keys() - kept, ("app",)):
        del sys.modules[name]
    application, aws = import_module("app.application"), import_module("app.aws")
    catalogue, settings = import_module("app.catalogue"), import_module("app.settings")
    nowhere = dict.fromkeys(catalogue.variables(), "http://localhost")
    app = application.App(settings.Settings.read(nowhere), aws.Clients("http://localhost"))
    for part in parts:
        getattr(app, part)
    return set(of(sys.modules, ("app",)))


def main(handler: str) -> None:
    module, _, name = handler.rpartition(".")
    function = getattr(import_module(module), name)
    kept = set(sys.modules)
    load(handler)
    ready = set(sys.modules)
    answers = [function(event, Context()) for event in json.load(sys.stdin)]
    late, sdk = sys.modules.keys() - ready, of(sys.modules, SDK)
    core = import_module("app.runtime").core()
    opened = set(vars(core.app))
    core.close()
    parts, needed = PARTS[handler], parts_load(PARTS[handler], kept)
    found = {
        "answers": answers,
        "late": of(late, OURS),
        "sdk": sdk,
        "unused": [part for part in parts if part not in opened],
        "needless": [part for part in parts if parts_load(set(parts) - {part}, kept) == needed],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
