"""The Python of the page about the Explorer runs as it stands there, and its words about files
are true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resistype.widgets import Explorer
from resistype.widgets.base import Widget

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explorer.md"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Names after all blocks of the page have run, one after the other."""
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("page"))
        for block in blocks:
            exec(compile(block, PAGE.name, "exec"), names)  # noqa: S102  the page is what is tested
        names["written"] = Path("view.html").read_text(encoding="utf-8")
    yield names
    Widget.close_all()


def test_every_block_runs(space: dict[str, Any]) -> None:
    assert {"view", "cells", "runner", "written"} <= set(space)
    assert space["view"].to_script().splitlines()[-2:] == [
        "session.move_threshold('ifng', 'change', 0.75)",
        "session.undo()",
    ]


def test_a_move_in_python_reaches_the_traits(space: dict[str, Any]) -> None:
    view = Explorer(space["calls"])
    view.thresholds = {"ifng": {"change": 0.75}}

    assert view.session.thresholds("ifng")["change"] == 0.75


def test_the_file_holds_no_sample_id(space: dict[str, Any]) -> None:
    assert [name for name in space["calls"].samples if name in space["written"]] == []


def test_the_runner_has_read_its_input_and_not_begun(space: dict[str, Any]) -> None:
    assert space["runner"].state["phase"] == "idle"
    assert len(space["runner"].checks) >= 5
