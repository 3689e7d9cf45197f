"""Rules of a cell scheme applied to numbers of samples or patients, and the caveats that go with the calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resistype.errors import SchemeError
from resistype.scheme.context import Column
from resistype.scheme.read import load_scheme
from resistype.scheme.scheme import Scheme
from resistype.scheme.verdicts import apply_rules

__all__ = ["Verdict", "apply_cell_scheme", "column_of"]


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
    scheme: str | Path | Scheme,
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
    loaded = load_scheme(scheme)
    frame = quantities if isinstance(quantities, pd.DataFrame) else pd.DataFrame([dict(quantities)], index=["0"])
    unknown = [str(name) for name in frame.columns if name not in loaded.quantities]
    if unknown:
        message = (
            f"Not quantities of scheme {loaded.id!r}: {', '.join(unknown)}. It has: {', '.join(loaded.quantities)}."
        )
        raise SchemeError(message, code="S112")
    part = loaded.of("patient" if patients else "sample")
    columns = {name: column_of(frame, name, why) for name in loaded.quantities}
    said = apply_rules(part, columns)
    texts = {a.id: [a.labels[c].text if c in a.labels else "" for c in said.calls[a.id]] for a in part.axes}
    made = [pd.DataFrame(dict(one), index=frame.index) for one in (said.calls, said.reasons, texts)]
    return Verdict(made[0], made[1], made[2], pd.Series(said.caveats, index=frame.index, dtype=object))


def column_of(numbers: pd.DataFrame, name: str, why: pd.DataFrame | None) -> Column:
    """One quantity of a table as a column with the reasons for what is missing."""
    n = len(numbers)
    values = numbers[name].to_numpy(np.float64) if name in numbers else np.full(n, np.nan)
    words = why[name].to_numpy(object) if why is not None and name in why else np.full(n, "", dtype=object)
    return Column(values, words)
