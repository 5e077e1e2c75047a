"""The two documents: what is committed is what is generated, and it is valid."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from description.asyncapi import asyncapi
from description.files import DOCS, documents
from description.openapi import openapi
from laptop import npm
from laptop.places import here
from tests.description.conformity import closed, complaints
from tests.description.specs import SPECS


@pytest.mark.parametrize("name", documents())
def test_the_committed_description_is_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text() == documents()[name], "run `make describe`"


def test_the_http_description_is_valid_openapi() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(openapi()).iter_errors()] == []


def test_the_socket_description_is_valid_asyncapi() -> None:
    schema = json.loads(_official(asyncapi()["asyncapi"]).read_text())

    found = jsonschema_rs.Draft7Validator(schema).iter_errors(asyncapi())

    assert [f"{error.instance_path}: {error.message}" for error in found] == []


def _official(version: str) -> Path:
    return npm.install(here(), SPECS) / f"schemas/{version}.json"


@pytest.mark.parametrize("document", [openapi(), asyncapi()], ids=["openapi", "asyncapi"])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = list(_references(document))

    assert len(references) > 20
    assert [each for each in references if not _leads(each, document)] == []


def _references(value: object) -> Any:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _references(each)


def _leads(reference: str, document: Any) -> bool:
    for part in reference.removeprefix("#/").split("/"):
        document = document.get(part, {})
    return bool(document)


def _examples() -> Any:
    document = closed(openapi())
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for where, part in [("request", operation.get("requestBody", {})), *operation["responses"].items()]:
                yield from _examples_of(f"{method} {path} {where}", part, document)
    for name, response in document["components"]["responses"].items():
        yield from _examples_of(name, response, document)
    document = closed(asyncapi())
    for name, message in document["components"]["messages"].items():
        yield name, message["payload"], message["examples"][0]["payload"], document


def _examples_of(where: str, part: Any, document: Any) -> Any:
    for content in part.get("content", {}).values():
        for example in content.get("examples", {}).values():
            yield where, content["schema"], example["value"], document
        if "example" in content:
            yield where, content["schema"], content["example"], document


def test_every_example_is_what_it_is_an_example_of() -> None:
    examples = list(_examples())

    assert len(examples) > 60
    assert [
        (where, found) for where, schema, value, document in examples if (found := complaints(schema, document, value))
    ] == []
