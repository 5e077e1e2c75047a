import pytest

from app.catalogue import PUSH_APPLICATIONS, variables
from app.settings import MissingSettingsError, Settings

WHOLE = {name: name.lower() for name in variables()}
OPTIONAL = {"EMAIL_SENDER", "USER_POOL_ID", "USERS_CACHE", *(each.variable for each in PUSH_APPLICATIONS)}
REQUIRED = [name for name in variables() if name not in OPTIONAL]


def test_every_variable_of_the_catalogue_is_a_setting_and_no_other() -> None:
    assert {field.upper() for field in Settings.__dataclass_fields__} == {*variables(), "POST_LANE", "SENDS_PER_MIN"}


def test_each_setting_has_the_value_of_its_variable() -> None:
    settings = Settings.read(WHOLE)
    assert {name: getattr(settings, name.lower()) for name in WHOLE} == WHOLE


def test_variables_that_are_not_ours_are_passed_over() -> None:
    assert Settings.read({**WHOLE, "PATH": "/bin"}) == Settings.read(WHOLE)


def test_every_missing_variable_is_named_at_once() -> None:
    with pytest.raises(MissingSettingsError) as caught:
        Settings.read({})
    assert str(caught.value).split(", ") == REQUIRED


def test_the_lane_is_the_fast_one_unless_something_else_is_said() -> None:
    assert (Settings.read(WHOLE).post_lane, Settings.read({**WHOLE, "POST_LANE": "sdk"}).post_lane) == ("fast", "sdk")


def test_a_lane_that_there_is_not_is_named() -> None:
    with pytest.raises(MissingSettingsError, match=r"^POST_LANE$"):
        Settings.read({**WHOLE, "POST_LANE": "slow"})


def test_sends_are_limited_also_where_nothing_is_said() -> None:
    assert Settings.read(WHOLE).sends_per_min == 60
    assert Settings.read({**WHOLE, "SENDS_PER_MIN": "600"}).sends_per_min == 600


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "1e3", "9" * 30])
def test_a_limit_of_sends_that_is_none_is_named(value: str) -> None:
    with pytest.raises(MissingSettingsError, match=r"^SENDS_PER_MIN$"):
        Settings.read({**WHOLE, "SENDS_PER_MIN": value})


@pytest.mark.parametrize("name", sorted(OPTIONAL))
def test_what_a_stage_may_lack_may_be_empty(name: str) -> None:
    assert getattr(Settings.read({**WHOLE, name: ""}), name.lower()) == ""


@pytest.mark.parametrize("name", REQUIRED)
def test_an_empty_variable_is_missing(name: str) -> None:
    with pytest.raises(MissingSettingsError) as caught:
        Settings.read({**WHOLE, name: ""})
    assert str(caught.value) == name


def test_the_message_has_names_and_no_values() -> None:
    with pytest.raises(MissingSettingsError) as caught:
        Settings.read({"USERS_TABLE": "secret-name"})
    assert "secret-name" not in str(caught.value)
