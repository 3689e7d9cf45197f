"""Readers: every wrong file gives its complaint, its line and its code; right ones give the same
signature.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import SignatureError
from resistype.library import read_gmt, read_toml
from resistype.library.formats.raw import safe_id
from resistype.library.read import parse_toml, read_folder, read_mapping, read_path

GOOD = """\
format = "resistype-signature"
format_version = 1

id = "mine"
version = "1.0.0"
name = "Mine"
axis = "custom"

up = [
  "B2M",
  "TAP1",
]

[source]
citation = "Somebody 2020"
"""


def breaking(old: str, new: str) -> Callable[[], str]:
    """A file in which one thing is wrong."""

    def broken() -> str:
        assert old in GOOD
        return GOOD.replace(old, new, 1)

    return broken


BROKEN = {
    "no format": (
        breaking('format = "resistype-signature"\n', ""),
        ':1: format is None; a signature file says format = "resistype-signature"',
    ),
    "another format": (
        breaking("resistype-signature", "resistype-scheme"),
        ":1: format is 'resistype-scheme'; a",
    ),
    "newer format": (
        breaking("format_version = 1", "format_version = 2"),
        ":2: format_version is 2, this resistype reads up to 1; update resistype",
    ),
    "version as text": (
        breaking("format_version = 1", 'format_version = "1"'),
        ":2: format_version is '1'; it must be a whole number from 1",
    ),
    "version as truth": (
        breaking("format_version = 1", "format_version = true"),
        ":2: format_version is True; it must be a whole number from 1",
    ),
    "unknown field": (
        breaking('name = "Mine"', 'title = "Mine"\nname = "M"'),
        ":6: title: there is no such field",
    ),
    "unknown field in source": (
        breaking("citation =", "cite ="),
        ":15: source.cite: there is no such field",
    ),
    "no id": (breaking('id = "mine"\n', ""), ":1: id: Field required"),
    "capital id": (breaking('id = "mine"', 'id = "Mine"'), ":4: id: String should match pattern"),
    "path as id": (
        breaking('id = "mine"', 'id = "../../mine"'),
        ":4: id: String should match pattern",
    ),
    "unknown axis": (breaking('axis = "custom"', 'axis = "magic"'), "; got 'magic'"),
    "no genes": (
        breaking('  "B2M",\n  "TAP1",\n', ""),
        ":1: no gene in 'up' or 'down'; a signature needs at least one",
    ),
    "repeated gene": (
        breaking('"TAP1"', '"B2M"'),
        ":1: 1 genes occur more than once (B2M); keep one of each",
    ),
    "number as gene": (
        breaking('"TAP1"', "17"),
        ":9: up.1: Input should be a valid string; got 17",
    ),
    "date as gene": (
        breaking('"TAP1"', "2022-03-01"),
        ":9: up.1: Input should be a valid string; got a date",
    ),
    "table as genes": (
        breaking('up = [\n  "B2M",\n  "TAP1",\n]', "up = {a = 1}"),
        ":9: up: Input should be a valid tuple; got a dict",
    ),
    "empty gene": (
        breaking('"TAP1"', '""'),
        ":11: up.1: String should have at least 1 character; got ''",
    ),
    "not closed": (
        breaking('"TAP1",\n]', '"TAP1",\n'),
        ":14: not valid TOML: Invalid value (at line 14, column 2)",
    ),
    "key twice": (
        breaking('id = "mine"', 'id = "mine"\nid = "yours"'),
        ":5: not valid TOML: Cannot overwrite a value",
    ),
    "NaN as weight": (
        breaking("[source]", "[weights]\nB2M = nan\nTAP1 = 1.0\n[source]"),
        ":1: weights of B2M are not finite numbers",
    ),
    "text as weight": (
        breaking("[source]", '[weights]\nB2M = "heavy"\nTAP1 = 1.0\n[source]'),
        ":15: weights.B2M: Input should be a valid number; got 'heavy'",
    ),
    "control character": (breaking("Mine", "Mi\x07ne"), ":6: not valid TOML: Illegal character"),
    "deep brackets": (
        breaking('"TAP1"', "[" * 20 + "]" * 20),
        ":1: not read: brackets nest deeper than 8",
    ),
    "deep key": (
        breaking("[source]", ".".join("a" * 30) + " = 1\n[source]"),
        ":1: not read: a key has more than 8 parts",
    ),
    "too long": (
        breaking("Somebody", "x" * 2**18),
        ":1: not read: it has 262,313 characters; one signature has at most 262,144",
    ),
    "empty": (lambda: "", ":1: format is None; a signature file says"),
    "not TOML": (lambda: "B2M\tTAP1\n", ":1: not valid TOML: Expected '=' after a key"),
}


@pytest.mark.parametrize(("broken", "message"), BROKEN.values(), ids=BROKEN)
def test_each_wrong_file_is_refused(
    broken: Callable[[], str], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(broken(), encoding="utf-8")

    with pytest.raises(SignatureError, match=re.escape(message)) as caught:
        read_toml(path)
    assert caught.value.code == "E206"
    assert str(path) in caught.value.message


def test_the_right_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD, encoding="utf-8")

    signature = read_toml(path)

    assert signature.genes == ("B2M", "TAP1")
    assert signature.source.citation == "Somebody 2020"


def test_several_complaints_come_together(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        GOOD.replace('"mine"', '"MINE"').replace('"custom"', '"magic"'), encoding="utf-8"
    )

    with pytest.raises(SignatureError, match="2 problems") as caught:
        read_toml(path)
    assert f"{path}:4: id" in caught.value.message
    assert f"{path}:7: axis" in caught.value.message


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())

    assert read_toml(path).id == "mine"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda p: None, "There is no file"),
        (lambda p: p.mkdir(), "is not a file"),
        (lambda p: p.write_bytes(b"\xff\xfe\x00"), "is not UTF-8 text (byte 0). Save it as UTF-8."),
        (
            lambda p: os.truncate(p, 9 * 2**20) if p.touch() is None else None,
            "has 9.0 MB; signature files have at most",
        ),
        (lambda p: p.symlink_to("/dev/zero"), "is not a file"),
    ],
    ids=["absent", "folder", "not text", "too large", "device"],
)
def test_what_cannot_be_opened(
    make: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    make(path)

    with pytest.raises(SignatureError, match=re.escape(message)) as caught:
        read_toml(path)
    assert caught.value.code == "E205"


def test_gmt_is_split_on_tabs_only(tmp_path: Path) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text(
        "My set (a b)\tsome words here\tB2M\tTAP1\t\n\nother\t\tGZMB\tGZMB\r\n", encoding="utf-8"
    )

    first, second = read_gmt(path)

    assert (first.id, first.name, first.description) == (
        "my_set_a_b",
        "My set (a b)",
        "some words here",
    )
    assert first.genes == ("B2M", "TAP1")
    assert second.genes == ("GZMB",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "name desc B2M TAP1\n",
            ":1: no genes; wanted name, description and genes separated by TABs",
        ),
        (
            "ok\td\tB2M\nname\tdesc\n",
            ":2: no genes; wanted name, description and genes separated by TABs",
        ),
        ("a\td\tB2M\nb\td\tB2M\na\td\tTAP1\n", ":3: the name 'a' is already on line 1"),
        ("A B\td\tB2M\na_b\td\tTAP1\n", ":2: the name 'a_b' is already on line 1"),
        ("()\td\tB2M\n", ":1: the name '()' has no letter or digit to make an id of"),
        ("a\td\t" + "X" * 70 + "\n", ":1: 'a': up.0: String should have at most 64 characters"),
        ("a\t" + "d" * 5000 + "\n", ":1: no genes"),
    ],
)
def test_wrong_gmt_lines_are_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "sets.gmt"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SignatureError, match=re.escape(message)) as caught:
        read_gmt(path)
    assert caught.value.code == "E207"


def test_the_author_release_is_read(shared: Path) -> None:
    sets = read_gmt(shared / "data" / "mouse_cd3_points" / "imvigor_human_gene_signatures.gmt")

    assert len(sets) > 5
    assert all(len(item) > 1 for item in sets)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("B2M", "wanted a list of genes, got 'B2M'"),
        (17, "wanted a list of genes, got 17"),
        (None, "wanted a list of genes, got a NoneType"),
        ([], "no gene in 'up' or 'down'"),
        (["B2M", float("nan")], "1 of 2 genes are no text (first: nan); give symbols as text"),
        ([7157], "1 of 1 genes are no text (first: 7157); give symbols as text"),
        ([["B2M"]], "1 of 1 genes are no text (first: a list)"),
        ({"B2M": "x"}, "weights.B2M: Input should be a valid number"),
        ({"B2M": float("inf")}, "weights of B2M are not finite numbers"),
        (b"B2M", "wanted a list of genes, got a bytes"),
    ],
)
def test_wrong_mappings_are_refused(value: object, message: str) -> None:
    with pytest.raises(SignatureError, match=re.escape(f"'mine': {message}")) as caught:
        read_mapping({"mine": value})  # type: ignore[dict-item]
    assert caught.value.code == "E208"


def test_two_names_for_one_id_keep_their_names_and_get_an_id_each() -> None:
    first, second = read_mapping({"My set": ["B2M"], "my_set": ["TAP1"]})

    assert (first.name, second.name) == ("My set", "my_set")
    assert first.id == "my_set"
    assert second.id.startswith("my_set_")


def test_mappings_of_every_shape_are_read() -> None:
    items = read_mapping(
        {"list": ["B2M", "B2M"], "tuple": ("TAP1",), "set": {"B", "A"}, "weights": {"B2M": -1.5}}
    )

    assert [item.genes for item in items] == [("B2M",), ("TAP1",), ("A", "B"), ("B2M",)]
    assert items[3].weights == {"B2M": -1.5}


def test_a_folder_tells_all_files_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("x = 1", encoding="utf-8")
    (tmp_path / "b.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "c.toml").write_text("[", encoding="utf-8")

    with pytest.raises(SignatureError, match="2 problems") as caught:
        read_folder(tmp_path)
    assert "a.toml:1: format is None" in caught.value.message
    assert "c.toml:1: not valid TOML" in caught.value.message


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SignatureError, match="holds no signature file") as caught:
        read_path(tmp_path)
    assert caught.value.code == "E203"


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "sets.xlsx"
    path.write_text("x", encoding="utf-8")

    with pytest.raises(SignatureError, match=re.escape("is neither .toml nor .gmt nor a folder")):
        read_path(path)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("HALLMARK_HYPOXIA", "hallmark_hypoxia"),
        ("CD8+ T cells", "cd8_t_cells"),
        ("../../etc/passwd", "etc_passwd"),
        ("CON", "con"),
        ("γδ", ""),
        ("a" * 500, "a" * 55 + "_69206a47"),
        ("  . ", ""),
        ("x\x00y", "x_y"),
        ("ﬁle", "le"),
    ],
)
def test_ids_from_names(name: str, key: str) -> None:
    assert safe_id(name) == key


@given(st.text(max_size=100))
def test_an_id_is_always_safe(name: str) -> None:
    assert re.fullmatch(r"([a-z0-9][a-z0-9_.-]{0,63})?", safe_id(name))


@given(st.text(max_size=200))
@settings(deadline=None)
def test_no_text_breaks_the_parser(text: str) -> None:
    signature, complaints = parse_toml(text)

    assert (signature is None) == bool(complaints)


@given(st.text(alphabet="[]{}\"'=.#\\\na1", max_size=300))
@settings(deadline=None)
def test_no_toml_like_text_breaks_the_parser(text: str) -> None:
    signature, complaints = parse_toml(GOOD + text)

    assert (signature is None) == bool(complaints)


BOMBS = {
    "dots": "a" + ".a" * 500_000 + " = 1",
    "quoted dots": '"a"' + '."a"' * 100_000 + " = 1",
    "inline dots": "x = {a" + ".a" * 5_000 + " = 1}",
    "brackets": "x = " + "[" * 200_000,
    "tables": "[a]\n" * 65_000,
    "arrays of tables": "[[a]]\n" * 43_000,
    "quotes": '"' * 200_000,
    "triple quotes": '"""' + '""a' * 80_000,
    "backslashes": "\\" * 200_000,
    "genes": "up = [\n" + "".join(f'"G{n}",\n' for n in range(22_000)) + "]",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_hostile_text_is_refused_at_once(text: str) -> None:
    start = time.perf_counter()
    signature, complaints = parse_toml(text)
    spent = time.perf_counter() - start

    assert signature is None
    assert complaints
    print(f"refused in {spent:.3f} s")  # a figure, not a verdict; a blow-up would not end at all
