"""The checker finds what it is there for: each planted bug, and each of its claims finds one of them."""

from concurrent.futures import Future
from dataclasses import dataclass

import pytest

from tests.faults import points
from tests.faults.checker import CLAIMS, verdict
from tests.faults.drive import Played
from tests.faults.planted import BUGS
from tests.faults.stage import Stage

WAIT_S = 280.0


@dataclass(frozen=True, slots=True)
class Found:
    """Where a bug shows, and which claim it breaks."""

    claim: str
    scenario: str
    crash: str | None = None  # it shows without one


FOUND = {
    "answers before it writes": Found("no_accepted_message_is_lost", "large"),
    "forgets the key": Found("no_message_is_there_twice", "small", "send/update_item:Deliveries.delivered/before"),
    "loses the last recipient": Found("no_accepted_message_is_lost", "large"),
    "writes rows for a stranger": Found("no_message_is_invented", "small"),
    "is in progress for ever": Found("everybody_was_answered", "repeat"),
    "acknowledges before it writes": Found(
        "the_queue_brings_back_what_failed", "large", "deliver 0-50/transact_write_items:Messages+Notifications/before"
    ),
    "swallows a failure": Found("the_queue_brings_back_what_failed", "topic down"),
    "swallows what the queue refused": Found("the_queue_brings_back_what_failed", "queue full"),
    "notes jobs that it did not put": Found("every_accepted_delivery_ends", "large"),
    "puts every job back": Found("nothing_is_left_on_the_queue", "missed"),
    "cannot read the work": Found("nothing_is_with_the_dead_letters", "large"),
    "writes rows without a condition": Found("what_was_read_stays_read", "large", "deliver 0-50/publish/after"),
    "closes a part before it posts": Found(
        "every_live_connection_was_reached", "large", "deliver 0-50/post:first/before"
    ),
    "forgets the checkpoint": Found(
        "a_crash_repeats_a_page_and_what_was_in_flight_at_most",
        "everyone",
        "deliver 0 of 4/update_item:Deliveries/before",
    ),
    "saves the checkpoint before it posts": Found(
        "every_live_connection_was_reached", "everyone", "deliver 0 of 4/post:1/before"
    ),
    "loses what was missed": Found("every_live_connection_was_reached", "missed"),
    "ends with the first part": Found("nothing_is_left_open", "large"),
    "counts twice": Found("the_report_counts_each_connection_once", "small"),
    "forgets whoever answers 410": Found("live_connections_are_kept", "small"),
    "posts to a stranger": Found("nobody_else_was_reached", "small"),
    "posts another content": Found("what_was_sent_is_what_arrived", "small"),
    "publishes only at the first attempt": Found("every_recipient_was_told_of_by_the_topic", "topic down"),
    "publishes for a stranger": Found("the_topic_told_of_nobody_else", "small"),
    "sweeps only what is pending": Found("every_accepted_delivery_ends", "sweep delivering"),
    "gives up at once": Found("who_gives_up_raises_an_alarm", "sweep pending"),
    "never gives up": Found("who_gives_up_raises_an_alarm", "sweep too old"),
    "gives up without a word": Found("who_gives_up_raises_an_alarm", "sweep too old"),
}


@pytest.fixture(scope="session")
def spoilt(stage: Stage) -> dict[str, "Future[Played]"]:
    """What came of each planted bug."""
    return {name: stage.begin(found.scenario, found.crash, name) for name, found in FOUND.items()}


@pytest.mark.parametrize("name", FOUND)
def test_a_planted_bug_is_found(name: str, spoilt: dict[str, "Future[Played]"]) -> None:
    objections = verdict(spoilt[name].result(WAIT_S).history)
    assert FOUND[name].claim in {objection.partition(":")[0] for objection in objections}


def test_every_planted_bug_is_looked_for() -> None:
    assert FOUND.keys() == BUGS.keys()


def test_every_claim_finds_something() -> None:
    found = {found.claim for found in FOUND.values()}
    assert {claim.__name__ for claim in CLAIMS} - found == set()


def test_bugs_are_looked_for_where_all_is_well_without_them() -> None:
    crashes = {f"{found.scenario}/{found.crash}" for found in FOUND.values() if found.crash}
    assert crashes <= set(points.points())
