"""Judges a history; pure, so that its verdict on a doctored one can be tested."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from tests.faults.history import History

Claim: TypeAlias = Callable[[History], Iterator[str]]


def verdict(history: History) -> list[str]:
    """Returns "claim: what speaks against it" for each claim that does not hold; nothing means that all is well."""
    return [f"{claim.__name__}: {objection}" for claim in CLAIMS for objection in claim(history)]


def everybody_was_answered(history: History) -> Iterator[str]:
    """A send that did not die was accepted, or repeated one that was."""
    yield from (f"status {status}" for status in history.answers if status not in (201, 202))


def no_accepted_message_is_lost(history: History) -> Iterator[str]:
    if history.accepted and not history.given_up:
        for table, rows in _inboxes(history):
            yield from (f"no row of {owner} in {table}" for owner in sorted(history.owners - _owners(rows)))


def no_message_is_there_twice(history: History) -> Iterator[str]:
    for table, rows in _inboxes(history):
        owners = [row["userId"] for row in rows]
        yield from (f"rows of {owner} in {table}" for owner in sorted(set(owners)) if owners.count(owner) > 1)
    if len(history.deliveries) > 1:
        yield f"{len(history.deliveries)} deliveries"


def no_message_is_invented(history: History) -> Iterator[str]:
    for table, rows in _inboxes(history):
        yield from (f"a row of {owner} in {table}" for owner in sorted(_owners(rows) - history.owners))
        yield from (f"another message of {row['userId']}" for row in rows if row["messageId"] != history.message_id)
        if rows and not history.committed:
            yield f"rows in {table} without a delivery"


def what_was_sent_is_what_arrived(history: History) -> Iterator[str]:
    sent = {"content": history.content, "senderId": history.sender}
    for table, rows in _inboxes(history):
        yield from (f"a row of {row['userId']} in {table}" for row in rows if not sent.items() <= row.items())
    for name, frames in history.frames.items():
        shown = {**sent, "messageId": history.message_id}
        yield from (f"a frame to {name}" for frame in frames if not shown.items() <= frame.items())


def what_was_read_stays_read(history: History) -> Iterator[str]:
    for table, rows in _inboxes(history):
        marked = {row["userId"] for row in rows if row["read"]}
        yield from (f"{owner} in {table}" for owner in sorted(marked ^ history.read))
    for row in history.notifications:
        if ("unread" in row) == row["read"]:
            yield f"{row['userId']} in the index unread"


def every_live_connection_was_reached(history: History) -> Iterator[str]:
    if history.accepted and not history.given_up:
        yield from sorted(history.of_kind("live") - _reached(history))


def nobody_else_was_reached(history: History) -> Iterator[str]:
    yield from sorted(_reached(history) - history.of_kind("live", "opening"))


def a_crash_repeats_a_page_and_what_was_in_flight_at_most(history: History) -> Iterator[str]:
    again = {name: len(frames) - 1 for name, frames in history.frames.items() if frames}
    if sum(again.values()) > history.crashes * history.page:
        yield f"{sum(again.values())} posts"
    yield from (f"{name} got it {times + 1} times" for name, times in again.items() if times > history.crashes)


def live_connections_are_kept(history: History) -> Iterator[str]:
    yield from sorted(history.of_kind("live", "opening", "stranger") - history.rows_left)


def every_recipient_was_told_of_by_the_topic(history: History) -> Iterator[str]:
    if not history.accepted or history.given_up:
        return
    told = {owner for recipients in history.told for owner in recipients or ("*",)}
    yield from sorted(history.owners - told)


def the_topic_told_of_nobody_else(history: History) -> Iterator[str]:
    yield from sorted({owner for recipients in history.told for owner in recipients or ("*",)} - history.owners)


def every_accepted_delivery_ends(history: History) -> Iterator[str]:
    if history.accepted and not history.deliveries:
        yield "there is none"
    if not history.settled:
        yield "not by the queue and the sweeper alone"
    wanted = "failed" if history.given_up else "delivered"
    yield from (str(row["state"]) for row in history.deliveries if row["state"] != wanted)


def nothing_is_left_open(history: History) -> Iterator[str]:
    if not history.given_up:
        yield from (f"parts {sorted(row['parts'])}" for row in history.deliveries if "parts" in row)
    yield from (f"{message_id} is pending" for message_id in history.pending)


def the_report_counts_each_connection_once(history: History) -> Iterator[str]:
    live, opening = (len(history.of_kind(kind)) for kind in ("live", "opening"))
    for row in history.deliveries:
        if row["state"] == "delivered" and not live <= row["posted"] <= live + opening:
            yield f"{row['posted']} posted, {live} live"
        if row["state"] == "delivered" and row["failed"]:
            yield f"{row['failed']} failed"


def nothing_is_left_on_the_queue(history: History) -> Iterator[str]:
    if history.queued:
        yield f"{history.queued} jobs"


def nothing_is_with_the_dead_letters(history: History) -> Iterator[str]:
    if history.dead:
        yield f"{history.dead} jobs"


def the_queue_brings_back_what_failed(history: History) -> Iterator[str]:
    """The sweeper is there for jobs that were lost; where none were, a quarter of an hour is too late."""
    if history.rescued and not history.lost_jobs:
        yield f"put on the queue again {history.rescued} times by the sweeper"


def who_gives_up_raises_an_alarm(history: History) -> Iterator[str]:
    if history.overdue and not history.alarms:
        yield "no alarm"
    if history.alarms and not history.overdue:
        yield "a false alarm"


CLAIMS: tuple[Claim, ...] = (
    everybody_was_answered,
    no_accepted_message_is_lost,
    no_message_is_there_twice,
    no_message_is_invented,
    what_was_sent_is_what_arrived,
    what_was_read_stays_read,
    every_live_connection_was_reached,
    nobody_else_was_reached,
    a_crash_repeats_a_page_and_what_was_in_flight_at_most,
    live_connections_are_kept,
    every_recipient_was_told_of_by_the_topic,
    the_topic_told_of_nobody_else,
    every_accepted_delivery_ends,
    nothing_is_left_open,
    the_report_counts_each_connection_once,
    nothing_is_left_on_the_queue,
    nothing_is_with_the_dead_letters,
    the_queue_brings_back_what_failed,
    who_gives_up_raises_an_alarm,
)


def _inboxes(history: History) -> tuple[tuple[str, tuple[Mapping[str, Any], ...]], ...]:
    return (("Messages", history.messages), ("Notifications", history.notifications))


def _owners(rows: tuple[Mapping[str, Any], ...]) -> frozenset[str]:
    return frozenset(row["userId"] for row in rows)


def _reached(history: History) -> frozenset[str]:
    return frozenset(name for name, frames in history.frames.items() if frames)
