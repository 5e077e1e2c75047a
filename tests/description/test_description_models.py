"""A body or frame has the schema exactly if the model takes it, but for what no schema can say."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from app.errors import UnacceptableError
from app.models.devices import RegisterDevice
from app.models.messages import SendMessage
from app.models.queries import Ack, Ping, ReadUpTo, Sync
from app.models.users import CreateUser, UpdateUser
from app.models.wire import Wire, check
from description.schemas import of_models, ref
from tests.description.conformity import validator

# What only code can say: bytes of UTF-8, the list of time zones, two members compared.
_BEYOND_SCHEMAS = {
    ("/content", "too_long"),
    ("/settings/quietHours/timeZone", "unknown_time_zone"),
    ("/settings/quietHours", "empty_span"),
}
_ROW = "0f8fad5bd9cb469fa16570867728950e"
_EDGES = some.text(" \n\x1c\x85\u00a0\u2028\ufeff", max_size=2)
_LENGTHS = some.sampled_from([0, 1, 2, 99, 100, 101, 199, 200, 201, 16_384, 16_385])
_LINES = some.builds(lambda before, length, after: before + "x" * length + after, _EDGES, _LENGTHS, _EDGES)
_WORDS = some.sampled_from(
    ["", "ü" * 9000, _ROW, f"{_ROW}\n", "a@b", "a @b", "a@\ufeffb", "everyone", "critical", "fcm", "apns"]
)
_TEXTS = _WORDS | _LINES | some.text(max_size=8)
# No 1.0, which is an integer to a schema and none to us.
_SCALARS = some.none() | some.booleans() | some.integers(-1, 300) | _TEXTS | some.just(0.5)
_CLOCKS = some.sampled_from(["22:00", "07:00", "24:00", "7:00", "07:00\n"])
_ZONES = some.sampled_from(["Europe/Berlin", "UTC", "Mars", ""])
_MOMENTS = some.sampled_from(["2026-11-22T12:00:00.000Z", "2026-11-22T12:00:00+01:00", "tomorrow"])


def _objects(members: Mapping[str, some.SearchStrategy[Any]], *, sure: tuple[str, ...] = ()) -> Any:
    """Objects with some of these members, of which one at most is replaced by something else, or unknown."""
    likely = some.fixed_dictionaries(
        {name: members[name] for name in sure}, optional={name: members[name] for name in members.keys() - {*sure}}
    )
    odd = some.builds(
        lambda whole, name, value: whole | {name: value},
        likely,
        some.sampled_from(sorted({*members, "unknown"} - {"action"})),  # the action says which model it is
        _SCALARS | _LISTS,
    )
    return likely | odd


_LISTS = some.lists(_TEXTS, max_size=3) | some.sampled_from([[_ROW] * 101, ["x"] * 5001])
_IDS = some.lists(some.just(_ROW), min_size=1, max_size=3)
_FLAGS = _objects({"realtime": some.booleans(), "push": some.booleans(), "email": some.booleans()})
_QUIET = some.fixed_dictionaries({"start": _CLOCKS, "end": _CLOCKS, "timeZone": _ZONES})
_SETTINGS = _objects({"channels": _FLAGS, "quietHours": _QUIET})
_NAMES = {"firstName": _LINES, "lastName": some.just("Archer")}
_PRIORITIES = some.sampled_from(["normal", "critical"])
_TOKENS = some.text("0123456789abcdefABCDEF", min_size=62, max_size=66)
_FRAME = {"id": some.text(max_size=3) | some.integers()}
BODIES: dict[type[Wire], Any] = {
    CreateUser: _objects({**_NAMES, "email": some.just("a@b"), "settings": _SETTINGS}, sure=("firstName", "lastName")),
    UpdateUser: _objects({**_NAMES, "settings": _SETTINGS}),
    SendMessage: _objects(
        {
            "recipientIds": _IDS,
            "audience": some.just("everyone"),
            "content": some.just("x") | _LINES,
            "title": _LINES,
            "priority": _PRIORITIES,
        },
        sure=("content",),
    ),
    RegisterDevice: _objects(
        {"platform": some.sampled_from(["fcm", "apns"]), "token": _TOKENS, "replaces": some.just(_ROW)},
        sure=("platform", "token"),
    ),
    ReadUpTo: _objects({"upTo": _MOMENTS}),
    Ping: _objects({"action": some.just("ping"), **_FRAME}, sure=("action",)),
    Sync: _objects({"action": some.just("sync"), "after": some.none() | _TEXTS, **_FRAME}, sure=("action", "after")),
    Ack: _objects({"action": some.just("ack"), "notificationIds": _IDS, **_FRAME}, sure=("action", "notificationIds")),
}


@pytest.mark.parametrize("model", BODIES, ids=lambda model: model.__name__)
def test_the_schema_takes_what_the_model_takes(model: type[Wire]) -> None:
    schema = validator(ref(model), {"components": {"schemas": of_models([model])}})
    seen: set[bool] = set()

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(BODIES[model] | _SCALARS | _LISTS)
    def compare(body: object) -> None:
        faults = _faults(model, body)
        seen.add(not faults)
        if not faults & _BEYOND_SCHEMAS:
            assert schema.is_valid(body) == (not faults), (body, faults)

    compare()
    assert len(seen) == 2  # taken and refused


def _faults(model: type[Wire], body: object) -> set[tuple[str, str]]:
    """Returns where something is wrong with a body, and the code of what it is; nothing if it is taken."""
    try:
        check(model, body)
    except UnacceptableError as problem:
        return {(fault.pointer, fault.code) for fault in problem.faults}
    return set()
