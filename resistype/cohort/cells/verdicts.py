"""Rules of a cell scheme applied to numbers of samples or patients, and the caveats that go with the calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resistype.cohort.cells.spec import CellScheme, load_cell_scheme
from resistype.errors import InputError
from resistype.scheme.rules import decide, holds
from resistype.scheme.scheme import ABSTENTIONS, Axis

__all__ = ["Verdict", "apply_cell_scheme"]


@dataclass(frozen=True, eq=False)
class Verdict:
    """Calls of samples or patients.

    Parameters
    ----------
    calls
        One row a unit, one column an axis.
    reasons
        Of the same shape: why there is no call; empty where there is one.
    texts
        Of the same shape: what the label means.
    caveats
        Codes of each unit.
    """

    calls: pd.DataFrame
    reasons: pd.DataFrame
    texts: pd.DataFrame
    caveats: pd.Series

    def to_frame(self) -> pd.DataFrame:
        """One row a unit: for each axis the call, its meaning and the reason; then the caveats."""
        out = pd.DataFrame(index=self.calls.index)
        for axis in self.calls.columns:
            out[axis] = self.calls[axis]
            out[f"{axis}_text"] = self.texts[axis]
            out[f"{axis}_reason"] = self.reasons[axis]
        out["caveats"] = [";".join(codes) for codes in self.caveats]
        return out


def apply_cell_scheme(
    scheme: str | Path | CellScheme,
    quantities: pd.DataFrame | Mapping[str, float],
    *,
    patients: bool = True,
    why: pd.DataFrame | None = None,
) -> Verdict:
    """Apply the rules of a cell scheme to numbers measured anywhere.

    Parameters
    ----------
    scheme
        Name, path or scheme.
    quantities
        One row a unit (or one mapping for one unit), one column a quantity; what is absent was not measured.
    patients
        Whether the units are patients (`patient_axes`) or samples (`axes`).
    why
        Of the shape of `quantities`: reasons for what is missing.

    Returns
    -------
    Verdict

    Raises
    ------
    InputError
        S112 for a column that is no quantity of the scheme.

    Examples
    --------
    >>> found = apply_cell_scheme("cart_product", {"n_t_cells": 1200, "balance": 0.69, "balance_low": 0.47,
    ...                                            "balance_high": 0.92, "is_product": 1}, patients=False)
    >>> found.calls.loc["0", "balance"]
    'memory_leaning'
    """
    loaded = load_cell_scheme(scheme)
    frame = quantities if isinstance(quantities, pd.DataFrame) else pd.DataFrame([dict(quantities)], index=["0"])
    unknown = [str(name) for name in frame.columns if name not in loaded.quantities]
    if unknown:
        message = (
            f"Not quantities of scheme {loaded.id!r}: {', '.join(unknown)}. It has: {', '.join(loaded.quantities)}."
        )
        raise InputError(message, code="S112")
    values = {
        name: frame[name].to_numpy(np.float64) if name in frame else np.full(len(frame), np.nan)
        for name in loaded.quantities
    }
    axes = loaded.patient_axes if patients else loaded.axes
    calls: dict[str, np.ndarray] = {}
    reasons, texts = {}, {}
    for axis in axes:
        calls[axis.id], reasons[axis.id] = _decided(loaded, axis, values, calls=calls, why=why)
        texts[axis.id] = [axis.labels[c].text if c in axis.labels else "" for c in calls[axis.id]]
    caveats = _caveats(loaded, values, calls, len(frame))
    made = [pd.DataFrame(one, index=frame.index) for one in (calls, reasons, texts)]
    return Verdict(made[0], made[1], made[2], pd.Series(caveats, index=frame.index, dtype=object))


def _decided(
    scheme: CellScheme,
    axis: Axis,
    values: Mapping[str, np.ndarray],
    *,
    calls: Mapping[str, np.ndarray],
    why: pd.DataFrame | None,
) -> tuple[np.ndarray, list[str]]:
    which = decide([rule.conditions for rule in axis.rules], values, scheme.cuts_of(axis), calls=calls)
    names = np.array([*(rule.call for rule in axis.rules), axis.otherwise_call], dtype=object)[which]
    words = [*(rule.reason for rule in axis.rules), axis.otherwise]
    details = [*(rule.detail for rule in axis.rules), ""]
    reasons = []
    for row, (rule, call) in enumerate(zip(which.tolist(), names.tolist(), strict=True)):
        text = words[rule] if call in ABSTENTIONS else ""
        known = why is not None and details[rule] in why.columns
        detail = str(why.iloc[row][details[rule]]) if text and known and why is not None else ""
        reasons.append(f"{text} ({detail})" if detail else text)
    return names, reasons


def _caveats(
    scheme: CellScheme, values: Mapping[str, np.ndarray], calls: Mapping[str, np.ndarray], n: int
) -> Sequence[tuple[str, ...]]:
    cuts = {name: t.value for name, t in scheme.thresholds.items()}
    given: list[list[str]] = [[] for _ in range(n)]
    for rule in scheme.caveats:
        conditions = rule.conditions
        if any(c.kind == "call" and c.subject not in calls for c in conditions):
            continue
        mask = np.ones(n, dtype=bool)
        for condition in conditions:
            mask &= holds(condition, values, cuts, calls=calls)
        for row in np.flatnonzero(mask):
            given[row].append(rule.code)
    return [tuple(codes) for codes in given]
