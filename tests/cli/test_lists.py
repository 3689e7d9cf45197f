"""Lists on the command line: ids first, JSON, tab-separated values in a pipe, nothing broken."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from resistype.cli import show
from resistype.library import load_library
from resistype.scheme import list_schemes
from resistype.scheme.reference import list_references
from tests.cli.test_good import run

IDS = {
    "signatures": lambda: list(load_library()),
    "schemes": lambda: list(list_schemes()),
    "references": lambda: list(list_references()),
}


@pytest.mark.parametrize("what", IDS)
def test_a_list_names_the_ids(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    ids = IDS[what]()

    assert run(what, "list", "--json") == 0
    records = json.loads(capsys.readouterr().out)
    assert run(what, "list") == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]

    assert [next(iter(record.values())) for record in records] == ids
    assert [line[0] for line in lines[1:]] == ids
    assert {len(line) for line in lines} == {len(records[0])}
    assert lines[0] == list(records[0])


def test_an_id_of_a_list_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for what, ids in IDS.items():
        assert run(what, "show", ids()[-1]) == 0, what
    capsys.readouterr()


def test_a_table_in_a_pipe_is_as_wide_as_its_cells(capsys: pytest.CaptureFixture[str]) -> None:
    cells = ["does not support persistence " * 3, "unrelated pairs of the reference " * 3]

    show.table(pd.DataFrame({"a call": [cells[0]], "what it is": [cells[1]], "n": [1.0]}))

    shown = capsys.readouterr().out.splitlines()
    assert any(cells[0].strip() in line and cells[1].strip() in line for line in shown)


def test_a_cell_of_a_list_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    show.listing(pd.DataFrame({"id": ["one"], "title": ["in two\nlines\tand a tab"]}))

    assert capsys.readouterr().out == "id\ttitle\none\tin two lines and a tab\n"
