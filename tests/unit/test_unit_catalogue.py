import ast
from importlib import import_module
from pathlib import Path

import pytest

from app.catalogue import FUNCTIONS, NOTIFICATIONS, TABLES, TOPICS, Function, HttpRoute, Table, variables
from app.runtime import LambdaFunction

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
