"""Tables of a display: shares of calls per patient and time point, and the way of each patient from baseline on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.scheme.palette import natural
from resistype.stats import wilson

__all__ = ["Flow", "Share", "composition", "flows"]


@dataclass(frozen=True)
class Share:
    """Observations of a patient at a time point that have a call: n of total, with Wilson's interval of 95 %."""

    patient: str
    timepoint: str
    call: str
    n: int
    total: int
    low: float
    high: float


@dataclass(frozen=True)
class Flow:
    """Patients whose call went from one to another between the baseline and a later time point."""

    timepoint: str
    before: str
    after: str
    patients: tuple[str, ...]

    @property
    def n(self) -> int:
        """How many."""
        return len(self.patients)


def composition(design: pd.DataFrame, codes: NDArray[np.uint8], names: Sequence[str]) -> tuple[Share, ...]:
    """Shares of the calls in each patient and time point; those without a patient are left out.

    Parameters
    ----------
    design
        Patient and timepoint, one row an observation.
    codes, names
        Calls, shape (n_obs,), and what the codes mean.
    """
    patient, people = _factors(design["patient"])
    time, times = _factors(design["timepoint"])
    known = patient >= 0
    if not known.any():
        return ()
    cell = (patient[known] * (len(times) + 1) + time[known] + 1) * len(names) + codes[known]
    table = np.bincount(cell, minlength=len(people) * (len(times) + 1) * len(names)).reshape(-1, len(names))
    total = table.sum(axis=1)
    low, high = wilson(table.ravel(), np.repeat(total, len(names)))
    shares = []
    for at in np.flatnonzero(table.ravel()).tolist():
        group, call = divmod(at, len(names))
        who, when = divmod(group, len(times) + 1)
        word = times[when - 1] if when else ""
        n = int(table[group, call])
        shares.append(Share(people[who], word, names[call], n, int(total[group]), float(low[at]), float(high[at])))
    return tuple(sorted(shares, key=lambda one: natural(one.patient)))


def _factors(column: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """Codes in the order of appearance and the words; -1 where there is none."""
    words = column.astype(object).where(column.notna() & (column.astype(str) != ""), None)
    codes, found = pd.factorize(words)
    return np.asarray(codes, dtype=np.intp), [str(one) for one in found]


def flows(
    design: pd.DataFrame, samples: Sequence[str], *, codes: NDArray[np.uint8], names: Sequence[str]
) -> tuple[Flow, ...]:
    """From each patient's call at baseline to the call of the later sample.

    Parameters
    ----------
    design
        Patient, timepoint, baseline_sample, one row an observation.
    samples
        Ids.
    codes, names
        Calls, shape (n_obs,), and what the codes mean.
    """
    base = design["baseline_sample"].astype(str).tolist()
    if not any(base):
        return ()
    row_of = {name: row for row, name in enumerate(samples)}
    patients, times = design["patient"].astype(str).tolist(), design["timepoint"].astype(str).tolist()
    found: dict[tuple[str, int, int], list[str]] = {}
    for row, baseline in enumerate(base):
        if baseline in row_of and row_of[baseline] != row:
            key = (times[row], int(codes[row_of[baseline]]), int(codes[row]))
            found.setdefault(key, []).append(patients[row])
    return tuple(
        Flow(time, names[before], names[after], tuple(sorted(people, key=natural)))
        for (time, before, after), people in sorted(found.items())
    )
