"""JSON and TOML of strangers: what the standard library lets pass in silence is refused, all
else is the same.
"""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.safe.toml import RefusedError, read_json, read_toml

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(PLAIN)
def test_sound_json_is_read_as_the_standard_library_does(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)

    assert read_json(text, max_depth=99) == json.loads(text)
    assert read_json(json.dumps(value).encode(), max_depth=99) == json.loads(text)


REFUSED_JSON = {
    "a key twice": ('{"a": 1, "a": 2}', "the key 'a' occurs twice in one object; keep one"),
    "a key twice, deep": ('[{"b": {"a": 1, "a": 2}}]', "the key 'a' occurs twice"),
    "NaN": ('{"a": NaN}', "NaN is no JSON"),
    "Infinity": ("[-Infinity]", "-Infinity is no JSON"),
    "depth": ("[" * 9 + "]" * 9, "brackets nest deeper than 8"),
    "depth without end": ("[" * 1_000_000, "brackets nest deeper than 8"),
    "a number without end": (f"[{'9' * 5000}]", "ValueError"),
    "no JSON": ("{a}", "Expecting property name"),
    "no text": (b"\xff\xfe", "not UTF-8 (byte 0)"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED_JSON.values(), ids=REFUSED_JSON)
def test_json_that_is_refused(text: str | bytes, why: str) -> None:
    with pytest.raises(RefusedError) as caught:
        read_json(text)

    assert str(caught.value).startswith(why)


def test_brackets_inside_of_text_do_not_count() -> None:
    assert read_json('["[[[[[[[[[[[[", "\\"[[[[[[[[["]') == ["[[[[[[[[[[[[", '"[[[[[[[[[']
    assert read_toml("a = '[[[[[[[[[[[[' # [[[[[[[[[[[[") == {"a": "[[[[[[[[[[[["}


REFUSED_TOML = {
    "a key twice": ("a = 1\na = 2\n", "Cannot overwrite a value", 2),
    "a table twice": ("[a]\n[a]\n", "Cannot declare", 2),
    "deep brackets": ("a = " + "[" * 50_000, "brackets nest deeper than 8", 1),
    "deep key": ("a" + ".a" * 50_000 + " = 1", "a key has more than 8 parts", 1),
    "no TOML": ("= 1", "Invalid statement", 1),
}


@pytest.mark.parametrize(("text", "why", "line"), REFUSED_TOML.values(), ids=REFUSED_TOML)
def test_toml_that_is_refused(text: str, why: str, line: int) -> None:
    with pytest.raises(RefusedError) as caught:
        read_toml(text)

    assert str(caught.value).startswith(why)
    assert caught.value.line == line


def test_sound_toml_is_read_as_the_standard_library_does() -> None:
    text = 'a = 1\n[b.c]\nd = ["x", 1.5, {e = 2026-01-01}]\n[[f]]\ng = inf\n'

    assert read_toml(text) == tomllib.loads(text)


@pytest.mark.parametrize(
    ("text", "where"), [("a = nan", "a"), ("[b]\nc = [1.0, inf]", "b.c.2"), ("d = -inf", "d")]
)
def test_numbers_that_are_not_finite(text: str, where: str) -> None:
    with pytest.raises(RefusedError, match=f"^{where} is no finite number$"):
        read_toml(text, finite=True)
    assert read_toml(text)
