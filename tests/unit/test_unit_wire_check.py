from collections.abc import Mapping
from typing import Any

import pytest

from app.errors import UnacceptableError
from app.models.messages import SendMessage
from app.models.users import CreateUser, UpdateUser
from app.models.wire import Wire, check

QUIET = {"start": "22:00", "end": "07:00", "timeZone": "Europe/Berlin"}
CREATE = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.test"}
SEND = {"recipientIds": ["b"], "content": "hello", "title": "T", "priority": "normal"}
WELL: Mapping[type[Wire], dict[str, Any]] = {CreateUser: CREATE, UpdateUser: {"firstName": "Ada"}, SendMessage: SEND}
OTHER_TYPES = [0, 1.5, True, [], ["a"], {}, {"a": 1}]


def faults(model: type[Wire], value: object) -> list[tuple[str, str]]:
    with pytest.raises(UnacceptableError) as caught:
        check(model, value)
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


@pytest.mark.parametrize("model", WELL)
def test_a_well_formed_body_is_accepted(model: type[Wire]) -> None:
    check(model, WELL[model])


@pytest.mark.parametrize("model", WELL)
@pytest.mark.parametrize("value", [None, [], ["a"], "text", 1, True, 1.5])
def test_a_body_that_is_no_object_is_of_the_wrong_type(model: type[Wire], value: object) -> None:
    assert faults(model, value) == [("", "wrong_type")]


@pytest.mark.parametrize("value", [*OTHER_TYPES, None])
@pytest.mark.parametrize(
    ("model", "name"),
    [(CreateUser, "firstName"), (CreateUser, "lastName"), (UpdateUser, "firstName"), (UpdateUser, "lastName")],
)
def test_a_name_is_text(model: type[Wire], name: str, value: object) -> None:
    assert faults(model, {**WELL[model], name: value}) == [(f"/{name}", "wrong_type")]


@pytest.mark.parametrize("value", OTHER_TYPES)
def test_an_email_is_text(value: object) -> None:
    assert faults(CreateUser, {**CREATE, "email": value}) == [("/email", "wrong_type")]


@pytest.mark.parametrize("model", [CreateUser, UpdateUser])
@pytest.mark.parametrize("value", [None, 0, True, "text", []])
def test_settings_are_an_object(model: type[Wire], value: object) -> None:
    assert faults(model, {**WELL[model], "settings": value}) == [("/settings", "wrong_type")]


@pytest.mark.parametrize("value", [None, 0, True, "text", []])
def test_channels_are_an_object(value: object) -> None:
    assert faults(UpdateUser, {"settings": {"channels": value}}) == [("/settings/channels", "wrong_type")]


@pytest.mark.parametrize("name", ["realtime", "push", "email"])
@pytest.mark.parametrize("value", [None, 0, 1, "true", "yes", [], {}])
def test_a_channel_is_on_or_off(name: str, value: object) -> None:
    body = {"settings": {"channels": {name: value}}}
    assert faults(UpdateUser, body) == [(f"/settings/channels/{name}", "wrong_type")]


@pytest.mark.parametrize("value", [0, True, "22:00", []])
def test_quiet_hours_are_an_object(value: object) -> None:
    assert faults(UpdateUser, {"settings": {"quietHours": value}}) == [("/settings/quietHours", "wrong_type")]


@pytest.mark.parametrize("name", ["start", "end", "timeZone"])
@pytest.mark.parametrize("value", [*OTHER_TYPES, None])
def test_each_part_of_quiet_hours_is_text(name: str, value: object) -> None:
    body = {"settings": {"quietHours": {**QUIET, name: value}}}
    assert faults(UpdateUser, body) == [(f"/settings/quietHours/{name}", "wrong_type")]


@pytest.mark.parametrize("name", ["start", "end", "timeZone"])
def test_quiet_hours_are_whole(name: str) -> None:
    quiet = {key: value for key, value in QUIET.items() if key != name}
    assert faults(UpdateUser, {"settings": {"quietHours": quiet}}) == [(f"/settings/quietHours/{name}", "required")]


@pytest.mark.parametrize("value", [*OTHER_TYPES, None])
def test_content_is_text(value: object) -> None:
    assert faults(SendMessage, {**SEND, "content": value}) == [("/content", "wrong_type")]


@pytest.mark.parametrize("value", OTHER_TYPES)
def test_a_title_is_text(value: object) -> None:
    assert faults(SendMessage, {**SEND, "title": value}) == [("/title", "wrong_type")]


@pytest.mark.parametrize("value", [None, "urgent", "NORMAL", "", 0, True, [], {}])
def test_a_priority_is_one_of_two(value: object) -> None:
    assert faults(SendMessage, {**SEND, "priority": value}) == [("/priority", "not_allowed")]


@pytest.mark.parametrize("value", ["Everyone", "admins", "*", "", 0, True, [], {}])
def test_the_only_audience_is_everyone(value: object) -> None:
    assert faults(SendMessage, {"audience": value, "content": "x"}) == [("/audience", "not_allowed")]


@pytest.mark.parametrize("value", ["b", 0, True, {}, {"0": "b"}])
def test_recipients_are_a_list(value: object) -> None:
    assert faults(SendMessage, {**SEND, "recipientIds": value}) == [("/recipientIds", "wrong_type")]


@pytest.mark.parametrize("value", [*OTHER_TYPES, None])
def test_a_recipient_is_text(value: object) -> None:
    body = {**SEND, "recipientIds": ["b", value]}
    assert faults(SendMessage, body) == [("/recipientIds/1", "wrong_type")]


def test_every_fault_is_told_at_once() -> None:
    found = faults(CreateUser, {"firstName": 1, "email": "nobody", "settings": {"push": True}})
    assert sorted(found) == [
        ("/email", "malformed"),
        ("/firstName", "wrong_type"),
        ("/lastName", "required"),
        ("/settings/push", "unknown_field"),
    ]


@pytest.mark.parametrize("model", WELL)
def test_an_unknown_field_is_named(model: type[Wire]) -> None:
    assert faults(model, {**WELL[model], "userId": "x"}) == [("/userId", "unknown_field")]


@pytest.mark.parametrize("name", ["a b", "a/b", "", "<script>", "é", "a" * 65, "a\n", "~"])
def test_an_odd_field_name_is_not_repeated(name: str) -> None:
    assert faults(UpdateUser, {name: 1}) == [("", "unknown_field")]
    assert faults(UpdateUser, {"settings": {name: 1}}) == [("/settings", "unknown_field")]


@pytest.mark.parametrize(
    ("model", "body", "name"),
    [
        (CreateUser, {"firstName": "Ada", "last_name": "Lovelace"}, "last_name"),
        (UpdateUser, {"first_name": "Ada"}, "first_name"),
        (UpdateUser, {"settings": {"quiet_hours": QUIET}}, "settings/quiet_hours"),
        (SendMessage, {"recipient_ids": ["b"], "content": "x"}, "recipient_ids"),
    ],
)
def test_names_of_our_code_are_unknown_on_the_wire(model: type[Wire], body: object, name: str) -> None:
    assert (f"/{name}", "unknown_field") in faults(model, body)


def test_a_fault_has_a_sentence_that_repeats_nothing() -> None:
    marker = "Xmarker"
    with pytest.raises(UnacceptableError) as caught:
        check(SendMessage, {"recipientIds": [marker * 99], "audience": marker, "content": [marker], "title": {}})
    assert caught.value.faults
    assert marker not in repr([(fault.pointer, fault.code, fault.detail) for fault in caught.value.faults])
