"""`dli_response`: two components of the pattern of responders in Bachireddy 2021, and where early
clones come from.

Each component is called by itself and a missing one is named. Patients without the pattern are not
given a type of their own, because the study found none. The origin of clones carries its
counter-evidence: in another leukaemia the clones came from the product.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError
from resistype.samples.composition import share_change
from resistype.scheme import Calls, Scheme, load_scheme
from resistype.scheme.measured import ByChance, Measured, call_measured, rng_of
from resistype.systems.cells.cart_product import CellInputs, find_clones
from resistype.systems.cells.clone_fate import origin
from resistype.systems.cells.repeats import split_counts
from resistype.systems.cells.table import CellTable, cell_table, group_names, sample_shares

BEFORE = frozenset({"pre", "pre-dli", "pre dli", "before", "baseline", "screening"})


@dataclass(frozen=True, kw_only=True)
class DliPlan:
    """Which samples are compared, and with what.

    Parameters
    ----------
    before
        Time point before infusion; by default the one called pre, before, baseline or screening.
    after
        Time point after infusion; by default each patient's first one that has enough T cells.
    reference_late
        Median fraction of late-differentiated cells before infusion; by default the cohort's own,
        from ten patients on.
    """

    before: str | None = None
    after: str | None = None
    reference_late: float | None = None


def dli_response(
    cells: pd.DataFrame,
    *,
    inputs: CellInputs | None = None,
    plan: DliPlan | None = None,
    scheme: str | Path | Scheme = "dli_response",
) -> Calls:
    """Describe T cells before and after donor lymphocyte infusion.

    Parameters
    ----------
    cells
        One row per cell: patient, time point (pre, IP, later ones), state (early, late, others),
        clone where known.
    inputs
        Columns, clones.
    plan
        Which samples are compared, and with what.
    scheme
        The scheme.

    Returns
    -------
    Calls
        Calls of patients (the two components, the pattern, the origin), with the tables
        composition, patients, origin.

    Raises
    ------
    SamplesError
        E980 for a bad table, E989 when no time point is from before infusion.

    Examples
    --------
    >>> rows = (
    ...     [("D1", "pre", "late")] * 310
    ...     + [("D1", "pre", "early")] * 90
    ...     + [("D1", "pre", "other")] * 400
    ... )
    >>> rows += [("D1", "D60", "early")] * 420 + [("D1", "D60", "other")] * 580
    >>> cells = pd.DataFrame(rows, columns=["patient", "timepoint", "state"])
    >>> from resistype.systems.cells import CellColumns
    >>> found = dli_response(
    ...     cells,
    ...     inputs=CellInputs(columns=CellColumns(state="state")),
    ...     plan=DliPlan(reference_late=0.3),
    ... )
    >>> found.to_frame().loc["D1", "headline"]
    'responder-like pattern (Bachireddy 2021); not assessed: Origin of early clones after infusion'
    """
    inputs, plan, loaded = inputs or CellInputs(), plan or DliPlan(), load_scheme(scheme)
    table = cell_table(cells, inputs.columns)
    clone, found = find_clones(cells, inputs, table)
    shares = sample_shares(table, loaded)
    before = _before(table, plan)
    rows = {
        name: _samples(shares, name, before, plan=plan, scheme=loaded) for name in _patients(table)
    }
    counts = pd.DataFrame.from_dict(rows, orient="index").rename_axis("patient")
    after = counts.pop("after")
    numbers, why = _numbers(counts, loaded, plan, seed=inputs.seed)
    origins = _origins(table, clone, group_names(table, loaded), before=before, after=after)
    _put_origins(numbers, why, origins)
    tables = {
        "composition": shares,
        "patients": numbers.assign(before=before, after=after).reset_index(),
    }
    tables["origin"] = pd.concat(origins.values(), ignore_index=True) if origins else _NO_ORIGIN
    again, permuted = _repeats(counts, numbers, loaded, plan, seed=inputs.seed)
    measured = Measured(
        unit="patient",
        numbers=numbers[[name for name in numbers if name in loaded.quantities]],
        reason=why,
        design=pd.DataFrame({"patient": numbers.index, "timepoint": after}, index=numbers.index),
        by_chance=[ByChance("patients with the time points of their cells permuted", permuted)],
        again={"cells": again},
        reference={
            "mode": "own samples over time",
            "name": "each patient before infusion",
            "n": len(numbers),
        },
        tables=tables,
        notes=(*inputs.notes, *table.notes, *found),
        run={"columns": vars(inputs.columns), "plan": vars(plan), "seed": inputs.seed},
        caveats=table.caveats,
    )
    return call_measured(loaded, measured)


def _numbers(
    counts: pd.DataFrame, scheme: Scheme, plan: DliPlan, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What follows from the counts of the two samples of every patient."""
    numbers, why = _reference(counts, scheme, plan)
    _changes(numbers, seed)
    return numbers, why


_KINDS = ("early", "late")
_ORIGINS = ["origin_product", "origin_not_product", "origin_untracked"]


def _repeats(
    counts: pd.DataFrame, numbers: pd.DataFrame, scheme: Scheme, plan: DliPlan, *, seed: int
) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """The numbers with the cells of every sample drawn anew, and with the time points of each
    patient's permuted.

    Cells of one state are alike, so counts are drawn. Where early clones come from is drawn anew
    over the early cells; nothing is permuted there.
    """
    rngs = {str(name): rng_of(seed, str(name)) for name in counts.index}
    again, permuted = [], []
    for _ in range(scheme.repeats):
        drawn, dealt = counts.copy(), counts.copy()
        origins = numbers[[*_ORIGINS, "n_early"]].copy()
        for name, rng in rngs.items():
            pre, post = (_three(pd.Series(counts.loc[name]), time) for time in ("pre", "post"))
            there = [(t, own) for t, own in (("pre", pre), ("post", post)) if own is not None]
            for time, own in there:
                _put(drawn, name, time, rng.multinomial(own.sum(), own / max(own.sum(), 1)))
            if pre is not None and post is not None:
                first, second = split_counts(pre, post, rng=rng)
                _put(dealt, name, "pre", first)
                _put(dealt, name, "post", second)
            if not origins.loc[name].isna().any():
                part = origins.loc[name, _ORIGINS].to_numpy(np.float64)
                n_early = int(origins["n_early"].loc[name])
                parts = rng.multinomial(n_early, part / part.sum())
                origins.loc[name, _ORIGINS] = parts / max(n_early, 1)
        again.append(_numbers(drawn, scheme, plan, seed=seed)[0].join(origins))
        permuted.append(
            _numbers(dealt, scheme, plan, seed=seed)[0].join(numbers[[*_ORIGINS, "n_early"]])
        )
    return again, permuted


def _three(row: pd.Series, time: str) -> NDArray[np.int64] | None:
    """Early, late and other cells of a sample; None where there is no sample."""
    if np.isnan(row[f"n_{time}"]):
        return None
    known = np.nan_to_num(row[[f"{kind}_{time}_n" for kind in _KINDS]].to_numpy(np.float64)).astype(
        np.int64
    )
    return np.array([*known, int(row[f"n_{time}"]) - known.sum()])


def _put(counts: pd.DataFrame, name: str, time: str, drawn: NDArray[np.int64]) -> None:
    """Counts of a sample, in place; what no cell of the data is called stays missing."""
    for kind, n in zip(_KINDS, drawn.tolist(), strict=False):
        if counts[f"{kind}_{time}_n"].notna().loc[name]:
            counts.loc[name, f"{kind}_{time}_n"] = float(n)


_NO_ORIGIN = pd.DataFrame(
    columns=["patient", "origin", "n_cells", "fraction_cells", "n_clones", "fraction_clones"]
)


def _patients(table: CellTable) -> list[str]:
    return [
        str(name)
        for name in table.frame["patient"].cat.categories
        if (table.frame["patient"] == name).any()
    ]


def _before(table: CellTable, plan: DliPlan) -> str:
    chosen = plan.before or next((time for time in table.times if time.lower() in BEFORE), None)
    if chosen is None or chosen not in table.times:
        message = (
            f"No time point is from before infusion ({', '.join(table.times)}). Call it 'pre', or"
            " name it (before=)."
        )
        raise SamplesError(message, code="E989")
    return chosen


def _samples(
    shares: pd.DataFrame, patient: str, before: str, *, plan: DliPlan, scheme: Scheme
) -> dict[str, float | str]:
    """Counts of the two samples of a patient that are compared."""
    own = shares[shares["patient"] == patient]
    later = own[(own["timepoint"] != before) & (own["is_product"] != 1)].drop_duplicates(
        "timepoint"
    )
    later = later.sort_values("day", na_position="last", kind="stable")
    if plan.after is not None:
        later = later[later["timepoint"] == plan.after]
    deep = later[later["denominator"] >= scheme.cut("min_cells")]
    chosen = deep if len(deep) else later
    after = str(chosen["timepoint"].iloc[0]) if len(chosen) else ""
    row: dict[str, float | str] = {"after": after}
    for key, time in (("pre", before), ("post", after)):
        part = own[own["timepoint"] == time].set_index("kind")
        row[f"n_{key}"] = float(part["denominator"].iloc[0]) if len(part) else np.nan
        for kind in ("early", "late"):
            known = bool((shares["kind"] == kind).any()) and len(part)
            row[f"{kind}_{key}_n"] = float(part["numerator"].get(kind, 0)) if known else np.nan
    return row


def _reference(
    numbers: pd.DataFrame, scheme: Scheme, plan: DliPlan
) -> tuple[pd.DataFrame, pd.DataFrame]:
    numbers = numbers.assign(late_pre=numbers["late_pre_n"] / numbers["n_pre"])
    own = numbers.loc[numbers["n_pre"] >= scheme.cut("min_cells_late"), "late_pre"].dropna()
    enough = len(own) >= scheme.cut("min_patients")
    reference = (
        plan.reference_late
        if plan.reference_late is not None
        else float(own.median())
        if enough
        else np.nan
    )
    why = pd.DataFrame(
        "",
        index=numbers.index,
        columns=["n_pre", "n_post", "late_minus_reference", "origin_product"],
    )
    for key in ("n_pre", "n_post"):
        need = scheme.cut("min_cells")
        why[key] = [f"{n:.0f} T cells, {need:g} are needed" for n in numbers[key]]
    few = (
        f"no reference was given and {len(own)} patients make no median;"
        f" {scheme.cut('min_patients'):g} are needed"
    )
    absent = numbers["late_pre"].isna().to_numpy()
    why["late_minus_reference"] = np.where(absent, "no cell of the data has a late state", few)
    return (
        numbers.assign(
            reference_late=reference, late_minus_reference=numbers["late_pre"] - reference
        ),
        why,
    )


def _changes(numbers: pd.DataFrame, seed: int) -> None:
    """Change of the early share with its interval, in place."""
    for name in ("early_change", "early_change_low", "early_change_high"):
        numbers[name] = np.nan
    for patient, row in numbers.iterrows():
        counts = [row["early_pre_n"], row["n_pre"], row["early_post_n"], row["n_post"]]
        if np.isnan(counts).any():
            continue
        k1, n1, k2, n2 = (int(count) for count in counts)
        found = share_change((k1, n1), (k2, n2), seed=seed)
        numbers.loc[patient, ["early_change", "early_change_low", "early_change_high"]] = [
            found.value,
            found.low,
            found.high,
        ]


def _origins(
    table: CellTable, clone: pd.Series | None, groups: pd.Series, *, before: str, after: pd.Series
) -> dict[str, pd.DataFrame]:
    """Origin of the early cells after infusion, by patient; only where clones are known there."""
    if clone is None:
        return {}
    frame = table.frame[["patient", "timepoint", "is_product"]].assign(
        clone=clone.reindex(table.frame.index)
    )
    frame["early"] = (groups.astype(object) == "early").to_numpy()
    out = {}
    for patient, time in after.items():
        own = frame[(frame["patient"] == patient).to_numpy()]
        early = own.loc[((own["timepoint"] == time) & own["early"]).to_numpy(), "clone"]
        if not len(early) or not early.notna().any():
            continue
        earlier = own.loc[(own["timepoint"] == before).to_numpy(), "clone"].dropna()
        product = own.loc[own["is_product"].to_numpy(), "clone"].dropna()
        found = origin(
            early,
            before=earlier if len(earlier) else None,
            product=product if len(product) else None,
        )
        found = found.reset_index().assign(
            patient=str(patient), n_before=len(earlier), n_product=len(product)
        )
        found["detectable_before"], found["detectable_product"] = found.attrs["detectable"]
        found.attrs = {}
        out[str(patient)] = found[["patient", *(name for name in found if name != "patient")]]
    return out


def _put_origins(
    numbers: pd.DataFrame, why: pd.DataFrame, origins: dict[str, pd.DataFrame]
) -> None:
    for name in ("origin_product", "origin_not_product", "origin_untracked", "n_early"):
        numbers[name] = np.nan
    for patient in numbers.index:
        found = origins.get(str(patient))
        why.loc[patient, "origin_product"] = _no_origin(found)
        if found is None:
            continue
        share = found.set_index("origin")["fraction_cells"]
        numbers.loc[patient, "n_early"] = float(found["n_cells"].sum())
        numbers.loc[patient, "origin_untracked"] = share["untracked"]
        if not _no_origin(found):
            numbers.loc[patient, "origin_product"] = share["infusion product"]
            numbers.loc[patient, "origin_not_product"] = share["pre-existing"] + share["novel"]


def _no_origin(found: pd.DataFrame | None) -> str:
    if found is None:
        return "no clone of an early cell is known"
    lacking = [
        word
        for word, key in (("before infusion", "n_before"), ("of the product", "n_product"))
        if not found[key].iloc[0]
    ]
    return f"no receptors {' and none '.join(lacking)}" if lacking else ""
