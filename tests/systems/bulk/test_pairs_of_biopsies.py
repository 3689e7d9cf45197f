"""Pairs of real biopsies: which baseline a biopsy gets, and what is called over two batches."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.expression import Expression, read_expression
from resistype.scheme import Calls
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions, apply_scheme

QUICK = CallOptions(stability=False)


@cache
def riaz(shared: Path) -> tuple[Expression, pd.DataFrame]:
    folder = shared / "data" / "riaz_pairs"
    table = pd.read_csv(folder / "samples.tsv", sep="\t").rename(columns={"column": "sample"})
    return read_expression(folder / "counts.symbols.parquet"), table


@cache
def plain(shared: Path) -> Calls:
    expression, table = riaz(shared)
    return classify(expression, samples=table, baseline="Pre", options=QUICK)


def with_copies(shared: Path) -> tuple[Expression, pd.DataFrame]:
    """Riaz, and before it a second copy of each baseline in batch B."""
    expression, table = riaz(shared)
    before = table[table["timepoint"] == "Pre"]
    place = {name: row for row, name in enumerate(expression.samples)}
    rows = [place[name] for name in before["sample"]]
    both = pd.concat(
        [before.assign(sample=before["sample"] + "-B", batch="B"), table.assign(batch="A")],
        ignore_index=True,
    )
    values = np.vstack([expression.values[rows], expression.values])
    names = (*(f"{name}-B" for name in before["sample"]), *expression.samples)
    return replace(expression, samples=names, values=values), both


def test_the_baseline_of_the_same_batch_is_taken(shared: Path) -> None:
    """43 of 43, though a copy in another batch stands first; and the calls are those without it."""
    expression, table = with_copies(shared)
    calls = classify(expression, samples=table, baseline="Pre", options=QUICK)
    paired = calls.design[calls.design["baseline_sample"] != ""]

    assert len(paired) == 43
    assert (paired["same_batch"] == "yes").all()
    assert not paired["baseline_sample"].str.endswith("-B").any()
    axes = [axis.id for axis in calls.scheme.axes]
    own = [*plain(shared).samples]
    pd.testing.assert_frame_equal(
        calls.to_frame().loc[own, axes], plain(shared).to_frame().loc[own, axes]
    )
    codes = {code for one in calls.verdicts.caveats for code in one}
    assert not codes & {"OTHER_BATCH", "BATCH_UNKNOWN"}
    assert "BATCH_UNKNOWN" not in calls.run_caveats
    notes = calls.run["input"]["notes"]
    assert any("calls are the same on every axis in 52 of 52" in note for note in notes)


@pytest.mark.parametrize(("value", "code"), [("B", "OTHER_BATCH"), (None, "BATCH_UNKNOWN")])
def test_over_batches_a_change_counts_from_one_sd(
    shared: Path, value: str | None, code: str
) -> None:
    expression, table = riaz(shared)
    batch = np.where(table["timepoint"] == "Pre", "A", value)
    calls = classify(expression, samples=table.assign(lane=batch), baseline="Pre",
                     options=replace(QUICK, batch="lane"))  # fmt: skip
    given, before = calls.to_frame()["ifng"], plain(shared).to_frame()["ifng"]
    change = calls.quantities["ifng_change"].abs()
    withheld = before.isin(["up", "down"]) & (change < 1.0)

    assert withheld.sum() >= 5
    assert (given[withheld] == "indeterminate").all()
    assert "two batches" in calls.verdicts.reasons["ifng"][withheld.to_numpy()][0]
    assert (given[~withheld] == before[~withheld]).all()
    paired = calls.design["baseline_sample"] != ""
    assert [code in codes for codes in calls.verdicts.caveats] == paired.tolist()


def test_without_a_column_of_the_batch_it_is_said_and_nothing_else(shared: Path) -> None:
    calls = plain(shared)

    assert "not known" in calls.run_caveats["BATCH_UNKNOWN"]
    assert "same_batch" not in calls.design
    assert calls.quantities["other_batch"].isna().all()


@pytest.mark.parametrize(
    ("change", "apart", "call"),
    [
        (0.99, 1.0, "indeterminate"),
        (1.0, 1.0, "up"),
        (-0.99, 1.0, "indeterminate"),
        (-1.0, 1.0, "down"),
        (0.34, 1.0, "stable"),
        (0.5, 0.0, "up"),
        (0.5, np.nan, "up"),
    ],
)
@pytest.mark.parametrize("unit", ["ifng_change", "ifng_change_log2"])
def test_the_rule_over_batches(unit: str, change: float, apart: float, call: str) -> None:
    moved = {"ifng_fraction_up": float(change > 0), "ifng_fraction_down": float(change < 0)}
    given = {unit: change, "other_batch": apart, "ifng_random_p": 0.01, **moved}
    calls, _ = apply_scheme("acquired_resistance", given)

    assert calls["ifng"].tolist() == [call]


def test_biopsies_of_one_time_point_that_differ_are_named(shared: Path) -> None:
    expression, table = riaz(shared)
    table = table.assign(
        patient=table["patient"].where(table["sample"] != "Pt10_On_E9047632-6", "Pt1")
    )
    calls = classify(expression, samples=table, baseline="Pre", options=QUICK)
    both = ["Pt1_On_AD174047-6", "Pt10_On_E9047632-6"]
    frame = calls.to_frame().loc[both]
    axes = [axis.title for axis in calls.scheme.axes if len(set(frame[axis.id])) > 1]

    assert axes
    assert [s for s in calls.samples if "BIOPSIES_DIFFER" in calls.caveats(s)] == sorted(
        both, key=calls.row
    )
    said = f"in 1 of 2; they differ in Pt1 at On: {', '.join(axes)}."
    assert any(said in note for note in calls.run["input"]["notes"])
