"""The page about external classifiers: its Python runs, its commands know their options, its
DOIs are the code's.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from resistype.cli import opinion as doors
from resistype.opinions import model, subtypes, templates, tree

PAGE = Path(__file__).resolve().parents[2] / "docs" / "opinions.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore::resistype.errors.ResistypeWarning")
def test_the_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102  the page's own code

    assert set(names["ntp"]["prediction"]) == {"interferon", "antigen presentation", "unassigned"}  # type: ignore[index]
    assert [axis.axis for axis in names["found"].axes] == ["ntp"]  # type: ignore[attr-defined]
    assert "Bootstrap of 50 samples" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["portraits", "templates", "model", "tree"])
def test_the_commands_have_their_options(verb: str) -> None:
    parameters = set(inspect.signature(getattr(doors, f"{verb}_command")).parameters)
    lines = re.findall(rf"resistype opinion {verb} .*", TEXT)
    options = {
        word.removeprefix("--").replace("-", "_")
        for line in lines
        for word in re.findall(r"--[a-z-]+", line)
    }

    assert lines
    assert options <= parameters


def test_the_dois_are_those_of_the_code() -> None:
    for doi in (subtypes.DOI, *templates._DOI.values(), model.DOI, tree.DOI):
        assert f"https://doi.org/{doi}" in TEXT
