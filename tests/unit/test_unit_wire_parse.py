import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ProblemError, TooLargeError, UnparsableError
from app.models.wire import MAX_BODY_BYTES, MAX_DEPTH, parse

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def refused(raw: bytes) -> str:
    with pytest.raises(UnparsableError) as caught:
        parse(raw)
    return caught.value.code


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"\x00",
        b"nothing",
        b"{",
        b'{"a":1,}',
        b"{'a':1}",
        b"1 2",
        b'"a\nb"',
        b'"\xff"',
        b'"\xc0\xaf"',
        b'"\xed\xa0\x80"',
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-16-le"),
        '{"a":1}'.encode("utf-32-be"),
        rb'"\ud800"',
        rb'"\udc00\ud800"',
        rb'{"\ud800":1}',
        b"NaN",
        b"[Infinity]",
        b'{"a":-Infinity}',
        b"1e999",
        b"01",
        b"1" * 5000,
    ],
)
def test_what_is_no_strict_json_is_not_parsed(raw: bytes) -> None:
    assert refused(raw) == "invalid_json"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"b":2,"a":3}',
        b'[{"x":{"a":1,"a":2}}]',
        rb'{"a":1,"\u0061":2}',
        b'{"":1,"":2}',
    ],
)
def test_a_member_may_not_come_twice(raw: bytes) -> None:
    assert refused(raw) == "duplicate_key"


def test_the_same_member_in_two_objects_is_no_duplicate() -> None:
    assert parse(b'[{"a":1},{"a":{"a":2}}]') == [{"a": 1}, {"a": {"a": 2}}]


@pytest.mark.parametrize("raw", [b"[" * 17 + b"]" * 17, b'{"a":' * 17 + b"1" + b"}" * 17, b"[" * 100_000])
def test_deep_nesting_is_refused_before_it_is_parsed(raw: bytes) -> None:
    assert refused(raw) == "json_too_deep"


@pytest.mark.parametrize("raw", [b"[" * 16 + b"]" * 16, b'[{"a":' * 8 + b"1" + b"}]" * 8])
def test_nesting_up_to_the_limit_is_parsed(raw: bytes) -> None:
    assert parse(raw) == json.loads(raw)


def test_depth_is_not_breadth() -> None:
    assert parse(b"[" + b"[]," * 1000 + b"[]]") == [[]] * 1001


@pytest.mark.parametrize("text", ["[" * 50, '"' + "[" * 50, "\\" + "{" * 50, '\\"[' * 50, "\n[" * 50])
def test_brackets_in_strings_do_not_count_as_depth(text: str) -> None:
    assert parse(json.dumps({text: text}).encode()) == {text: text}


def test_brackets_after_a_string_that_ends_in_a_backslash_count() -> None:
    assert refused(json.dumps("\\").encode().join([b"[", b"," + b"[" * 17])) == "json_too_deep"


def test_a_body_of_exactly_the_limit_is_parsed() -> None:
    raw = b'"' + b"a" * (MAX_BODY_BYTES - 2) + b'"'
    assert parse(raw) == "a" * (MAX_BODY_BYTES - 2)


def test_a_body_of_one_byte_more_is_too_large() -> None:
    with pytest.raises(TooLargeError):
        parse(b'"' + b"a" * (MAX_BODY_BYTES - 1) + b'"')


def test_size_comes_before_form() -> None:
    with pytest.raises(TooLargeError):
        parse(b"[" * 11, limit=10)


# A quadratic look at the depth takes minutes for the largest of these; a linear one, milliseconds.
@pytest.mark.parametrize("unit", [b'\\"', b'"', b"\\", b'"\\', b"[", b'["', b'{"a":'])
def test_hostile_bodies_take_no_longer_than_others(unit: bytes) -> None:
    raw = (unit * MAX_BODY_BYTES)[: MAX_BODY_BYTES // 8]
    started = time.process_time()
    with pytest.raises(ProblemError):
        parse(raw)
    assert time.process_time() - started < 0.5


@given(JSON)
def test_valid_json_is_read_as_the_standard_library_reads_it(value: object) -> None:
    for ascii_only in (True, False):
        raw = json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass")
        try:
            assert parse(raw) == json.loads(raw)
        except UnparsableError as error:
            assert error.code == "json_too_deep"  # noqa: PT017 - the only refusal that valid JSON may meet
            assert raw.count(b"[") + raw.count(b"{") > MAX_DEPTH


@given(st.binary(max_size=200) | st.text('[]{}",:\\u0d8e+-.tf1 \n', max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_a_problem(raw: bytes) -> None:
    try:
        parse(raw)
    except ProblemError:
        return
    json.loads(raw)
