"""How far the numbers behind an axis moved between two labelings of the same samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from resistype.cohort.agreement.sides import Labelling
from resistype.scheme.scheme import Quantity, Scheme

__all__ = ["COLUMNS", "score_shift"]

COLUMNS = (
    "quantity",
    "title",
    "unit",
    "n",
    "median_first",
    "median_second",
    "shift",
    "shift_low",
    "shift_high",
    "spearman",
    "note",
)


def score_shift(first: Labelling, second: Labelling, axis: str, *, samples: pd.Index) -> pd.DataFrame:
    """One row a quantity of the axis that both sides measured.

    Parameters
    ----------
    first, second
        The two sides.
    axis
        The axis.
    samples
        Samples of both.

    Returns
    -------
    DataFrame
        n (samples measured on both sides), median of each side, shift (median of second minus first) with its quartiles
        over the samples, rank correlation. A note says where the two sides use other scales; no shift is given there.
    """
    if first.scheme is None or second.scheme is None:
        return pd.DataFrame(columns=list(COLUMNS))
    named = dict.fromkeys((*first.scheme.axis(axis).quantities, *second.scheme.axis(axis).quantities))
    both = [name for name in named if name in first.values and name in second.values]
    rows = [_row(first, second, name, samples=samples) for name in both]
    return pd.DataFrame([row for row in rows if row["n"]], columns=list(COLUMNS))


def _row(first: Labelling, second: Labelling, name: str, *, samples: pd.Index) -> dict[str, Any]:
    from scipy.stats import spearmanr  # noqa: PLC0415  0.6 s

    a, b = (side.values[name].reindex(samples).to_numpy(np.float64) for side in (first, second))
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    one, two = (side.scheme.quantities[name] for side in (first, second) if side.scheme is not None)
    note = _other_scale(first, second, name)
    low, middle, high = np.quantile(b - a, [0.25, 0.5, 0.75]) if len(a) and not note else (np.nan,) * 3
    varies = len(a) > 2 and np.ptp(a) > 0 and np.ptp(b) > 0
    return {
        "quantity": name,
        "title": one.title,
        "unit": one.unit if one.unit == two.unit else f"{one.unit} | {two.unit}",
        "n": len(a),
        "median_first": float(np.median(a)) if len(a) else np.nan,
        "median_second": float(np.median(b)) if len(b) else np.nan,
        "shift": float(middle),
        "shift_low": float(low),
        "shift_high": float(high),
        "spearman": float(spearmanr(a, b).statistic) if varies else np.nan,
        "note": note,
    }


def _other_scale(first: Labelling, second: Labelling, name: str) -> str:
    one, two = (_of(side.scheme, name) for side in (first, second))
    if one is None or two is None:
        return ""
    if one.unit != two.unit:
        return "other units"
    if one.kind == "score" and one.method != two.method:
        return f"other scale: {one.method} | {two.method}"
    return ""


def _of(scheme: Scheme | None, name: str) -> Quantity | None:
    return None if scheme is None else scheme.quantities.get(name)
