"""Starts the stack, keeps it while somebody uses it, and leaves nothing behind."""

import asyncio
import signal
import subprocess
from dataclasses import dataclass

import aiohttp
from botocore.exceptions import BotoCoreError, ClientError

from laptop import endpoints, mails, ministack, packages, pages, people, processes, pushes, running, synth, warm
from laptop.complaints import complaints
from laptop.engines import DockerEngine, Engine, ProcessEngine
from laptop.errors import LaptopError
from laptop.places import Places
from laptop.progress import Say, stopwatch
from laptop.resources import located
from laptop.stack import Clients, deploy
from laptop.template import fit

IMAGE = "site-communications"


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    engine: str
    port: int | None
    detach: bool


def up(places: Places, options: Options) -> None:
    """Starts everything; returns when it is ready (detached) or when it has ended."""
    say = stopwatch()
    with running.starting(places):
        running.refuse_a_second(places)
        try:
            process, port = _prepare_and_start(places, options, say)
            _bring_to_life(places, _engine(places, options), process, port, say)
        except BaseException:
            _clean(places)
            raise
    _introduce(places, options, say)
    if not options.detach:
        _attend(places, process, say)


def _engine(places: Places, options: Options) -> Engine:
    if options.engine == "docker":
        return DockerEngine(IMAGE)
    return ProcessEngine((places.worker, places.root, places.functions))


def _prepare_and_start(places: Places, options: Options, say: Say) -> "tuple[subprocess.Popen[bytes], int]":
    engine = _engine(places, options)
    packages.install_ministack(places, say)
    if options.engine == "process":
        packages.install_functions(places, say)
    pages.fetch(places, say)
    port = ministack.free_port(options.port)
    say(f"Starting MiniStack on port {port}")
    process = ministack.start(places, engine, port)
    started = processes.identity(process.pid)
    if started is None:
        raise LaptopError(f"MiniStack ended at once; see {places.shown(places.log)}")
    instance = f"{ministack.instance(places)}:{port}"
    running.save(places, running.Run(process.pid, started, port, instance, options.engine))
    return process, port


def _bring_to_life(places: Places, engine: Engine, process: "subprocess.Popen[bytes]", port: int, say: Say) -> None:
    template = fit(synth.template(places, say), engine, port)
    ministack.wait(process, places, port)
    clients = Clients(f"http://127.0.0.1:{port}")
    try:
        mails.verify_sender(clients)
        pushes.create_applications(clients)
        say(f"Deploying {synth.STACK}")
        found = located(template, deploy(clients, synth.STACK, template), clients.endpoint)
        pages.publish(places, clients, found)
        say(f"Creating {', '.join(people.NAMES)}, and waking the functions")
        asyncio.run(_open(places, clients, found))
    except (LaptopError, BotoCoreError, ClientError) as error:
        why = [f"  {line}" for line in complaints(clients, places.log)]
        raise LaptopError("\n".join([str(error), *why, f"MiniStack's log: {places.shown(places.log)}"])) from None


async def _open(places: Places, clients: Clients, found: endpoints.Endpoints) -> None:
    """Writes the file by which others find the stack, as the very last thing."""
    known = endpoints.with_people(found, people.create(clients, found.userPoolId))
    async with aiohttp.ClientSession() as session:
        complete = await people.introduce(session, known)
        await warm.wake(session, complete)
    endpoints.write(complete, places.endpoints)


def _introduce(places: Places, options: Options, say: Say) -> None:
    found = endpoints.read(places.endpoints)
    say("Ready\n")
    print(f"  HTTP        {found.http}")
    print(f"  WebSocket   {found.websocket}?ticket=...")
    print(f"  API pages   {pages.address(found)}")
    print(f"  AWS         {found.aws} ({found.region})")
    print(f"  Everything  {places.shown(places.endpoints)}")
    print(f"  Log         {places.shown(places.log)}\n")
    if options.engine == "docker":
        print("  It listens on every address of this machine, so that the containers reach it\n")
    print("  Try, each in a terminal of its own:")
    print("    make chat AS=bob")
    print("    make chat AS=alice TO=bob\n")
    print("  make outbox shows mails and pushes")
    print("  make stop ends it" if options.detach else "  Ctrl-C ends it", flush=True)


def _attend(places: Places, process: "subprocess.Popen[bytes]", say: Say) -> None:
    """Waits for the end: by Ctrl-C, by `make stop`, or because MiniStack broke."""
    try:
        code = process.wait()
    except KeyboardInterrupt:
        print(flush=True)
    else:
        if code not in (0, -signal.SIGTERM):
            raise LaptopError(f"MiniStack ended by itself ({code}); see {places.shown(places.log)}")
    finally:
        _clean(places)
        say("Ended; nothing is left running")


def _clean(places: Places) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it behind
    running.end(places)
