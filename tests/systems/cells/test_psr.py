"""`tex_psr`: the textbook stages, the sentinel that withholds, CD8 cells only, patients only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import resistype as rt
from resistype.errors import SamplesError
from resistype.expression import ReadOptions, as_expression
from resistype.scheme import Calls
from resistype.scheme import load_scheme as load_cell_scheme
from resistype.systems.cells import CellColumns, CellInputs, tex_psr
from resistype.systems.cells.table import cell_table
from resistype.systems.cells.tex_psr import PsrReference, cd8_cells, partial_correlation, psr_cells
from tests.systems.cells.applied import apply_cell_scheme

COLUMNS = CellColumns(timepoint=None, lineage="lineage", stage="stage")


def study(
    n_patients: int = 12, *, heat: dict[int, float] | None = None, n: int = 90, seed: int = 2
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """CD8 cells whose PSR rises along exhaustion by 0.10, 0.22, 0.41, and others that must not
    count.
    """
    rng = np.random.default_rng(seed)
    parts, scores = [], []
    for number in range(n_patients):
        stage = np.repeat(["Tprog", "Tint", "Ttex"], n // 3)
        level = pd.Series(stage).map({"Tprog": 0.10, "Tint": 0.22, "Ttex": 0.41}).to_numpy()
        activation = rng.normal(0.5, 0.05, n)
        parts.append(pd.DataFrame({"patient": f"P{number}", "lineage": "CD8 T", "stage": stage}))
        warm = rng.normal(0.2 + (heat or {}).get(number, 0.0) + 0.002 * number, 0.02, n)
        noise = rng.normal(0, 0.02, n)
        scores.append(
            pd.DataFrame(
                {"psr": level + activation + noise, "activation": activation, "heat_shock": warm}
            )
        )
        parts.append(
            pd.DataFrame({"patient": f"P{number}", "lineage": ["CD4 T"] * 20, "stage": None})
        )
        scores.append(
            pd.DataFrame({"psr": [9.0] * 20, "activation": [0.0] * 20, "heat_shock": [9.0] * 20})
        )
    return pd.concat(parts, ignore_index=True), pd.concat(scores, ignore_index=True)


def run(cells: pd.DataFrame, scores: pd.DataFrame, **more: Any) -> Calls:
    return tex_psr(cells, inputs=CellInputs(columns=COLUMNS, scores=scores), **more)


def reason(calls: Calls, patient: str, axis: str = "stages") -> str:
    return str(calls.verdicts.reasons[axis][calls.row(patient)])


def codes(calls: Calls) -> set[str]:
    return {*calls.run_caveats, *(code for one in calls.verdicts.caveats for code in one)}


# --- the textbook, on numbers ---------------------------------------------------------------------

STAGES = {
    "n_cd8": 300,
    "psr_minus_activation": 0.24,
    "mean_tprog": 0.10,
    "mean_tint": 0.22,
    "mean_ttex": 0.41,
    "tint_minus_tprog": 0.12,
    "ttex_minus_tint": 0.19,
    "ttex_minus_tprog": 0.31,
    "heat_shock_z": 0.3,
    "heat_shock_r": 0.1,
    "published_set": 0,
}


def test_the_textbook_stages_increase() -> None:
    found = apply_cell_scheme("tex_psr", STAGES)

    assert found.calls.loc["0", "stages"] == "increases"
    assert (
        found.texts.loc["0", "stages"] == "increases along exhaustion, as published (ED Fig 11d,f)"
    )
    assert found.calls.loc["0", "level"] == "reported"


def test_the_textbook_heat_shock_withholds_the_call_and_shows_the_score() -> None:
    found = apply_cell_scheme("tex_psr", STAGES | {"mean_ttex": 0.40, "heat_shock_z": 2.5})

    assert found.calls.loc["0"].tolist() == ["indeterminate", "indeterminate"]
    assert (
        found.reasons.loc["0", "stages"]
        == "call withheld: heat-shock genes are far above the other patients"
    )
    assert found.reasons.loc["0", "level"].endswith("the score is shown")
    assert "DISSOCIATION_OR_TSTR" in found.caveats["0"]


OTHER = {
    "heat shock explains it": (
        {"heat_shock_r": 0.8},
        "indeterminate",
        "call withheld: heat-shock genes explain",
    ),
    "exactly at the sentinel": ({"heat_shock_z": 2.0}, "indeterminate", "call withheld"),
    "just below": ({"heat_shock_z": 1.99}, "increases", ""),
    "too few cells": ({"n_cd8": 49}, "not_assessable", "too few CD8 cells"),
    "falls": ({"ttex_minus_tint": -0.4, "ttex_minus_tprog": -0.1}, "does_not_increase", ""),
    "rises, then falls a little": (
        {"ttex_minus_tint": -0.05, "ttex_minus_tprog": 0.07},
        "indeterminate",
        "the stages do not rise one after the other",
    ),
    "a stage is missing": (
        {"tint_minus_tprog": float("nan")},
        "not_assessable",
        "a stage has no or too few cells",
    ),
    "no heat-shock comparison": ({"heat_shock_z": float("nan")}, "increases", ""),
}


@pytest.mark.parametrize(("change", "call", "reason"), OTHER.values(), ids=OTHER.keys())
def test_other_cases(change: dict[str, float], call: str, reason: str) -> None:
    found = apply_cell_scheme("tex_psr", STAGES | change)

    assert found.calls.loc["0", "stages"] == call
    assert found.reasons.loc["0", "stages"].startswith(reason)


def test_there_is_no_cut_between_high_and_low() -> None:
    labels = next(
        axis for axis in load_cell_scheme("tex_psr").patient_axes if axis.id == "level"
    ).labels

    assert list(labels) == ["reported"]


# --- from cells -----------------------------------------------------------------------------------


def test_planted_stages_are_found() -> None:
    calls = run(*study())
    means = calls.quantities[["mean_tprog", "mean_tint", "mean_ttex"]]

    assert set(calls.to_frame()["stages"]) == {"increases"}
    np.testing.assert_allclose(means.mean(), [0.10, 0.22, 0.41], atol=0.01)


def test_only_cd8_cells_count() -> None:
    cells, scores = study()
    numbers = run(cells, scores).quantities
    own = (cells["patient"] == "P3") & (cells["lineage"] == "CD8 T")
    difference = (scores["psr"] - scores["activation"])[own]

    assert numbers.loc["P3", "n_cd8"] == 90
    assert numbers.loc["P3", "psr_minus_activation"] == pytest.approx(difference.mean())
    assert numbers.loc["P3", "psr_median"] == pytest.approx(difference.median())


def test_a_hot_patient_is_withheld_and_the_others_are_not() -> None:
    calls = run(*study(heat={4: 0.3}))
    frame = calls.to_frame()

    assert frame["stages"].value_counts().to_dict() == {"increases": 11, "indeterminate": 1}
    assert reason(calls, "P4").startswith("call withheld")
    assert not np.isnan(calls.quantities.loc["P4", "psr_minus_activation"])


def test_heat_shock_that_explains_the_score_inside_a_patient() -> None:
    cells, scores = study()
    own = (cells["patient"] == "P2") & (cells["lineage"] == "CD8 T")
    scores.loc[own, "heat_shock"] = scores.loc[own, "psr"] - scores.loc[own, "activation"]
    calls = run(cells, scores)
    frame, why = calls.to_frame(), reason(calls, "P2")

    assert why == "call withheld: heat-shock genes explain the score" or why.startswith(
        "call withheld: heat-shock genes are far above"
    )
    assert (frame["stages"] == "increases").sum() == 11


def test_share_above_the_reference_weighs_patients_not_cells() -> None:
    """One patient with forty times the cells does not move the cut."""
    cells, scores = study()
    big = pd.concat([cells, *[cells[cells["patient"] == "P0"]] * 40], ignore_index=True)
    more = pd.concat([scores, *[scores[cells["patient"] == "P0"]] * 40], ignore_index=True)
    one, two = (run(*pair).quantities["fraction_high"] for pair in ((cells, scores), (big, more)))

    np.testing.assert_allclose(one, two)


def test_a_small_cohort_needs_a_reference() -> None:
    cells, scores = study(4)
    alone = run(cells, scores)
    given = run(
        cells,
        scores,
        reference=PsrReference(upper_quartile=0.3, heat_shock_median=0.2, heat_shock_sd=0.001),
    )

    assert alone.quantities[["heat_shock_z", "fraction_high"]].isna().all(axis=None)
    assert any(
        "Heat shock was not compared between patients" in note
        for note in alone.run["input"]["notes"]
    )
    assert given.quantities["fraction_high"].between(0.2, 0.5).all()
    assert given.quantities["heat_shock_z"].notna().all()


def test_patients_with_few_cd8_cells_are_not_assessed() -> None:
    cells, scores = study(11, n=90)
    keep = (cells["patient"] != "P1") | (np.arange(len(cells)) % 2 == 0)
    calls = run(cells[keep].reset_index(drop=True), scores[keep].reset_index(drop=True))
    frame = calls.to_frame()

    assert frame.loc["P1", "stages"] == frame.loc["P1", "level"] == "not_assessable"
    assert reason(calls, "P1") == "too few CD8 cells (45 CD8 cells, 50 are needed)"


def test_caveats_say_that_the_published_list_is_not_there() -> None:
    cells, scores = study()

    assert "NOT_PUBLISHED_SET" in codes(run(cells, scores))
    assert "NOT_PUBLISHED_SET" not in codes(run(cells, scores, published=True))
    assert {"MRNA_PROTEIN", "PSEUDOREP", "RUO"} <= codes(run(cells, scores))


def test_without_stages_the_level_is_still_reported() -> None:
    cells, scores = study()
    columns = CellColumns(timepoint=None, lineage="lineage")
    frame = tex_psr(cells, inputs=CellInputs(columns=columns, scores=scores)).to_frame()

    assert set(frame["stages"]) == {"not_assessable"}
    assert set(frame["level"]) == {"reported"}


def test_the_order_of_cells_does_not_matter() -> None:
    cells, scores = study()
    order = np.random.default_rng(0).permutation(len(cells))
    one, two = run(cells, scores), run(cells.iloc[order], scores.iloc[order])

    pd.testing.assert_frame_equal(one.quantities, two.quantities)


def test_partial_correlation_against_residuals_by_hand() -> None:
    rng = np.random.default_rng(1)
    c = rng.normal(size=80)
    a, b = c + rng.normal(size=80), 2 * c + rng.normal(size=80)
    left = [values - np.polyval(np.polyfit(c, values, 1), c) for values in (a, b)]

    assert partial_correlation(a, b, c) == pytest.approx(np.corrcoef(*left)[0, 1])
    assert np.isnan(partial_correlation(np.ones(80), b, c))


def test_exhausted_mouse_cells_of_philip(shared: Path) -> None:
    """The three chaperones minus those of activation in sorted mouse T cells: scored by
    orthology, only reported.
    """
    folder = shared / "data" / "philip_mouse"
    table = pd.read_parquet(folder / "normalized_counts.symbols.parquet").T
    expression = as_expression(table, ReadOptions(unit="counts", duplicates="sum"))
    scheme = load_cell_scheme("tex_psr")
    scores = rt.score(
        expression, ["tex_psr_core3", "activation_chaperones"], method=scheme.method
    ).to_frame()
    cells = scores.set_axis(["psr", "activation"], axis=1).assign(heat_shock=0.0)

    assert psr_cells(cells)["psr_minus_activation"].notna().all()


BAD = {
    "no lineage": (
        lambda: tex_psr(
            study()[0], inputs=CellInputs(columns=CellColumns(timepoint=None), scores=study()[1])
        ),
        (
            "E987 This scheme looks at CD8 T cells only. Name the column that says which they are"
            " (lineage), or gate."
        ),
    ),
    "no CD8": (
        lambda: cd8_cells(cell_table(study()[0].assign(lineage="CD4"), COLUMNS)),
        "E987 No cell is CD8 by its lineage; there are: CD4.",
    ),
    "no scores": (
        lambda: tex_psr(study()[0], inputs=CellInputs(columns=COLUMNS)),
        "E988 tex_psr needs the scores psr, activation, heat_shock.",
    ),
    "a score is missing": (
        lambda: psr_cells(study()[1].drop(columns="heat_shock")),
        "E988 tex_psr needs the scores psr, activation, heat_shock; missing: heat_shock.",
    ),
}


@pytest.mark.parametrize(("act", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(act: object, message: str) -> None:
    with pytest.raises(SamplesError) as caught:
        act()  # type: ignore[operator]

    assert str(caught.value) == message
