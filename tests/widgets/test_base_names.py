"""Names that are not saved with a notebook: every one that our words put in brackets or quotes,
and no word beside.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype import datasets
from resistype.errors import ExpressionWarning
from resistype.systems.bulk.measure import CallOptions
from resistype.widgets import Runner
from resistype.widgets.base import stand_ins, unnamed
from tests.processes import LIMIT

NAMES = {"MRN-7": "sample 1", "64": "sample 2", "a, b": "sample 3", "ANNA": "patient 1"}
WORDS = {
    "brackets": ("1 sample is flat (MRN-7).", "1 sample is flat (sample 1)."),
    "a list": ("2 are flat (MRN-7, 64, …).", "2 are flat (sample 1, sample 2, …)."),
    "quotes": (
        "first: A1BG in 'MRN-7', TAP1 in '64'",
        "first: A1BG in 'sample 1', TAP1 in 'sample 2'",
    ),
    "with a time point": ("1 time (ANNA at 'On')", "1 time (patient 1 at 'On')"),
    "a number that is no name": ("64 samples × 5,000 genes", "64 samples × 5,000 genes"),
    "a name with a comma": ("no row for (a, b)", "no row for (sample 3)"),
    "a longer word": ("MRN-77 and ANNABEL (MRN-77)", "MRN-77 and ANNABEL (MRN-77)"),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("text", "wanted"), WORDS.values(), ids=WORDS.keys())
def test_names_become_places(text: str, wanted: str) -> None:
    assert unnamed(text, NAMES) == wanted


names = st.lists(st.text("ABZ-_.019", min_size=1, max_size=6), unique=True, min_size=1, max_size=8)


@given(names=names, quoted=st.booleans())
def test_every_listed_name_is_exchanged(names: list[str], quoted: bool) -> None:
    places = stand_ins(names)
    listed = ", ".join(f"'{one}'" if quoted else one for one in names)
    wanted = ", ".join(
        f"'sample {at + 1}'" if quoted else f"sample {at + 1}" for at in range(len(names))
    )

    assert (
        unnamed(f"none in the table ({listed}) as it is", places)
        == f"none in the table ({wanted}) as it is"
    )


def test_rows_of_the_table_and_patients_have_places_too() -> None:
    table = pd.DataFrame({"patient": ["P", "Q", None]}, index=["a", "b", "c"])

    assert stand_ins(["b"], table, "patient") == {
        "P": "patient 1",
        "Q": "patient 2",
        "a": "row 1 of the table",
        "b": "sample 1",
        "c": "row 3 of the table",
    }


def test_a_runner_keeps_names_in_python() -> None:
    demo = datasets.demo()
    matrix = demo.expression.mul(np.where(np.arange(len(demo.expression)) == 3, 0, 1), axis=0)
    more = demo.samples.iloc[:1].set_axis(["EXTRA-1"])
    table = pd.concat([demo.samples, more])
    options = CallOptions(n_jobs=1, stability=False)
    with pytest.warns(ExpressionWarning, match="W401"):
        runner = Runner.classify(matrix, samples=table, baseline="Pre", options=options)
    state = repr(
        {name: value for name, value in runner.get_state().items() if name not in ("_esm", "_css")}
    )

    assert "1 sample has one and the same value in all genes (sample 4)." in " ".join(runner.checks)
    assert "1 of 65 rows of the samples table ha" in " ".join(runner.checks)
    assert "expression (row 65 of the table)." in " ".join(runner.checks)
    assert [name for name in (*table.index, *table["patient"]) if str(name) in state] == []
    assert any(f"({matrix.index[3]})" in one for one in runner.told)
    assert any("(EXTRA-1)" in one for one in runner.told)
    runner.close()


def test_an_error_of_a_run_names_no_sample_on_the_page() -> None:
    def work() -> object:
        raise KeyError("MRN-7")
        yield 1, 1, ""

    runner = Runner(work, names={"MRN-7": "sample 1"})  # type: ignore[arg-type]
    runner.start()
    runner.wait(LIMIT)

    assert runner.state["text"] == "KeyError: 'sample 1'"
    assert runner.told == ["KeyError: 'MRN-7'"]
