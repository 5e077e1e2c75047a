"""Whatever people do in whatever order: the inbox, the unread count and every client's view are what a model says."""

import asyncio

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.inbox.machine import bound
from tests.inbox.stage import Stage

# About a minute. A busy machine is no failure, and nothing is left behind in the checkout.
BOUNDED = settings(
    max_examples=8,
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_whatever_people_do_all_of_them_see_what_they_should(stage: Stage) -> None:
    with asyncio.Runner() as runner:
        clients = stage.clients()
        try:
            run_state_machine_as_test(bound(stage, runner, clients), settings=BOUNDED)
        finally:
            runner.run(clients.close())
