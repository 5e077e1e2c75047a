"""Nothing that the code has is missing in the description, and nothing is in it that the code does not have."""

import ast
from collections.abc import Iterator
from pathlib import Path

from app import errors
from app.handlers.actions import ACTIONS
from description import answers, openapi, refusals
from description.asyncapi import CLIENT, PROBLEMS, SERVER, asyncapi
from description.operations import OPERATIONS
from description.schemas import of_models

APP = Path(errors.__file__).parent
# Of errors that are only bases, or that reach nobody who asks by HTTP.
_NO_CODES = {"conflict"}
_OF_FRAMES = {"unknown_action", "too_many_connections"}


def test_every_route_is_described() -> None:
    assert {route.key for route in openapi.routes()} == set(OPERATIONS)


def test_every_action_of_a_frame_is_described() -> None:
    assert set(CLIENT) == set(ACTIONS)


def test_every_type_of_a_frame_is_described() -> None:
    """A type is a word that stands behind "type" in a dictionary, or one of those that a notification may have."""
    types = {
        value.value
        for tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "type" and isinstance(value, ast.Constant)
    }
    kinds = of_models([answers.Notification])["Notification"]["properties"]["type"]["enum"]

    assert set(SERVER) == types - {"about:blank"} | set(kinds)


def test_every_code_of_a_problem_is_described() -> None:
    raised = {code for tree in _sources() for code in _codes(tree)}

    assert len(raised) > 15
    assert set(refusals.codes()) == raised - _NO_CODES - _OF_FRAMES


def test_every_code_of_an_error_frame_is_one_of_ours() -> None:
    raised = {code for tree in _sources() for code in _codes(tree)} | _OF_FRAMES

    assert {problem.code for problem in PROBLEMS} <= raised
    assert {problem.code for problem in PROBLEMS} >= _OF_FRAMES


def test_every_code_of_a_fault_is_described() -> None:
    named = {code for tree in _sources() for code in _fault_codes(tree)}

    assert set(refusals.FLAWS) == named - {"content_too_long"}  # which is called too_long outside


def test_what_is_required_to_connect_is_what_the_authorizer_reads() -> None:
    document = asyncapi()

    [name] = document["channels"]["connection"]["bindings"]["ws"]["query"]["required"]
    assert name == document["components"]["securitySchemes"]["ticket"]["name"] == "ticket"


def _sources() -> Iterator[ast.Module]:
    return (ast.parse(file.read_text()) for file in sorted(APP.rglob("*.py")))


def _codes(tree: ast.Module) -> Iterator[str]:
    """The codes of problems: `code="..."` of a call, and the first of two that a class is given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
            yield str(node.value.value)
        elif isinstance(node, ast.ClassDef):
            yield from _class_code(node)


def _class_code(node: ast.ClassDef) -> Iterator[str]:
    for each in node.body:
        if isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) in {"(code, detail)", "code, detail"}:
            yield ast.literal_eval(each.value)[0]


_PLACE_OF_CODE = {"Fault": 1, "fault": 1, "PydanticCustomError": 0}


def _fault_codes(tree: ast.Module) -> Iterator[str]:
    """The codes of faults: an argument of what makes them, and what pydantic's kinds are called outside."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _PLACE_OF_CODE:
            arguments = node.args[_PLACE_OF_CODE[node.func.id] :]
            yield from (str(each.value) for each in arguments[:1] if isinstance(each, ast.Constant))
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_CODES" and node.value:
            yield from (code for code, _ in ast.literal_eval(node.value).values())


def test_the_image_has_nothing_of_the_description() -> None:
    imported = {name.split(".")[0] for tree in _sources() for name in _imports(tree)}

    assert {"app", "pydantic"} <= imported
    assert not imported & {"description", "laptop", "infra"}


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
