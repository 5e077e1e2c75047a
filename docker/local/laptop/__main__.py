"""The laptop stack's commands: `python -m laptop up`, `down`, `chat`, `env` and `outbox`."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from laptop.errors import LaptopError
from laptop.places import here


def main(arguments: Sequence[str]) -> int:
    """Runs one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    _isolate()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        _run(options)
    except LaptopError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _run(options: argparse.Namespace) -> None:
    # Imported late: each command starts without waiting for what only the others need.
    if options.command == "up":
        from laptop.up import Options, up  # noqa: PLC0415

        up(here(), Options(options.engine, options.port, options.detach))
    elif options.command == "down":
        from laptop.down import down  # noqa: PLC0415

        down(here())
    elif options.command == "env":
        from laptop.env import env  # noqa: PLC0415

        env(here(), options.name)
    elif options.command == "outbox":
        from laptop.outbox import outbox  # noqa: PLC0415

        outbox(here())
    else:
        from laptop.chat import chat  # noqa: PLC0415

        chat(here(), options.name, options.to)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m laptop", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="starts the stack and waits")
    up.add_argument("--engine", choices=("process", "docker"), default="process", help="how functions run")
    up.add_argument("--port", type=int, help="where to listen (default: 4566, or any free port)")
    up.add_argument("--detach", action="store_true", help="return when it is ready")
    commands.add_parser("down", help="ends the stack")
    env = commands.add_parser("env", help="prints variables for a shell")
    env.add_argument("name", help="whose token: alice, bob or ada")
    commands.add_parser("outbox", help="shows sent mails and pushes")
    chat = commands.add_parser("chat", help="sends and shows messages")
    chat.add_argument("name", help="who you are: alice, bob or ada")
    chat.add_argument("--to", help="who gets what you type")
    return parser


def _isolate() -> None:
    """Keeps the person's own AWS account and proxy out of this."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1")))


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)  # an exception, so that everything on the way out cleans up


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
