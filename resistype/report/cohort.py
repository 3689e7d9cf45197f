"""What a report says over the samples: changes with their zones, tests over patients, stability,
second opinions.

Patients are the unit: of several biopsies of a patient at a time point the first counts. n and the
size of a change stand before any p, and the interval of a median rests on order statistics alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import bdtr

from resistype.errors import SamplesError
from resistype.report.model import (
    AxisStability,
    Change,
    ChangePanel,
    ChangeTest,
    Cohort,
    Opinion,
    SameSite,
    Step,
    Zone,
)
from resistype.report.units import order_of, same_site, taken_back, visible_labels
from resistype.samples import Pairing
from resistype.scheme import Calls
from resistype.scheme.rules import Condition, holds
from resistype.scheme.scheme import ABSTENTIONS, Axis, Rule, natural
from resistype.stats import adjusted, auc
from resistype.systems.bulk.stability import KINDS

# Zones of a quantity: where the rules of an axis may give which call, and where they give none (the
# indeterminate zone).


def _compares(rule: Rule, quantity: str) -> list[Condition]:
    return [c for c in rule.conditions if c.kind == "compare" and c.subject == quantity]


def limits(axis: Axis, quantity: str, thresholds: Mapping[str, float]) -> list[float]:
    """Values at which a rule of the axis cuts the quantity, in order; an abstention that asks for
    more than the quantity cuts nothing.

    Examples
    --------
    >>> from resistype.scheme import load_scheme
    >>> scheme = load_scheme("acquired_resistance")
    >>> limits(scheme.axis("ifng"), "ifng_change", scheme.thresholds_of("ifng"))
    [-0.5, -0.35, 0.35, 0.5]
    """
    cutting = [
        rule
        for rule in axis.rules
        if rule.call not in ABSTENTIONS or len(_compares(rule, quantity)) == len(rule.conditions)
    ]
    return sorted(
        {c.sign * thresholds[c.target] for rule in cutting for c in _compares(rule, quantity)}
    )


def grey(found: Sequence[Zone]) -> list[Zone]:
    """Grey zones: between two stretches in which the rules give calls, where they give none.

    Examples
    --------
    >>> found = [Zone(low=None, high=0, calls=("a",)), Zone(low=0, high=1, calls=())]
    >>> [(zone.low, zone.high) for zone in grey([*found, Zone(low=1, high=None, calls=("b",))])]
    [(0.0, 1.0)]
    """
    return [
        zone for zone in found if not zone.calls and zone.low is not None and zone.high is not None
    ]


def cuts_of(found: Sequence[Zone]) -> list[float]:
    """Thresholds at which zones end, in order."""
    return sorted({end for zone in found for end in (zone.low, zone.high) if end is not None})


def zones(
    axis: Axis, quantity: str, thresholds: Mapping[str, float], *, labels: Sequence[str] = ()
) -> tuple[Zone, ...]:
    """Stretches of a quantity from the lowest to the highest value, neighbours with the same calls
    as one.

    Examples
    --------
    >>> from resistype.scheme import load_scheme
    >>> scheme = load_scheme("acquired_resistance")
    >>> found = zones(scheme.axis("ifng"), "ifng_change", scheme.thresholds_of("ifng"))
    >>> [(zone.low, zone.high, zone.calls) for zone in found][:3]
    [(None, -0.5, ('down',)), (-0.5, -0.35, ()), (-0.35, 0.35, ('stable',))]
    """
    cuts = limits(axis, quantity, thresholds)
    allowed = set(labels or axis.labels)
    found: list[Zone] = []
    for low, high in zip([-math.inf, *cuts], [*cuts, math.inf], strict=True):
        calls = tuple(
            name
            for name in _calls_at(axis, quantity, _inside(low, high), thresholds)
            if name in allowed
        )
        if found and found[-1].calls == calls:
            found[-1] = found[-1].model_copy(update={"high": high if math.isfinite(high) else None})
        else:
            found.append(Zone(low=low, high=high, calls=calls))
    return tuple(found)


def _inside(low: float, high: float) -> float:
    if math.isinf(low) and math.isinf(high):
        return 0.0
    if math.isinf(low) or math.isinf(high):
        return high - 1.0 if math.isinf(low) else low + 1.0
    return (low + high) / 2.0


def _calls_at(
    axis: Axis, quantity: str, value: float, thresholds: Mapping[str, float]
) -> list[str]:
    """Labels whose rules look at the quantity and allow this value, unless an earlier rule
    refuses it outright.
    """
    at = {quantity: np.array([value])}
    calls: dict[str, None] = {}
    for rule in axis.rules:
        conditions = _compares(rule, quantity)
        if not conditions or not all(
            bool(holds(c, at, dict(thresholds), calls={})[0]) for c in conditions
        ):
            continue
        if rule.call in ABSTENTIONS:
            if len(conditions) == len(rule.conditions):
                return []
            continue
        calls[rule.call] = None
    return list(calls)


# Paired changes over a cohort: each patient against the own baseline, one value a patient.

_MIN_PAIRS = 2


def patient_changes(scores: pd.DataFrame, pairing: Pairing) -> pd.DataFrame:
    """Change of every score from baseline, one row per patient and time point."""
    pairs = pairing.pairs[pairing.pairs["counted"]]
    wanted = pd.Index([*pairs["sample"], *pairs["baseline_sample"]])
    absent = wanted.difference(scores.index)
    if len(absent):
        message = f"{len(absent)} samples of the pairs have no score (first: {absent[0]!r})."
        raise SamplesError(message, code="E904")
    now = scores.loc[pairs["sample"]].to_numpy(dtype=np.float64)
    before = scores.loc[pairs["baseline_sample"]].to_numpy(dtype=np.float64)
    index = pd.MultiIndex.from_arrays(
        [pairs["patient"], pairs["timepoint"]], names=["patient", "timepoint"]
    )
    return pd.DataFrame(now - before, index=index, columns=scores.columns)


def paired_changes(changes: pd.DataFrame) -> pd.DataFrame:
    """Test each column of changes against no change.

    Examples
    --------
    >>> changes = pd.DataFrame({"a": [0.5, 0.7, 0.9, 0.4, 0.6, 0.8]})
    >>> paired_changes(changes).loc["a", ["n", "n_higher", "p"]].tolist()
    [6.0, 6.0, 0.03125]
    """
    rows = {
        str(name): _one(changes[name].dropna().to_numpy(dtype=np.float64))
        for name in changes.columns
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.assign(q=adjusted(table["p"].to_numpy(dtype=np.float64)))


def _one(values: NDArray[np.float64]) -> dict[str, float]:
    from scipy.stats import wilcoxon  # noqa: PLC0415  0.6 s

    moved = values[values != 0.0]
    p = float(wilcoxon(values).pvalue) if len(moved) >= _MIN_PAIRS else float("nan")
    return {
        "n": len(values),
        "n_higher": int((values > 0).sum()),
        "median": float(np.median(values)) if len(values) else float("nan"),
        "mean": float(np.mean(values)) if len(values) else float("nan"),
        "sd": float(np.std(values, ddof=1)) if len(values) > 1 else float("nan"),
        "p": p,
    }


def compare_groups(
    changes: pd.Series, groups: pd.Series, *, first: str, second: str
) -> dict[str, float]:
    """Compare the changes of two groups of patients.

    Examples
    --------
    >>> changes = pd.Series([1.0, 2.0, -1.0, 0.0], index=list("abcd"))
    >>> compare_groups(changes, pd.Series(list("xxyy"), index=list("abcd")), first="x", second="y")[
    ...     "auc"
    ... ]
    1.0
    """
    from scipy.stats import mannwhitneyu  # noqa: PLC0415  0.6 s

    if changes.index.has_duplicates:
        message = (
            "PSEUDOREP: a patient has several rows; give one change a patient (cells are not"
            " patients)."
        )
        raise SamplesError(message, code="E961")
    label = groups.reindex(changes.index)
    a = changes[(label == first).to_numpy()].dropna().to_numpy(dtype=np.float64)
    b = changes[(label == second).to_numpy()].dropna().to_numpy(dtype=np.float64)
    if not len(a) or not len(b):
        message = (
            f"A comparison needs patients in both groups: {first!r} has {len(a)}, {second!r} has"
            f" {len(b)}."
        )
        raise SamplesError(message, code="E931")
    return {
        "n_first": len(a),
        "n_second": len(b),
        "mean_first": float(a.mean()),
        "mean_second": float(b.mean()),
        "auc": auc(a, b),
        "p": float(mannwhitneyu(a, b).pvalue),
    }


STABLE = 0.9  # fraction of repeats from which a call counts as stable
_CHANGES = ("change", "raw_change")


def build_cohort(calls: Calls, opinions: Mapping[str, pd.DataFrame]) -> Cohort:
    """Everything that is said over the samples of `calls`."""
    plan = calls.scheme.stability
    return Cohort(
        panels=_panels(calls),
        tests=_tests(calls),
        steps=_steps(calls),
        stability=(
            tuple(_axis_stability(calls, axis) for axis in calls.scheme.axes)
            if calls.stability is not None
            else ()
        ),
        minimum=plan.minimum.value if plan is not None else None,
        opinions=tuple(_opinion(calls, name, table) for name, table in opinions.items()),
    )


# ------------------------------------------------------------------ changes


def paired_rows(calls: Calls) -> list[int]:
    """Rows with a baseline that stand for their patient and time point, in the order of the
    page.
    """
    design = calls.design
    later = (design["baseline_sample"] != "").to_numpy(copy=True)
    if "counted" in design:
        later &= design["counted"].to_numpy(dtype=bool)
    return [row for row in order_of(calls)[0] if later[row]]


def _panels(calls: Calls) -> tuple[ChangePanel, ...]:
    rows, found = paired_rows(calls), []
    for axis in calls.scheme.axes:
        compared = dict.fromkeys(
            c.subject for rule in axis.rules for c in rule.conditions if c.kind == "compare"
        )
        asked = [name for name in compared if calls.scheme.quantities[name].kind in _CHANGES]
        known = (
            [name for name in asked if not np.isnan(calls.columns[name].values[rows]).all()]
            if rows
            else []
        )
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
            word=calls.words(axis.id, str(calls.verdicts.calls[axis.id][row]), row=row).word,
        )
        for row in rows
        if not np.isnan(values[row])
    ]
    cuts = calls.scheme.thresholds_of(axis.id)
    shown = zones(axis, quantity, cuts, labels=list(visible_labels(calls, axis)))
    changes.sort(key=lambda one: -one.value)
    return ChangePanel(axis=axis.id, quantity=quantity, zones=shown, changes=tuple(changes))


def median_interval(
    values: NDArray[np.float64], *, confidence: float = 0.95
) -> tuple[float, float, float]:
    """Interval of a median between two order statistics, and how often such an interval covers it.

    The shortest symmetric one that covers at least as often as asked, whatever the distribution.
    Where so few values cannot give that (below six for 95 %), all three are NaN.

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
    names = [
        name for name, quantity in calls.scheme.quantities.items() if quantity.kind in _CHANGES
    ]
    frame = calls.quantities.iloc[rows][names].dropna(axis=1, how="all") if rows else pd.DataFrame()
    if frame.empty:
        return ()
    times = calls.design["timepoint"].astype(str).to_numpy()[rows]
    of_site = same_site(calls)
    near = None if of_site is None else of_site[rows]
    found = []
    for time in sorted(set(times.tolist()), key=natural):
        part = frame[times == time].dropna(axis=1, how="all")
        for quantity, row in paired_changes(part).iterrows() if len(part) > 1 else ():
            low, high, covers = median_interval(part[str(quantity)].to_numpy(np.float64))
            about = {"n": int(row["n"]), "n_higher": int(row["n_higher"]), "median": row["median"]}
            spread = {"low": low, "high": high, "confidence": covers, "p": row["p"], "q": row["q"]}
            own = part[str(quantity)][near[times == time]] if near is not None else None
            beside = None if own is None else _same_site(own.dropna().to_numpy(np.float64))
            found.append(
                ChangeTest(
                    quantity=str(quantity), timepoint=time, same_site=beside, **about, **spread
                )
            )
    return tuple(found)


def _same_site(values: NDArray[np.float64]) -> SameSite:
    median = float(np.median(values)) if len(values) else float("nan")
    return SameSite(n=len(values), n_higher=int((values > 0).sum()), median=median)


def _steps(calls: Calls) -> tuple[Step, ...]:
    """Calls at baseline and later, on axes whose calls need no baseline."""
    place = {name: row for row, name in enumerate(calls.samples)}
    design, of_site = calls.design, same_site(calls)
    found: list[Step] = []
    for axis in calls.scheme.axes:
        if any(label.needs_baseline for label in axis.labels.values()):
            continue
        given = calls.verdicts.calls[axis.id]
        kept: dict[tuple[str, str, str], list[str]] = {}
        near: Counter[tuple[str, str, str]] = Counter()
        for row in paired_rows(calls):
            before = str(given[place[str(design["baseline_sample"].iloc[row])]])
            key = (str(design["timepoint"].iloc[row]), before, str(given[row]))
            kept.setdefault(key, []).append(str(design["patient"].iloc[row]))
            near[key] += int(of_site is not None and of_site[row])
        if any(set(key[1:]) != {"not_assessable"} for key in kept):
            found += [
                Step(
                    axis=axis.id,
                    timepoint=time,
                    before=before,
                    after=after,
                    patients=tuple(kept[time, before, after]),
                    n_same_site=None if of_site is None else near[time, before, after],
                )
                for time, before, after in sorted(kept)
            ]
    return tuple(found)


# ------------------------------------------------------------ stability and external classifiers


def _axis_stability(calls: Calls, axis: Axis) -> AxisStability:
    if calls.stability is None:
        return AxisStability(
            axis=axis.id,
            n_called=0,
            n_stable=0,
            n_withheld=0,
            genes=None,
            cohort=None,
            methods=None,
        )
    called = ~np.isin(calls.verdicts.calls[axis.id], ABSTENTIONS)
    overall = calls.stability.overall(axis.id)
    known = calls.stability.shares
    kinds: dict[str, Any] = {
        k: _mean(known[k][axis.id][called]) if k in known else None for k in KINDS
    }
    return AxisStability(
        axis=axis.id,
        n_called=int(called.sum()),
        n_stable=int((called & (overall >= STABLE)).sum()),
        n_withheld=int(taken_back(calls, axis.id).sum()),
        **kinds,
    )


def _mean(values: NDArray[np.float64]) -> float | None:
    return None if not len(values) or bool(np.isnan(values).all()) else float(np.nanmean(values))


_NOT_OPTIONS = {"method", "doi", "coverage", "caveats"}


def _opinion(calls: Calls, name: str, table: pd.DataFrame) -> Opinion:
    named = table["prediction"].astype(object).reindex(pd.Index(calls.samples))
    named = named.fillna("no opinion").astype(str)
    beside = []
    for axis in calls.scheme.axes:
        counts = Counter(zip(calls.verdicts.calls[axis.id].tolist(), named.tolist(), strict=True))
        beside += [(axis.id, str(call), str(one), n) for (call, one), n in sorted(counts.items())]
    options = ", ".join(
        f"{key}={value}" for key, value in table.attrs.items() if key not in _NOT_OPTIONS
    )
    return Opinion(
        name=name,
        method=str(table.attrs.get("method", "")),
        doi=str(table.attrs.get("doi", "")),
        options=options,
        caveats=tuple(table.attrs.get("caveats", ())),
        classes={str(one): int(n) for one, n in named.value_counts().sort_index().items()},
        beside=tuple(beside),
    )
