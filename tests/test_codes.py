"""Codes of errors: source and registry hold each other; one code stands in one class."""

from __future__ import annotations

import ast
import re
import runpy
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from resistype import errors
from resistype.cli import main
from resistype.errors import InputError, ResistypeError, codes, explained
from resistype.library.library import UnknownSignatureError

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"[A-Z]\d{3}")
TREES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "resistype").rglob("*.py"))
}
CLASSES = {name: value for name, value in vars(errors).items() if isinstance(value, type)}
CLASSES |= {"UnknownSignatureError": UnknownSignatureError}


def _codes_of(node: ast.AST) -> Iterator[tuple[str, int]]:
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Constant)
            and isinstance(part.value, str)
            and CODE.fullmatch(part.value)
        ):
            yield part.value, part.lineno


def _where() -> dict[str, list[str]]:
    """Every place at which a code stands in the source, docstrings and comments left out."""
    found = defaultdict(list)
    for path, tree in TREES.items():
        for code, line in _codes_of(tree):
            found[code].append(f"{path.relative_to(ROOT)}:{line}")
    return found


def _classes() -> dict[str, set[str]]:
    """The classes that a code is raised, complained or warned as."""
    found = defaultdict(set)
    for tree in TREES.values():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = ast.unparse(call.func).rpartition(".")[2]
            if name in ("complain", "warn") and len(call.args) > 1:
                name = ast.unparse(call.args[1])
            if name in CLASSES:
                for keyword in call.keywords:
                    if keyword.arg == "code":
                        for code, _ in _codes_of(keyword.value):
                            found[code].add(name)
    return found


def test_every_code_has_a_row() -> None:
    rows = codes()
    lacking = {code: places for code, places in _where().items() if code not in rows}
    wanted = "\n\n".join(
        f'[{code}]\nclass = "{", ".join(_classes().get(code, {"?"}))}"\ntitle = "what it means"\n'
        f'remedy = "what to do"\n# stands at {", ".join(places)}'
        for code, places in sorted(lacking.items())
    )
    assert not lacking, (
        f"Add to resistype/codes.toml (or use the code of the same meaning):\n\n{wanted}"
    )


def test_every_row_is_used() -> None:
    unused = sorted(codes().keys() - _where().keys())
    assert not unused, (
        f"No source raises these; remove their rows from resistype/codes.toml: {', '.join(unused)}"
    )


def test_one_code_stands_in_one_class() -> None:
    rows = codes()
    wrong = {
        code: f"is raised as {', '.join(sorted(found))}; its row says {rows[code].cls}"
        for code, found in _classes().items()
        if code in rows and found != {rows[code].cls}
    }
    assert not wrong, "\n".join(f"{code} {words}" for code, words in sorted(wrong.items()))


def test_the_classes_of_rows_exist() -> None:
    kinds = {row.cls for row in codes().values()} - {"Finding"}
    assert kinds <= CLASSES.keys()
    assert all(
        issubclass(CLASSES[kind], (ResistypeError, errors.ResistypeWarning)) for kind in kinds
    )


def test_rows_are_sorted_and_say_something_of_their_own() -> None:
    rows = list(codes().values())
    assert [row.code for row in rows] == sorted(row.code for row in rows), (
        "sort resistype/codes.toml by code"
    )
    titles = [row.title for row in rows]
    assert len(set(titles)) == len(titles), sorted(
        {title for title in titles if titles.count(title) > 1}
    )
    assert all(len(row.title) > 10 and row.remedy.endswith((".", "`")) for row in rows)


def test_the_page_is_current() -> None:
    made = runpy.run_path(str(ROOT / "scripts" / "make_error_page.py"))
    assert made["PAGE"].read_text(encoding="utf-8") == made["page"](), (
        "run scripts/make_error_page.py"
    )


def test_doctor_explains(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["doctor", "--explain", "e504"])
    assert stop.value.code == 0
    row = codes()["E504"]
    assert (
        capsys.readouterr().out == f"E504 {row.title}.\n{row.remedy}\nRaised as ExpressionError.\n"
    )


@pytest.mark.parametrize("word", ["E999", "", "hello", "E504; rm"])
def test_an_unknown_code_is_refused(word: str) -> None:
    with pytest.raises(InputError, match="There is no code") as caught:
        explained(word)
    assert caught.value.code == "E990"


def test_the_old_name_of_the_reference_error() -> None:
    assert errors.ReferenceDataError is errors.ReferenceDataError
