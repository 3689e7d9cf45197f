"""What a report says over the samples: changes with their zones, tests over patients, firmness, second opinions.

Patients are the unit: of several biopsies of a patient at a time point the first counts. n and the size of a change
stand before any p, and the interval of a median rests on order statistics alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtr

from resistype.cohort.pairs import paired_changes
from resistype.report.model import Change, ChangePanel, ChangeTest, Cohort, Firmness, Opinion, Step
from resistype.report.units import order_of, taken_back
from resistype.report.visible import visible_labels
from resistype.report.zones import zones
from resistype.scheme import Calls
from resistype.scheme.palette import natural
from resistype.scheme.scheme import ABSTENTIONS, Axis
from resistype.scheme.stability import KINDS

__all__ = ["FIRM", "build_cohort", "median_interval", "paired_rows"]

FIRM = 0.9  # share of repeats from which a call counts as firm
_CHANGES = ("change", "raw_change")


def build_cohort(calls: Calls, opinions: Mapping[str, pd.DataFrame]) -> Cohort:
    """Everything that is said over the samples of `calls`."""
    plan = calls.scheme.stability
    return Cohort(
        panels=_panels(calls),
        tests=_tests(calls),
        steps=_steps(calls),
        firmness=tuple(_firmness(calls, axis) for axis in calls.scheme.axes) if calls.stability is not None else (),
        minimum=plan.minimum.value if plan is not None else None,
        opinions=tuple(_opinion(calls, name, table) for name, table in opinions.items()),
    )


# ------------------------------------------------------------------ changes


def paired_rows(calls: Calls) -> list[int]:
    """Rows with a baseline that stand for their patient and time point, in the order of the page."""
    design = calls.design
    later = (design["baseline_sample"] != "").to_numpy(copy=True)
    if "used_first" in design:
        later &= design["used_first"].to_numpy(dtype=bool)
    return [row for row in order_of(calls)[0] if later[row]]


def _panels(calls: Calls) -> tuple[ChangePanel, ...]:
    rows, found = paired_rows(calls), []
    for axis in calls.scheme.axes:
        compared = dict.fromkeys(c.subject for rule in axis.rules for c in rule.conditions if c.kind == "compare")
        asked = [name for name in compared if calls.scheme.quantities[name].kind in _CHANGES]
        known = [name for name in asked if not np.isnan(calls.columns[name].values[rows]).all()] if rows else []
        if known:
            found.append(_panel(calls, axis, known[0], rows))
    return tuple(found)


def _panel(calls: Calls, axis: Axis, quantity: str, rows: Sequence[int]) -> ChangePanel:
    values, design = calls.columns[quantity].values, calls.design
    changes = [
        Change(
            patient=str(design["patient"].iloc[row]),
            timepoint=str(design["timepoint"].iloc[row]),
            sample=calls.samples[row],
            baseline=str(design["baseline_sample"].iloc[row]),
            value=float(values[row]),
            call=str(calls.verdicts.calls[axis.id][row]),
        )
        for row in rows
        if not np.isnan(values[row])
    ]
    cuts = calls.scheme.thresholds_of(axis.id)
    shown = zones(axis, quantity, cuts, labels=list(visible_labels(calls, axis)))
    changes.sort(key=lambda one: -one.value)
    return ChangePanel(axis=axis.id, quantity=quantity, zones=shown, changes=tuple(changes))


def median_interval(values: NDArray[np.float64], *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Interval of a median between two order statistics, and how often such an interval covers it.

    The shortest symmetric one that covers at least as often as asked, whatever the distribution. Where so few values
    cannot give that (below six for 95 %), all three are NaN.

    Examples
    --------
    >>> median_interval(np.arange(1.0, 11.0))
    (2.0, 9.0, 0.978515625)
    """
    known = np.sort(values[~np.isnan(values)])
    n = len(known)
    for k in range((n - 1) // 2, -1, -1):
        covers = float(bdtr(n - k - 1, n, 0.5) - bdtr(k, n, 0.5))
        if covers >= confidence:
            return float(known[k]), float(known[n - k - 1]), covers
    return float("nan"), float("nan"), float("nan")


def _tests(calls: Calls) -> tuple[ChangeTest, ...]:
    """Changes of every quantity that is one, over patients, for each time point."""
    rows = paired_rows(calls)
    names = [name for name, quantity in calls.scheme.quantities.items() if quantity.kind in _CHANGES]
    frame = calls.quantities.iloc[rows][names].dropna(axis=1, how="all") if rows else pd.DataFrame()
    if frame.empty:
        return ()
    times = calls.design["timepoint"].astype(str).to_numpy()[rows]
    found = []
    for time in sorted(set(times.tolist()), key=natural):
        part = frame[times == time].dropna(axis=1, how="all")
        for quantity, row in paired_changes(part).iterrows() if len(part) > 1 else ():
            low, high, covers = median_interval(part[str(quantity)].to_numpy(np.float64))
            about = {"n": int(row["n"]), "n_higher": int(row["n_higher"]), "median": row["median"]}
            spread = {"low": low, "high": high, "confidence": covers, "p": row["p"], "q": row["q"]}
            found.append(ChangeTest(quantity=str(quantity), timepoint=time, **about, **spread))
    return tuple(found)


def _steps(calls: Calls) -> tuple[Step, ...]:
    """Calls at baseline and later, on axes whose calls need no baseline."""
    place = {name: row for row, name in enumerate(calls.samples)}
    design = calls.design
    found: list[Step] = []
    for axis in calls.scheme.axes:
        if any(label.needs_baseline for label in axis.labels.values()):
            continue
        given = calls.verdicts.calls[axis.id]
        kept: dict[tuple[str, str, str], list[str]] = {}
        for row in paired_rows(calls):
            before = str(given[place[str(design["baseline_sample"].iloc[row])]])
            key = (str(design["timepoint"].iloc[row]), before, str(given[row]))
            kept.setdefault(key, []).append(str(design["patient"].iloc[row]))
        if any(set(key[1:]) != {"not_assessable"} for key in kept):
            found += [
                Step(
                    axis=axis.id, timepoint=time, before=before, after=after, patients=tuple(kept[time, before, after])
                )
                for time, before, after in sorted(kept)
            ]
    return tuple(found)


# ------------------------------------------------------------------ firmness and second opinions


def _firmness(calls: Calls, axis: Axis) -> Firmness:
    if calls.stability is None:
        return Firmness(axis=axis.id, n_called=0, n_firm=0, n_taken_back=0, genes=None, cohort=None, methods=None)
    called = ~np.isin(calls.verdicts.calls[axis.id], ABSTENTIONS)
    overall = calls.stability.overall(axis.id)
    known = calls.stability.shares
    kinds: dict[str, Any] = {k: _mean(known[k][axis.id][called]) if k in known else None for k in KINDS}
    return Firmness(
        axis=axis.id,
        n_called=int(called.sum()),
        n_firm=int((called & (overall >= FIRM)).sum()),
        n_taken_back=int(taken_back(calls, axis.id).sum()),
        **kinds,
    )


def _mean(values: NDArray[np.float64]) -> float | None:
    return None if not len(values) or bool(np.isnan(values).all()) else float(np.nanmean(values))


_NOT_OPTIONS = {"method", "doi", "coverage", "caveats"}


def _opinion(calls: Calls, name: str, table: pd.DataFrame) -> Opinion:
    named = table["prediction"].reindex(pd.Index(calls.samples)).fillna("no opinion").astype(str)
    beside = []
    for axis in calls.scheme.axes:
        counts = Counter(zip(calls.verdicts.calls[axis.id].tolist(), named.tolist(), strict=True))
        beside += [(axis.id, str(call), str(one), n) for (call, one), n in sorted(counts.items())]
    options = ", ".join(f"{key}={value}" for key, value in table.attrs.items() if key not in _NOT_OPTIONS)
    return Opinion(
        name=name,
        method=str(table.attrs.get("method", "")),
        doi=str(table.attrs.get("doi", "")),
        options=options,
        caveats=tuple(table.attrs.get("caveats", ())),
        classes={str(one): int(n) for one, n in named.value_counts().sort_index().items()},
        beside=tuple(beside),
    )
