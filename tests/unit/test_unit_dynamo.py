"""Items in DynamoDB's own notation: as the SDK writes and reads them, for what our tables have."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from app.stores.dynamo import decode, encode

LEAVES = st.none() | st.booleans() | st.text() | st.integers(-(10**37), 10**37) | st.sets(st.text(), min_size=1)
VALUES = st.recursive(LEAVES, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=8)
ITEMS = st.dictionaries(st.text(min_size=1), VALUES)


def ordered(value: Any) -> Any:
    """The same, with sets in one order."""
    if isinstance(value, list):
        return [ordered(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {kind: sorted(held) if kind == "SS" else ordered(held) for kind, held in value.items()}


@settings(max_examples=50)
@given(ITEMS)
def test_an_item_is_written_and_read_as_the_sdk_does(item: Mapping[str, Any]) -> None:
    write, read = TypeSerializer().serialize, TypeDeserializer().deserialize
    written = encode(dict(item))
    assert {name: ordered(value) for name, value in written.items()} == {
        name: ordered(write(value)) for name, value in item.items()
    }
    assert decode(written) == {name: read(value) for name, value in written.items()} == item


@given(st.integers())
def test_a_number_is_a_whole_one_when_it_comes_back(number: int) -> None:
    assert type(decode(encode({"n": number}))["n"]) is int


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), float("inf"), Decimal(1), b"x", frozenset("x"), datetime.now(UTC), object], ids=repr
)
@pytest.mark.parametrize("place", ["at the top", "in a list", "in a map"])
def test_what_no_table_has_is_a_bug(value: object, place: str) -> None:
    held = {"at the top": value, "in a list": [value], "in a map": {"a": {"b": value}}}[place]
    with pytest.raises(TypeError, match=type(value).__name__):
        encode({"attribute": held})
