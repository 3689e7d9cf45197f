"""Pages made when the docs are built: every threshold of every scheme with its source, every
public name.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import resistype
from resistype.resources import signatures_dir

ROOT = Path(__file__).resolve().parents[2]
SCHEMES = sorted(signatures_dir().glob("schemes/**/*.toml"))


def load() -> ModuleType:
    path = ROOT / "docs" / "_extensions" / "made_pages.py"
    spec = importlib.util.spec_from_file_location("made_pages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["made_pages"] = module
    spec.loader.exec_module(module)
    return module


MADE = load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target: Path = tmp_path_factory.mktemp("docs") / "made"
    MADE.write(target)
    return target


def thresholds(content: Any) -> list[dict[str, Any]]:
    """Everything in a TOML file that has a value, a source and a text, however deep."""
    if isinstance(content, list):
        return [one for part in content for one in thresholds(part)]
    if not isinstance(content, dict):
        return []
    own = [content] if {"value", "source", "text"} <= content.keys() else []
    return own + [one for part in content.values() for one in thresholds(part)]


def row_of(page: str, threshold: dict[str, Any]) -> str:
    """The row of a table that holds the text of a threshold and its value."""
    rows = [
        line
        for line in page.splitlines()
        if line.startswith("|") and MADE.cell(threshold["text"]) in line
    ]
    return next((row for row in rows if f"| {threshold['value']:g} |" in row), "")


@pytest.mark.parametrize("path", SCHEMES, ids=lambda path: path.stem)
def test_every_threshold_stands_there_with_its_source(folder: Path, path: Path) -> None:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    page = (folder / "schemes" / f"{content['id']}.md").read_text(encoding="utf-8")
    found = thresholds(content)

    assert found
    for one in found:
        row = row_of(page, one)
        assert row, one
        assert f"| {one['source']}" in row
        assert all(str(one[key]) in row for key in ("citation", "doi") if one.get(key))


@pytest.mark.parametrize("path", SCHEMES, ids=lambda path: path.stem)
def test_claim_and_citation_stand_there(folder: Path, path: Path) -> None:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    page = (folder / "schemes" / f"{content['id']}.md").read_text(encoding="utf-8")

    assert content["scope"] in page
    assert content["citation"] in page
    assert "Research use only" in page


def test_every_public_name_has_its_place(folder: Path) -> None:
    page = (folder / "api" / "resistype.md").read_text(encoding="utf-8")

    assert [name for name in resistype.__all__ if name not in page] == []


@pytest.mark.parametrize("room", sorted(MADE.ROOMS))
def test_a_room_page_has_every_name_of_the_room(folder: Path, room: str) -> None:
    page = (folder / "api" / f"{room}.md").read_text(encoding="utf-8")

    assert [name for name in importlib.import_module(room).__all__ if name not in page] == []


def test_a_bar_in_a_text_does_not_break_the_table() -> None:
    made = MADE.table(["a"], [["x | y"], ["two\nlines"]])

    assert made.splitlines() == ["| a |", "|---|", "| x \\| y |", "| two lines |"]


def test_notebooks_are_copied(folder: Path) -> None:
    names = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}

    assert {path.name for path in (folder / "notebooks").iterdir()} == names
