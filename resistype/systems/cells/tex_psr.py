"""`tex_psr`: chaperones of exhausted CD8 T cells minus those of activation, with a heat-shock
sentinel.

Only CD8 cells count, by a gate or an annotation. A patient's heat-shock genes are compared with
those of the *other* patients, and inside the patient the partial correlation of score and heat
shock is looked at with activation held constant: where either is high, the score is printed and the
call withheld.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError
from resistype.scheme import Calls, Scheme, load_scheme
from resistype.scheme.measured import NOTHING_ENTERS, ByChance, Measured, call_measured
from resistype.systems.cells.cart_product import CellInputs
from resistype.systems.cells.repeats import Draws
from resistype.systems.cells.table import CellTable, cell_table, mean_scores

STAGES = ("tprog", "tint", "ttex")
NEEDED = ("psr", "activation", "heat_shock")
_NO_STAGES = "not counted: no column says the stage, so none could be permuted"


@dataclass(frozen=True, kw_only=True)
class PsrReference:
    """What patients are compared with where the cohort is too small.

    Parameters
    ----------
    upper_quartile
        Of PSR minus activation over the CD8 cells of the reference.
    heat_shock_median, heat_shock_sd
        Over the patients of the reference; robust SD.
    """

    upper_quartile: float | None = None
    heat_shock_median: float | None = None
    heat_shock_sd: float | None = None


def cd8_cells(table: CellTable) -> CellTable:
    """Only the cells that are CD8 by their lineage."""
    if "lineage" not in table.frame:
        message = (
            "This scheme looks at CD8 T cells only. Name the column that says which they are"
            " (lineage), or gate."
        )
        raise SamplesError(message, code="E987")
    lineage = table.frame["lineage"]
    good = [name for name in lineage.cat.categories if "cd8" in str(name).lower()]
    keep = lineage.isin(good).to_numpy()
    if not keep.any():
        message = (
            "No cell is CD8 by its lineage; there are:"
            f" {', '.join(map(str, lineage.cat.categories[:5]))}."
        )
        raise SamplesError(message, code="E987")
    left = int((~keep).sum())
    return table.only(keep, f"{int(keep.sum()):,} CD8 cells; {left:,} others are left out.")


def partial_correlation(
    first: NDArray[np.float64], second: NDArray[np.float64], given: NDArray[np.float64]
) -> float:
    """Pearson correlation of two columns with a third held constant; NaN where one does not vary.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> common = rng.normal(size=500)
    >>> abs(
    ...     partial_correlation(
    ...         common + rng.normal(size=500), common + rng.normal(size=500), common
    ...     )
    ... ) < 0.15
    True
    """
    design = np.column_stack([np.ones(len(given)), given])
    left = [
        values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
        for values in (first, second)
    ]
    spread = float(np.sqrt((left[0] @ left[0]) * (left[1] @ left[1])))
    return float(left[0] @ left[1]) / spread if spread > 1e-12 else float("nan")


def psr_cells(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores of cells with PSR minus activation beside them."""
    absent = [name for name in NEEDED if name not in scores.columns]
    if absent:
        message = f"tex_psr needs the scores {', '.join(NEEDED)}; missing: {', '.join(absent)}."
        raise SamplesError(message, code="E988")
    return scores.assign(psr_minus_activation=scores["psr"] - scores["activation"])


def tex_psr(
    cells: pd.DataFrame,
    *,
    inputs: CellInputs,
    reference: PsrReference | None = None,
    published: bool = False,
    scheme: str | Path | Scheme = "tex_psr",
) -> Calls:
    """Describe the proteotoxic stress response of CD8 T cells by patient.

    Parameters
    ----------
    cells
        One row per cell: patient, lineage (which are CD8), stage where known.
    inputs
        Columns, and scores with the columns psr, activation, heat_shock.
    reference
        For cohorts of fewer than ten patients.
    published
        Whether ``psr`` was scored on the published signature.
    scheme
        The scheme.

    Returns
    -------
    Calls
        Calls of patients, with the tables patients, stages and scores.

    Raises
    ------
    SamplesError
        E987 without CD8 cells, E988 without the scores, E980 for a bad table.
    """
    loaded = load_scheme(scheme)
    whole = cell_table(cells, inputs.columns)
    if inputs.scores is None:
        raise SamplesError(f"tex_psr needs the scores {', '.join(NEEDED)}.", code="E988")
    table = cd8_cells(whole)
    scores = psr_cells(inputs.scores.loc[table.frame.index])
    compared = reference or PsrReference()
    numbers, stages = _numbers(table, scores, loaded, compared)
    numbers["published_set"] = float(published)
    again, permuted = _repeats(table, scores, loaded, compared, seed=inputs.seed)
    tables = {"patients": numbers.reset_index(), "stages": stages}
    by = ["patient"] if inputs.columns.timepoint is None else ["patient", "timepoint"]
    tables["scores"] = mean_scores(table, scores, min_cells=int(loaded.cut("min_cells")), by=by)
    measured = Measured(
        unit="patient",
        numbers=numbers,
        reason=_why(numbers, loaded),
        design=pd.DataFrame({"patient": numbers.index}, index=numbers.index),
        by_chance=[ByChance("patients with permuted stages", permuted)] if permuted else [],
        not_counted=_NO_STAGES if "stage" not in table.frame else NOTHING_ENTERS,
        again={"cells": again},
        reference={
            "mode": "own cohort",
            "name": "the other patients of this cohort",
            "n": len(numbers),
        },
        tables=tables,
        notes=(*inputs.notes, *table.notes, *_unchecked(numbers, loaded)),
        run={"columns": vars(inputs.columns)},
        caveats=table.caveats,
    )
    return call_measured(loaded, measured)


def _numbers(
    table: CellTable, scores: pd.DataFrame, scheme: Scheme, reference: PsrReference
) -> tuple[pd.DataFrame, pd.DataFrame]:
    stages, differences = _stages(table, scores, scheme)
    return _patients(table, scores, scheme, reference).join(differences), stages


def _repeats(
    table: CellTable, scores: pd.DataFrame, scheme: Scheme, reference: PsrReference, *, seed: int
) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """The numbers with each patient's cells drawn anew, and with the stages of each patient's
    cells permuted.
    """
    frame, n = table.frame, scheme.repeats
    known = scores.assign(stage=frame["stage"].astype(str)) if "stage" in frame else scores
    draws = Draws(frame["patient"].astype(str), known, seed=seed)
    again = []
    for rows in (draws.again() for _ in range(n)):
        drawn = replace(table, frame=frame.iloc[rows].reset_index(drop=True))
        again.append(
            _numbers(drawn, scores.iloc[rows].reset_index(drop=True), scheme, reference)[0]
        )
    if "stage" not in frame:
        return again, []
    patients = _patients(table, scores, scheme, reference)
    stage = frame["stage"].astype(object).to_numpy()
    permuted = []
    for _ in range(n):
        dealt = replace(table, frame=frame.assign(stage=draws.permuted(stage)))
        permuted.append(patients.join(_stages(dealt, scores, scheme)[1]))
    return again, permuted


def _unchecked(numbers: pd.DataFrame, scheme: Scheme) -> tuple[str, ...]:
    if not numbers["heat_shock_z"].isna().all():
        return ()
    need = scheme.cut("min_patients")
    return (
        (
            f"Heat shock was not compared between patients: that needs {need:g} of them, or a"
            " reference."
        ),
    )


def _patients(
    table: CellTable, scores: pd.DataFrame, scheme: Scheme, reference: PsrReference
) -> pd.DataFrame:
    patient = table.frame["patient"].astype(str)
    rows = {}
    for name, own in scores.groupby(patient.to_numpy(), sort=True):
        difference, heat = own["psr_minus_activation"].to_numpy(), own["heat_shock"].to_numpy()
        rows[str(name)] = {
            "n_cd8": float(len(own)),
            "psr_minus_activation": round(float(difference.mean()), 12),
            "psr_mean": round(float(own["psr"].mean()), 12),
            "psr_median": float(np.median(difference)),
            "heat_mean": float(heat.mean()),
            "heat_shock_r": partial_correlation(
                own["psr"].to_numpy(), heat, own["activation"].to_numpy()
            ),
        }
    out = pd.DataFrame.from_dict(rows, orient="index").rename_axis("patient")
    enough = (out["n_cd8"] >= scheme.cut("min_cells")).to_numpy()
    out["heat_shock_z"] = _sentinel(out["heat_mean"].where(enough), scheme, reference)
    cut = _upper_quartile(scores, patient, out.index[enough], scheme, reference)
    above = (scores["psr_minus_activation"] > cut).groupby(patient.to_numpy()).mean()
    out["fraction_high"] = above.reindex(out.index) if cut == cut else np.nan  # noqa: PLR0124  NaN
    measured = ["psr_minus_activation", "psr_mean", "psr_median", "fraction_high", "heat_shock_r"]
    out.loc[~enough, measured] = np.nan
    return out.drop(columns="heat_mean")


def _sentinel(heat: pd.Series, scheme: Scheme, reference: PsrReference) -> NDArray[np.float64]:
    """Each patient against the others in robust SD; NaN where there are too few and no
    reference.
    """
    values = heat.to_numpy(np.float64)
    if reference.heat_shock_median is not None and reference.heat_shock_sd:
        return (values - reference.heat_shock_median) / reference.heat_shock_sd
    out = np.full(len(values), np.nan)
    for row in range(len(values)):
        others = np.delete(values, row)
        others = others[~np.isnan(others)]
        if len(others) + 1 < scheme.cut("min_patients"):
            continue
        middle = np.median(others)
        spread = 1.4826 * np.median(np.abs(others - middle))
        out[row] = (values[row] - middle) / spread if spread > 1e-12 else np.nan
    return out


def _upper_quartile(
    scores: pd.DataFrame,
    patient: pd.Series,
    patients: Sequence[str] | pd.Index,
    scheme: Scheme,
    reference: PsrReference,
) -> float:
    """Cut above which a cell counts as high: the mean over patients of their own upper quartile."""
    if reference.upper_quartile is not None:
        return reference.upper_quartile
    if len(patients) < scheme.cut("min_patients"):
        return float("nan")
    own = (
        scores["psr_minus_activation"].groupby(patient.to_numpy()).quantile(scheme.cut("quartile"))
    )
    return float(own.reindex(pd.Index(patients)).mean())


def _stages(
    table: CellTable, scores: pd.DataFrame, scheme: Scheme
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean of every stage in every patient: long, and the differences between stages by patient."""
    columns = ["mean_tprog", "mean_tint", "mean_ttex"]
    empty = pd.DataFrame(columns=["patient", "stage", "n_cells", "mean", "reason"])
    if "stage" not in table.frame:
        return empty, pd.DataFrame(
            columns=[*columns, "tint_minus_tprog", "ttex_minus_tint", "ttex_minus_tprog"],
            dtype=float,
        )
    of = {member: name for name, members in scheme.states.items() for member in members}
    stage = table.frame["stage"].astype(object).map(lambda one: of.get(str(one), str(one)))
    stage = stage.where(table.frame["stage"].notna().to_numpy(), None)
    grouped = scores["psr_minus_activation"].groupby([table.frame["patient"].astype(str), stage])
    long = pd.DataFrame({"n_cells": grouped.size(), "mean": grouped.mean().round(12)}).rename_axis(
        ["patient", "stage"]
    )
    need = int(scheme.cut("min_cells_stage"))
    few = (long["n_cells"] < need).to_numpy()
    long.loc[few, "mean"] = np.nan
    long["reason"] = np.where(few, [f"{n} cells, {need} are needed" for n in long["n_cells"]], "")
    wide = long["mean"].unstack().reindex(columns=list(STAGES)).set_axis(columns, axis=1)  # noqa: PD010
    wide["tint_minus_tprog"] = wide["mean_tint"] - wide["mean_tprog"]
    wide["ttex_minus_tint"] = wide["mean_ttex"] - wide["mean_tint"]
    wide["ttex_minus_tprog"] = wide["mean_ttex"] - wide["mean_tprog"]
    return long.reset_index(), wide


def _why(numbers: pd.DataFrame, scheme: Scheme) -> pd.DataFrame:
    need = int(scheme.cut("min_cells_stage"))
    why = pd.DataFrame(
        "", index=numbers.index, columns=["n_cd8", "tint_minus_tprog", "ttex_minus_tint"]
    )
    why["n_cd8"] = [
        f"{int(n)} CD8 cells, {scheme.cut('min_cells'):g} are needed" for n in numbers["n_cd8"]
    ]
    for name in ("tint_minus_tprog", "ttex_minus_tint"):
        why[name] = f"{need} cells are needed in each stage"
    return why
