"""The page of figures: every line has its figures, and what was not measured says so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.trust.page import LINES, page, read

TESTS = Path(__file__).parents[1]


def test_every_line_is_recorded_by_a_test() -> None:
    text = "".join(
        path.read_text(encoding="utf-8")
        for room in ("trust", "testing")
        for path in (TESTS / room).glob("test_*.py")
    )
    plain = {name for name in LINES if not name.startswith(("flips of", "bad matrices"))}

    assert {name for name in plain if f'"{name}"' not in text} == set()


def test_figures_stand_on_the_page(tmp_path: Path) -> None:
    lines = [
        {"name": "names", "names": 45, "ways": 3, "written_outside": 0},
        {"name": "names", "names": 46},
    ]
    (tmp_path / "a").write_text("\n".join(json.dumps(one) for one in lines[:1]), encoding="utf-8")
    text = page(read(tmp_path / "a"), 61.2, 0)

    assert "45 names, 3 ways: **0 outside**" in text
    assert text.count("not measured") == len(LINES) - 1
    assert "61 s, all tests passed" in text
    assert "| resistype |" in text
    assert text.index("## The same bad inputs in other scorers") < text.index("## From disk")
    assert "`python -m tests.bench.backed`" in text
    assert "| 300,000 | 300 |" in text


@pytest.mark.parametrize(("n", "missed"), [(40, True), (25, False)])
def test_a_missed_aim_is_told(n: int, missed: bool) -> None:
    figures = {"supply chain": {"core_distributions": n, "aim": 25, "locked": 202}}

    assert ("aim 25 missed" in page(figures, 1.0, 1)) is missed
    assert "some tests failed" in page(figures, 1.0, 1)


def test_no_figures_no_page_of_promises_kept(tmp_path: Path) -> None:
    text = page(read(tmp_path / "absent"), 1.0, 1)

    assert not re.search(r"\*\*0 ", text)
