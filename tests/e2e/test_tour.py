"""The README's tour does what the README says."""

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from laptop import down, running
from laptop.places import Places
from tests.e2e import stack
from tests.e2e.tour import Block, Terminal, blocks, terminal

START_S, STEP_S = stack.START_S, 30
DONE = "tour-step-done"
TOUR = blocks(stack.ROOT / "README.md")
PLACES = Places(stack.ROOT)


@pytest.fixture
def own_checkout() -> Iterator[None]:
    """Makes sure that the tour meets no stack of somebody else's, and leaves none."""
    run = running.load(PLACES)
    if run and run.alive:
        pytest.fail(f"The tour needs this checkout's own stack, and one runs on port {run.port}: make stop")
    yield
    down.down(PLACES)


def _paused(steps: list[Block]) -> str:
    """Joins the steps of one shell; it waits for a line before each of them but the first."""
    return "\n".join(["set -e", f"\necho {DONE}\nread -r\n".join(step.script for step in steps), f"echo {DONE}"])


def _script(who: str) -> str:
    [block] = [block for block in TOUR if block.who == who]
    return block.script


def test_the_tour_is_in_the_readme() -> None:
    assert [block.who for block in TOUR] == ["", "bob", "alice", "", "", ""]


@pytest.mark.usefixtures("own_checkout")
def test_the_tour_works_as_it_is_written() -> None:
    environment = stack.environment(None)
    with ExitStack() as open_:
        shell = open_.enter_context(terminal(_paused([b for b in TOUR if not b.who]), stack.ROOT, environment))
        shell.expect(DONE, START_S)
        bob, alice = (open_.enter_context(terminal(_script(who), stack.ROOT, environment)) for who in ("bob", "alice"))
        line = _talk(alice, bob)
        bob.leave()
        missed = _while_away(alice)
        bob = open_.enter_context(terminal(_script("bob"), stack.ROOT, environment))
        _come_back(bob, line, missed)
        _by_hand(shell, bob)
        _look_into_the_outbox(shell)
        shell.type("")
        shell.expect(DONE, STEP_S)
    run = running.load(PLACES)
    assert run is None or not run.alive


def _talk(alice: Terminal, bob: Terminal) -> str:
    """What Alice types is seen at Bob's, within the second that the README promises, and then some; returns it."""
    bob.expect("You are Bob, connected", STEP_S)
    alice.expect("You are Alice, connected", STEP_S)
    line, typed = f"hello {uuid.uuid4()}", time.monotonic()
    alice.type(line)
    bob.expect(line, STEP_S)
    assert time.monotonic() - typed < 5
    alice.expect("(shown on 1 screen)", STEP_S)
    return line


def _while_away(alice: Terminal) -> list[str]:
    """What Alice writes into Bob's inbox; for a moment it may still be posted to the connection that he left."""
    lines = [f"{number} while you were away" for number in range(3)]
    for line in lines:
        alice.type(line)
        alice.expect("  (", STEP_S)
    return lines


def _come_back(bob: Terminal, read: str, missed: list[str]) -> None:
    bob.expect("You are Bob, connected", STEP_S)
    shown = bob.expect("3 unread", STEP_S).splitlines()[1:]
    assert [line.partition("Alice: ")[2] for line in shown] == [read, *missed]


def _by_hand(shell: Terminal, bob: Terminal) -> None:
    shell.type("")
    answers = shell.expect(DONE, STEP_S)
    assert '"firstName":"Bob"' in answers
    assert '"state":"delivered"' in answers
    assert '"posted":1' in answers
    bob.expect("by hand", STEP_S)


def _look_into_the_outbox(shell: Terminal) -> None:
    shell.type("")
    shown = shell.expect(DONE, 2 * STEP_S)
    assert "To: ada@example.com" in shown
    assert "are you there?" in shown.partition("To: ada@example.com")[2]
