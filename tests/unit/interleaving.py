"""Runs a few coroutines in every order that their calls can come in, as if each were a process of its own."""

from collections.abc import Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass
from types import coroutine
from typing import Any, TypeAlias

from app.aws import Call

Run: TypeAlias = Coroutine[Any, Any, Any]


@coroutine
def _pause() -> Generator[None, None, None]:
    yield


@dataclass(frozen=True, slots=True)
class Paused:
    """A call that waits for its turn."""

    call: Call

    async def __call__(self, operation: str, **parameters: Any) -> dict[str, Any]:
        await _pause()
        return await self.call(operation, **parameters)


def every_order(start: Callable[[], list[Run]], switches: int = 4) -> Iterator[list[int]]:
    """Starts the runs anew for each order and finishes them in it; yields after each which run took which turn.

    A call is one turn; between turns nothing happens. The next order is begun when the next is asked for. Orders are
    left out that turn from an unfinished run to another more often than `switches` times: there are too many of them,
    and what goes wrong at all goes wrong with few.
    """
    order: list[int] = []
    while True:
        taken = _follow(start(), order, switches)
        yield [turn for turn, _ in taken]
        while taken and not taken[-1][1]:
            taken.pop()
        if not taken:
            return
        order = [*(turn for turn, _ in taken[:-1]), taken[-1][1][0]]


def _follow(runs: list[Run], order: list[int], switches: int) -> list[tuple[int, list[int]]]:
    """Finishes the runs, the first turns in this order; returns each turn, and who is yet to be tried for it."""
    alive = list(range(len(runs)))
    taken: list[tuple[int, list[int]]] = []
    last = -1
    while alive:
        may = [last] if last in alive and not switches else alive
        turn = order[len(taken)] if len(taken) < len(order) else may[0]
        switches -= last in alive and turn != last
        taken.append((turn, [each for each in may if each > turn]))
        try:
            runs[turn].send(None)
        except StopIteration:
            alive.remove(turn)
        last = turn
    return taken
