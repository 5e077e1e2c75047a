"""The expressions of DynamoDB that `app.stores` writes: one that is new fails its test instead of being guessed."""

import re
from collections.abc import Callable
from operator import eq, ge, gt, le, lt
from typing import Any

from tests.unit.people import Row

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "<=": le, "<": lt, ">=": ge, ">": gt}
_CHANGE = re.compile(r"(SET|REMOVE|ADD|DELETE) (.+?)(?= (?:SET|REMOVE|ADD|DELETE) |$)")


def holds(condition: str, item: Row, values: Row) -> bool:
    """Whether a condition holds for an item; one that is not there is empty."""
    either = [part[1:-1] if part.startswith("(") else part for part in condition.replace("#", "").split(" OR ")]
    return any(all(_term_holds(term, item, values) for term in part.split(" AND ")) for part in either)


def changed(change: str, item: Row, values: Row) -> Row:
    """Returns the item after an update expression."""
    after = dict(item)
    for verb, parts in _CHANGE.findall(change.replace("#", "")):
        for part in parts.split(", "):
            _CHANGES[verb](after, *re.split(r" = | ", part), values)
    return {name: value for name, value in after.items() if value != set()}


def _term_holds(term: str, item: Row, values: Row) -> bool:
    if found := re.fullmatch(r"attribute_(not_)?exists\((\w+)\)", term):
        return (found[2] in item) != bool(found[1])
    if found := re.fullmatch(r"contains\((\w+), :(\w+)\)", term):
        return values[found[2]] in item.get(found[1], ())
    if found := re.fullmatch(r"size\((\w+)\) (>) :(\w+)", term):
        return found[1] in item and _OPERATORS[found[2]](len(item[found[1]]), values[found[3]])
    if found := re.fullmatch(r"(\w+) IN \(:(.+)\)", term):
        return item.get(found[1]) in [values[name] for name in found[2].split(", :")]
    if found := re.fullmatch(r"(\w+) (=|<=|<|>=|>) :(\w+)", term):
        return found[1] in item and _OPERATORS[found[2]](item[found[1]], values[found[3]])
    raise AssertionError(f"new to this double: {term}")


def _set(item: Row, name: str, value: str, values: Row) -> None:
    item[name] = values[value[1:]]


def _remove(item: Row, name: str, _: Row) -> None:
    item.pop(name, None)


def _add(item: Row, name: str, value: str, values: Row) -> None:
    item[name] = item.get(name, 0) + values[value[1:]]


def _delete(item: Row, name: str, value: str, values: Row) -> None:
    item[name] = item.get(name, set()) - values[value[1:]]


_CHANGES: dict[str, Callable[..., None]] = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}
