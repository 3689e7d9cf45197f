"""The interferon × NLR rule in liver cancer: every row of the table of the specification (§3.3),
and its inputs.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SamplesError
from resistype.expression import read_expression
from resistype.report.cohort import compare_groups
from resistype.scheme import Calls
from resistype.systems import classify
from resistype.systems.bulk.measure import CallOptions, apply_scheme
from resistype.systems.bulk.quantities import mark_column, ratio_column

SCHEME = "hcc_primary_refractoriness"


def nlr(**columns: object) -> float:
    table = pd.DataFrame({name: [value] for name, value in columns.items()}, index=["P1"])
    return float(ratio_column(table, "nlr", ["anc", "alc"])[0])


@pytest.mark.parametrize(
    ("ifng", "ratio", "expected"),
    [
        (-0.9, {"nlr": 4.2}, "ifng_low_nlr_high"),
        (-0.9, {"anc": 4.5, "alc": 1.5}, "ifng_low_nlr_high"),
        (-0.9, {"nlr": 2.99}, "ifng_low"),
        (0.4, {"nlr": 5.0}, "nlr_high"),
        (0.4, {"nlr": 2.0}, "neither"),
        (-0.9, {"nlr": None}, "indeterminate"),
        (-0.5, {"nlr": 3.0}, "ifng_low_nlr_high"),
        (np.nan, {"nlr": 4.0}, "indeterminate"),
        (np.nan, {"nlr": None}, "not_assessable"),
    ],
)
def test_strata(ifng: float, ratio: dict[str, float | None], expected: str) -> None:
    calls, caveats = apply_scheme(SCHEME, {"ifng_level": ifng, "nlr": nlr(**ratio)})

    assert calls.loc["0", "stratum"] == expected
    assert caveats["0"] == ("RUO", "NON_EXCLUSIVE", "INFILTRATE_IFNG")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"anc": 4.5, "alc": 0}, "sample 'P1': alc is 0, so nlr is undefined (not infinite)"),
        ({"anc": 4.5, "alc": -1}, "sample 'P1': alc is -1, not a number of 0 or more"),
        ({"nlr": "high"}, "sample 'P1': nlr is 'high', not a number of 0 or more"),
        ({"nlr": float("inf")}, "sample 'P1': nlr is inf, not a number of 0 or more"),
        ({"nlr": 5.0, "anc": 4.5, "alc": 1.5}, "sample 'P1': nlr is 5, but anc / alc is 3"),
    ],
)
def test_impossible_counts_are_refused(columns: dict[str, object], message: str) -> None:
    with pytest.raises(SamplesError) as caught:
        nlr(**columns)

    assert str(caught.value) == f"E924 Column 'nlr' of the samples table: 1 problem\n  - {message}"


def test_all_impossible_counts_are_named_at_once() -> None:
    table = pd.DataFrame({"anc": [4.0, -1.0], "alc": [0, 1]}, index=["a", "b"])
    with pytest.raises(SamplesError, match="2 problems"):
        ratio_column(table, "nlr", ["anc", "alc"])


def test_a_ratio_that_agrees_with_its_parts_is_fine() -> None:
    assert nlr(nlr=3.02, anc=4.5, alc=1.5) == 3.02


def test_confounders_are_said() -> None:
    table = pd.DataFrame({"x": ["steroid", "", None, "none", "No"]})

    assert mark_column(table, "x").tolist() == [1, 0, 0, 0, 0]
    _, caveats = apply_scheme(SCHEME, {"nlr_confounder": 1.0})
    assert "NLR_CONFOUNDED" in caveats["0"]


@cache
def called(shared: Path, cohort: str) -> tuple[Calls, pd.Series]:
    """Calls of an anti-PD-1 melanoma cohort (the machinery; not liver cancer) and who
    progressed.
    """
    if cohort == "riaz":
        folder = shared / "data" / "riaz_pairs"
        table = (
            pd.read_csv(folder / "samples.tsv", sep="\t")
            .query("timepoint == 'Pre'")
            .set_index("column")
        )
        data = read_expression(folder / "counts.symbols.parquet").select(list(table.index))
        progressed = table["BOR"].map({"PD": "PD", "SD": "other", "PR": "other", "CR": "other"})
    else:
        folder = shared / "data" / cohort
        data = read_expression(next(folder.glob("*.parquet")))
        table = pd.read_csv(next(folder.glob("*.tsv")), sep="\t").set_index("sample")
        progressed = table["response"].map({"NR": "PD", "R": "other"})
    return classify(data, SCHEME, options=CallOptions(stability=False)), progressed


@pytest.mark.filterwarnings("ignore::resistype.errors.CohortWarning")
@pytest.mark.parametrize("cohort", ["gide", "hugo", "riaz"])
def test_taking_the_t_cells_out_turns_the_macrophages(shared: Path, cohort: str) -> None:
    """AUC for progression of the raw level and of the residual on T cells (specification,
    finding 4).
    """
    calls, progressed = called(shared, cohort)
    raw = compare_groups(
        calls.quantities["macrophage_level"], progressed, first="PD", second="other"
    )["auc"]
    relative = compare_groups(
        calls.quantities["macrophage_residual"], progressed, first="PD", second="other"
    )["auc"]
    print(f"{cohort}: raw {raw:.2f}, relative to T cells {relative:.2f}")

    assert relative > raw + 0.04
    assert cohort != "gide" or raw < 0.45


@pytest.mark.filterwarnings("ignore::resistype.errors.CohortWarning")
def test_without_blood_counts_every_stratum_is_open(shared: Path) -> None:
    calls, _ = called(shared, "gide")

    assert set(calls.verdicts.calls["stratum"]) == {"indeterminate"}
    assert "the NLR is missing" in calls.verdicts.reasons["stratum"][0]
    assert not any("respon" in text.lower() for text in [calls.headline(s) for s in calls.samples])


@pytest.mark.filterwarnings("ignore::resistype.errors.CohortWarning")
def test_with_blood_counts(shared: Path) -> None:
    data = read_expression(next((shared / "data" / "gide").glob("*.parquet")))
    table = pd.DataFrame(
        {"sample": data.samples, "anc": 4.5, "alc": 1.5, "nlr_confounder": ["steroid", *[""] * 40]}
    )
    calls = classify(data, SCHEME, samples=table, options=CallOptions(stability=False))
    low = calls.quantities["ifng_level"] <= -0.5

    assert (calls.verdicts.calls["stratum"] == np.where(low, "ifng_low_nlr_high", "nlr_high")).all()
    assert [s for s in calls.samples if "NLR_CONFOUNDED" in calls.caveats(s)] == [data.samples[0]]
