import pytest

from app.errors import UnacceptableError
from app.models.messages import MAX_CONTENT_BYTES, SendMessage
from app.models.wire import check


def send(**parts: object) -> SendMessage:
    return check(SendMessage, {"recipientIds": ["b"], "content": "hello", **parts})


def faults(body: dict[str, object]) -> list[tuple[str, str]]:
    with pytest.raises(UnacceptableError) as caught:
        check(SendMessage, body)
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


@pytest.mark.parametrize("letter", ["a", "é", "€", "👍", "\x00", "\n"])
def test_content_of_exactly_16_kib_is_accepted(letter: str) -> None:
    size = len(letter.encode())
    content = letter * (MAX_CONTENT_BYTES // size) + "a" * (MAX_CONTENT_BYTES % size)
    assert send(content=content).content == content


@pytest.mark.parametrize("letter", ["a", "é", "€", "👍"])
def test_content_of_one_byte_more_is_refused(letter: str) -> None:
    content = letter * (MAX_CONTENT_BYTES // len(letter.encode()))
    content += "a" * (MAX_CONTENT_BYTES + 1 - len(content.encode()))
    ((pointer, _),) = faults({"recipientIds": ["b"], "content": content})
    assert pointer == "/content"


def test_content_that_is_too_long_is_called_so() -> None:
    content = "a" * (MAX_CONTENT_BYTES + 1)
    assert faults({"recipientIds": ["b"], "content": content}) == [("/content", "too_long")]


def test_content_may_not_be_empty() -> None:
    assert faults({"recipientIds": ["b"], "content": ""}) == [("/content", "too_short")]


def test_content_is_kept_as_it_is() -> None:
    assert send(content=" \n<b>x</b>\t").content == " \n<b>x</b>\t"


@pytest.mark.parametrize("title", ["a\nb", "a\x00b", "a\u2028b", "a\r\nBcc: x", "a\x9fb"])
def test_a_title_is_one_line(title: str) -> None:
    assert faults({"recipientIds": ["b"], "content": "x", "title": title}) == [("/title", "malformed")]


@pytest.mark.parametrize(("title", "code"), [("", "too_short"), (" \t", "too_short"), ("a" * 201, "too_long")])
def test_a_title_has_1_to_200_characters(title: str, code: str) -> None:
    assert faults({"recipientIds": ["b"], "content": "x", "title": title}) == [("/title", code)]


def test_at_least_one_recipient_is_named() -> None:
    assert faults({"recipientIds": [], "content": "x"}) == [("/recipientIds", "too_few")]


@pytest.mark.parametrize("count", [1, 49, 50, 5_000])
def test_up_to_5000_recipients_are_accepted(count: int) -> None:
    assert len(send(recipientIds=[f"r{n}" for n in range(count)]).recipients()) == count


def test_5001_recipients_are_too_many() -> None:
    names = [f"r{n}" for n in range(5_001)]
    assert faults({"recipientIds": names, "content": "x"}) == [("/recipientIds", "too_many")]


def test_a_recipient_named_twice_is_one() -> None:
    assert send(recipientIds=["b", "a", "b"]).recipients() == ("b", "a")


@pytest.mark.parametrize(("name", "code"), [("", "too_short"), ("a" * 129, "too_long")])
def test_a_recipient_has_1_to_128_characters(name: str, code: str) -> None:
    assert faults({"recipientIds": [name], "content": "x"}) == [("/recipientIds/0", code)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"recipientIds": None},
        {"audience": None},
        {"recipientIds": ["b"], "audience": "everyone"},
    ],
)
def test_a_message_has_either_recipients_or_an_audience(body: dict[str, object]) -> None:
    assert faults({**body, "content": "x"}) == [("", "one_of_two")]


def test_everyone_has_no_named_recipients() -> None:
    assert check(SendMessage, {"audience": "everyone", "content": "x"}).recipients() == ()


@pytest.mark.parametrize("same", [{"priority": "normal"}, {"title": None}, {"audience": None}])
def test_what_is_left_out_and_its_default_ask_for_the_same(same: dict[str, object]) -> None:
    assert send(**same).digest() == send().digest()


@pytest.mark.parametrize(
    "other",
    [
        {"content": "hello!"},
        {"title": "hello"},
        {"priority": "critical"},
        {"recipientIds": ["c"]},
        {"recipientIds": ["b", "c"]},
        {"recipientIds": None, "audience": "everyone"},
    ],
)
def test_another_wish_has_another_digest(other: dict[str, object]) -> None:
    assert send(**other).digest() != send().digest()
