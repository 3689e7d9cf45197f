"""Tables of a system on a page: columns that fit, rows up to a limit, each with its n."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from resistype.report.model import Table

__all__ = ["TABLES", "build_tables"]

TABLES = {
    "composition": ("Composition", "Share of the cells of a sample in each state, with its 95 % interval (Wilson)."),
    "balance": ("Balance of two states", "log2 of (first + 0.5) / (second + 0.5), interval by bootstrap over cells."),
    "scores": ("Mean scores", "Mean over the cells of a sample."),
    "patients": ("Clones of patients", "Numbers behind plasticity, expansion and drift, a row a patient."),
    "flow": ("Clones between states", "Each clone counts once, split by the shares of its cells."),
    "comparison": ("Comparison of groups", "Over patients, never over cells: n and size of the effect first."),
}
# what stands on the page of tables that are wider than it; the others whole
_SHOWN = {
    "composition": ("patient", "timepoint", "kind", "numerator", "denominator", "share", "low", "high", "reason"),
    "patients": (
        *("patient", "first", "last", "n_tracked", "n_expanded", "n_contracted"),
        *("plastic_share", "plastic_low", "plastic_high", "drift", "drift_p"),
    ),
}
_MOST = 400  # rows of a table on the page


def build_tables(tables: Mapping[str, pd.DataFrame]) -> Iterator[Table]:
    """The tables of a system that a page shows, each with its n."""
    for name, (title, caption) in TABLES.items():
        table = tables.get(name)
        if table is None or table.empty:
            continue
        whole = table.reset_index() if name == "comparison" else table
        kept = [one for one in whole.columns if one in _SHOWN.get(name, whole.columns)]
        shown = whole[kept].dropna(axis=1, how="all")
        shown = shown.loc[:, [not (shown[one].astype(str) == "").all() for one in shown.columns]]
        more = f" {len(shown):,} rows; the first {_MOST} are shown, all stand in {name}.tsv." * (len(shown) > _MOST)
        rows = [tuple(_cell(cell) for cell in row) for row in shown.head(_MOST).itertuples(index=False, name=None)]
        columns = tuple(str(one) for one in shown.columns)
        yield Table(
            id=name, title=title, caption=f"n = {len(shown):,} rows. {caption}{more}", columns=columns, rows=tuple(rows)
        )


def _cell(cell: Any) -> str | float | None:
    if isinstance(cell, bool | np.bool_):
        return "yes" if cell else "no"
    if isinstance(cell, int | float | np.number):
        return float(cell) if np.isfinite(float(cell)) else None
    return None if cell is None or cell is pd.NA else str(cell)
