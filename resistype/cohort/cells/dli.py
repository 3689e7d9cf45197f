"""`dli_response`: two components of the pattern of responders in Bachireddy 2021, and where early clones come from.

Each component is called by itself and a missing one is named. Patients without the pattern are not given a type of
their own, because the study found none. The origin of clones carries its counter-evidence: in another leukaemia the
clones came from the product.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resistype.cohort.cells.product import CellInputs, find_clones
from resistype.cohort.cells.result import CellCalls
from resistype.cohort.cells.samples import group_names, sample_shares
from resistype.cohort.cells.table import CellTable, cell_table
from resistype.cohort.cells.verdicts import apply_cell_scheme
from resistype.cohort.clone_origin import origin
from resistype.cohort.composition import share_change
from resistype.errors import SamplesError
from resistype.scheme.read import load_scheme
from resistype.scheme.scheme import Scheme

__all__ = ["DliPlan", "dli_response"]

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
        Median share of late-differentiated cells before infusion; by default the cohort's own, from ten patients on.
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
) -> CellCalls:
    """Describe T cells before and after donor lymphocyte infusion.

    Parameters
    ----------
    cells
        One row a cell: patient, time point (pre, IP, later ones), state (early, late, others), clone where known.
    inputs
        Columns, clones.
    plan
        Which samples are compared, and with what.
    scheme
        The scheme.

    Returns
    -------
    CellCalls
        Calls of patients (the two components, the pattern, the origin), with the tables composition, patients, origin.

    Raises
    ------
    SamplesError
        E980 for a bad table, E989 when no time point is from before infusion.

    Examples
    --------
    >>> rows = [("D1", "pre", "late")] * 310 + [("D1", "pre", "early")] * 90 + [("D1", "pre", "other")] * 400
    >>> rows += [("D1", "D60", "early")] * 420 + [("D1", "D60", "other")] * 580
    >>> cells = pd.DataFrame(rows, columns=["patient", "timepoint", "state"])
    >>> from resistype.cohort.cells import CellColumns
    >>> found = dli_response(cells, inputs=CellInputs(columns=CellColumns(state="state")),
    ...                      plan=DliPlan(reference_late=0.3))
    >>> found.to_frame().loc["D1", "headline"]
    'responder-like pattern (Bachireddy 2021)'
    """
    inputs, plan, loaded = inputs or CellInputs(), plan or DliPlan(), load_scheme(scheme)
    table = cell_table(cells, inputs.columns)
    clone, found = find_clones(cells, inputs, table)
    shares = sample_shares(table, loaded)
    before = _before(table, plan)
    rows = {name: _samples(shares, name, before, plan=plan, scheme=loaded) for name in _patients(table)}
    numbers = pd.DataFrame.from_dict(rows, orient="index").rename_axis("patient")
    after = numbers.pop("after")
    numbers, why = _reference(numbers, loaded, plan)
    _changes(numbers, inputs.seed)
    origins = _origins(table, clone, group_names(table, loaded), before=before, after=after)
    _put_origins(numbers, why, origins)
    quantities = numbers[[name for name in numbers if name in loaded.quantities]]
    tables = {"composition": shares, "patients": numbers.assign(before=before, after=after).reset_index()}
    tables["origin"] = pd.concat(origins.values(), ignore_index=True) if origins else _NO_ORIGIN
    return CellCalls(
        scheme=loaded,
        samples=None,
        patients=apply_cell_scheme(loaded, quantities, why=why),
        quantities={"patients": quantities},
        tables=tables,
        notes=(*inputs.notes, *table.notes, *found),
        run={"scheme": loaded.ref, "claim": loaded.claim, "columns": vars(inputs.columns), "plan": vars(plan)}
        | {"thresholds": loaded.threshold_rows(), "caveats": list(table.caveats), "seed": inputs.seed},
    )


_NO_ORIGIN = pd.DataFrame(columns=["patient", "origin", "n_cells", "share_cells", "n_clones", "share_clones"])


def _patients(table: CellTable) -> list[str]:
    return [str(name) for name in table.frame["patient"].cat.categories if (table.frame["patient"] == name).any()]


def _before(table: CellTable, plan: DliPlan) -> str:
    chosen = plan.before or next((time for time in table.times if time.lower() in BEFORE), None)
    if chosen is None or chosen not in table.times:
        message = (
            f"No time point is from before infusion ({', '.join(table.times)}). Call it 'pre', or name it (before=)."
        )
        raise SamplesError(message, code="E989")
    return chosen


def _samples(
    shares: pd.DataFrame, patient: str, before: str, *, plan: DliPlan, scheme: Scheme
) -> dict[str, float | str]:
    """Counts of the two samples of a patient that are compared."""
    own = shares[shares["patient"] == patient]
    later = own[(own["timepoint"] != before) & (own["is_product"] != 1)].drop_duplicates("timepoint")
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


def _reference(numbers: pd.DataFrame, scheme: Scheme, plan: DliPlan) -> tuple[pd.DataFrame, pd.DataFrame]:
    numbers = numbers.assign(late_pre=numbers["late_pre_n"] / numbers["n_pre"])
    own = numbers.loc[numbers["n_pre"] >= scheme.cut("min_cells_late"), "late_pre"].dropna()
    enough = len(own) >= scheme.cut("min_patients")
    reference = plan.reference_late if plan.reference_late is not None else float(own.median()) if enough else np.nan
    why = pd.DataFrame("", index=numbers.index, columns=["n_pre", "n_post", "late_minus_reference", "origin_product"])
    for key in ("n_pre", "n_post"):
        need = scheme.cut("min_cells")
        why[key] = [f"{n:.0f} T cells, {need:g} are needed" for n in numbers[key]]
    few = f"no reference was given and {len(own)} patients make no median; {scheme.cut('min_patients'):g} are needed"
    absent = numbers["late_pre"].isna().to_numpy()
    why["late_minus_reference"] = np.where(absent, "no cell of the data has a late state", few)
    return numbers.assign(reference_late=reference, late_minus_reference=numbers["late_pre"] - reference), why


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
    frame = table.frame[["patient", "timepoint", "is_product"]].assign(clone=clone.reindex(table.frame.index))
    frame["early"] = (groups.astype(object) == "early").to_numpy()
    out = {}
    for patient, time in after.items():
        own = frame[(frame["patient"] == patient).to_numpy()]
        early = own.loc[((own["timepoint"] == time) & own["early"]).to_numpy(), "clone"]
        if not len(early) or not early.notna().any():
            continue
        earlier = own.loc[(own["timepoint"] == before).to_numpy(), "clone"].dropna()
        product = own.loc[own["is_product"].to_numpy(), "clone"].dropna()
        found = origin(early, before=earlier if len(earlier) else None, product=product if len(product) else None)
        found = found.reset_index().assign(patient=str(patient), n_before=len(earlier), n_product=len(product))
        found["detectable_before"], found["detectable_product"] = found.attrs["detectable"]
        found.attrs = {}
        out[str(patient)] = found[["patient", *(name for name in found if name != "patient")]]
    return out


def _put_origins(numbers: pd.DataFrame, why: pd.DataFrame, origins: dict[str, pd.DataFrame]) -> None:
    for name in ("origin_product", "origin_not_product", "origin_untracked", "n_early"):
        numbers[name] = np.nan
    for patient in numbers.index:
        found = origins.get(str(patient))
        why.loc[patient, "origin_product"] = _no_origin(found)
        if found is None:
            continue
        share = found.set_index("origin")["share_cells"]
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
