"""Groups of patients compared on shares and mean scores, within one product and at one time
point.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from resistype.errors import SamplesError
from resistype.scheme import Calls
from resistype.stats import PatientTable, adjusted, compare_patients


def compare_cells(
    calls: Calls,
    groups: pd.Series,
    *,
    first: str,
    second: str | None = None,
    strata: pd.Series | None = None,
) -> pd.DataFrame:
    """Compare groups of patients, or one with the rest, at every time point.

    Parameters
    ----------
    calls
        From `cart_product` or `classify_cells`.
    groups
        Group of each patient, indexed by patient.
    first, second
        The groups; without `second`, all other patients.
    strata
        Product of each patient: patients are compared within one, never across.

    Returns
    -------
    DataFrame
        One row a stratum, time point and value: n and effect first, then p; q over all rows. Strata
        and time points where a group has no patient are there with the reason.

    Raises
    ------
    SamplesError
        E931 when no comparison could be made at all.
    """
    names = pd.Index([str(name) for name in groups.index])
    groups = groups.set_axis(names)
    products = (
        pd.Series("all", index=names)
        if strata is None
        else strata.set_axis([str(n) for n in strata.index])
    )
    parts = []
    for (time, table), product in (
        (pair, one) for pair in _tables(calls) for one in pd.unique(products.dropna())
    ):
        own = groups[groups.index.isin(products.index[products == product])]
        row = {"product": product, "timepoint": time}
        try:
            found = compare_patients(table, own, first=first, second=second)
        except SamplesError as error:
            if error.code != "E931":
                raise
            found = pd.DataFrame(
                {"test": [f"none: {error.message}"]}, index=pd.Index(["all"], name="value")
            )
        parts.append(found.reset_index().assign(**row))
    out = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if "p" not in out or out["p"].isna().all():
        raise SamplesError(
            "No time point has patients of both groups; nothing can be compared.", code="E931"
        )
    out["q"] = adjusted(out["p"].to_numpy(np.float64))
    return out[
        [
            "product",
            "timepoint",
            *(name for name in out.columns if name not in ("product", "timepoint")),
        ]
    ]


def _tables(calls: Calls) -> list[tuple[str, PatientTable]]:
    """One table of patients a time point: shares of states, balance and mean scores."""
    values, cells = [], []
    if "composition" in calls.tables:
        shares = calls.tables["composition"]
        shares = shares[shares["kind"] != "unassigned"].assign(
            value=lambda t: "proportion_" + t["kind"]
        )
        values.append(
            shares[["patient", "timepoint", "value", "proportion"]].rename(
                columns={"proportion": "number"}
            )
        )
        cells.append(
            shares[["patient", "timepoint", "denominator"]].set_axis(
                ["patient", "timepoint", "n"], axis=1
            )
        )
    if "balance" in calls.tables:
        part = calls.tables["balance"].assign(value="balance").rename(columns={"balance": "number"})
        values.append(part[["patient", "timepoint", "value", "number"]])
    if "scores" in calls.tables and "timepoint" in calls.tables["scores"]:
        part = (
            calls.tables["scores"]
            .assign(value=lambda t: "score_" + t["score"])
            .rename(columns={"mean": "number"})
        )
        values.append(part[["patient", "timepoint", "value", "number"]])
        cells.append(
            part[["patient", "timepoint", "n_cells"]].set_axis(
                ["patient", "timepoint", "n"], axis=1
            )
        )
    long, sizes = pd.concat(values), pd.concat(cells).drop_duplicates(["patient", "timepoint"])
    out = []
    for time, own in long.groupby("timepoint", sort=False):
        wide = own.pivot_table(index="patient", columns="value", values="number", observed=True)
        n = sizes[sizes["timepoint"] == time].set_index("patient")["n"].reindex(wide.index)
        out.append((str(time), PatientTable(wide, n)))
    return out
