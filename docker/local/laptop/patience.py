"""How long the client waits for what."""

import random
from collections.abc import Callable
from dataclasses import dataclass

_MOST_DOUBLINGS = 16  # far above any bound, and far below what a float can hold


@dataclass(frozen=True, slots=True)
class Patience:
    """Times in seconds, and where chance comes from."""

    settled_s: float = 60.0  # after connecting, until no index of the connections lags any more
    sync_s: float = 240.0  # from then on; API Gateway ends a connection after 10 silent minutes
    answer_s: float = 30.0  # to a sync, before the connection counts as broken
    farewell_s: float = 30.0  # for what is not sent yet when the input ends
    first_s: float = 0.5
    longest_s: float = 30.0
    uniform: Callable[[float, float], float] = random.uniform

    def back_off_s(self, attempt: int) -> float:
        """The wait after attempt 0, 1, ...: anything up to a bound that doubles, so that no crowd returns at once."""
        return self.uniform(0, min(self.longest_s, self.first_s * 2 ** min(attempt, _MOST_DOUBLINGS)))


PATIENCE = Patience()
