import ast
from importlib import import_module
from pathlib import Path

import pytest

from app.catalogue import (
    DELIVERIES_QUEUE,
    DIRECT_POSTS_PER_S,
    FUNCTIONS,
    NOTIFICATIONS,
    QUEUES,
    QUOTA_PER_S,
    TABLES,
    TOPICS,
    WORKER_POSTS_PER_S,
    Function,
    HttpRoute,
    QueueSource,
    Table,
    variables,
)
from app.runtime import LambdaFunction
from app.stores.claims import LEASE

APP = Path(__file__).parents[2] / "app"
TRIGGERS = [trigger for function in FUNCTIONS for trigger in function.triggers]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_handler_is_a_lambda_function(function: Function) -> None:
    module, _, name = function.handler.rpartition(".")
    assert isinstance(getattr(import_module(module), name), LambdaFunction)


def test_every_lambda_function_is_in_the_catalogue() -> None:
    modules = [f"app.handlers.{path.stem}" for path in (APP / "handlers").glob("[a-z]*.py")]
    found = {
        f"{module}.{name}"
        for module in modules
        for name, value in vars(import_module(module)).items()
        if isinstance(value, LambdaFunction)
    }
    assert found == {function.handler for function in FUNCTIONS}


def test_no_two_functions_share_a_name_or_a_handler() -> None:
    assert len({function.name for function in FUNCTIONS}) == len(FUNCTIONS)
    assert len({function.handler for function in FUNCTIONS}) == len(FUNCTIONS)


def test_no_two_functions_share_a_trigger() -> None:
    assert len(set(TRIGGERS)) == len(TRIGGERS)


def test_a_route_is_its_method_and_path() -> None:
    assert HttpRoute("PUT", "/users/{userId}").key == "PUT /users/{userId}"


def test_no_two_resources_share_a_variable() -> None:
    names = [*variables(), *(topic.variable for topic in TOPICS if topic.alarms)]
    assert len(set(names)) == len(names)


def test_every_queue_has_one_function_that_works_it_off() -> None:
    sources = [trigger for trigger in TRIGGERS if isinstance(trigger, QueueSource)]
    assert [source.queue for source in sources] == [*QUEUES]


def test_the_workers_together_keep_to_60_percent_of_the_quota() -> None:
    (source,) = [each for each in TRIGGERS if isinstance(each, QueueSource) and each.queue == DELIVERIES_QUEUE]
    assert source.max_concurrency * WORKER_POSTS_PER_S <= 0.6 * QUOTA_PER_S
    assert 0 < DIRECT_POSTS_PER_S < WORKER_POSTS_PER_S


def test_what_fails_is_received_five_times_at_least_as_aws_advises() -> None:
    assert all(queue.max_receives >= 5 for queue in QUEUES)


def test_a_channel_gives_up_before_others_may_take_its_claims() -> None:
    channels = [f for f in FUNCTIONS for each in f.triggers if isinstance(each, QueueSource) and each.queue.topic]
    assert all(function.timeout_s < LEASE.total_seconds() for function in channels)
    assert channels


def test_the_variable_of_a_queue_is_named_after_it() -> None:
    assert DELIVERIES_QUEUE.variable == "DELIVERIES_QUEUE"


def test_an_index_is_found_by_its_name() -> None:
    assert NOTIFICATIONS.index("unread").partition == "unread"


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_every_grant_on_an_index_names_one_that_exists(function: Function) -> None:
    for grant in function.grants:
        if isinstance(grant.on, Table):
            assert {index.name for index in grant.on.indexes} >= set(grant.indexes)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_number_keys_of_a_table_are_keys(table: Table) -> None:
    keys = {table.partition, table.sort, *(key for index in table.indexes for key in (index.partition, index.sort))}
    assert keys >= set(table.numbers)


@pytest.mark.parametrize("path", sorted(APP.rglob("*.py")), ids=lambda path: path.relative_to(APP).as_posix())
def test_no_module_runs_a_loop_for_one_call(path: Path) -> None:
    # It closes the loop, and with it every client that was opened on it.
    names = {ast.unparse(node) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    assert not names & {"asyncio.run", "asyncio.Runner"}
    assert "from asyncio" not in path.read_text()
