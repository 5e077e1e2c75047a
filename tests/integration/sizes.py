"""How large DynamoDB takes an item for, by the rules in its developer guide ("Item sizes and formats")."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

LIMIT = 400 * 1024  # bytes of one item
_DOCUMENT, _ELEMENT = 3, 1  # of overhead


def item_size(item: Mapping[str, Any]) -> int:
    """Returns the bytes of an item of plain values."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Any) -> int:
    match value:
        case None | bool():
            return 1
        case str():
            return len(value.encode())
        case int() | Decimal():
            return len(str(value)) // 2 + 2
        case set() | frozenset():
            return sum(map(_size, value))
        case list():
            return _DOCUMENT + sum(_ELEMENT + _size(member) for member in value)
        case dict():
            return _DOCUMENT + sum(_ELEMENT + len(name.encode()) + _size(member) for name, member in value.items())
    raise TypeError(type(value))
