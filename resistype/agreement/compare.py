"""Two labelings of the same samples, axis by axis: counts, kappa, shift of the numbers, changes
with their reasons.

Abstentions (indeterminate, not assessable) are answers: the first kappa counts each as a label of
its own. The second kappa leaves out every sample on which either side abstains, and says how many
are left; it is the kinder figure, and by itself it hides a side that calls only what is easy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype._renamed import renamed
from resistype.agreement.reasons import Change, Judged, explain, judge
from resistype.agreement.sides import CallSet, as_call_set
from resistype.errors import SamplesError
from resistype.safe.files import write_text
from resistype.scheme.scheme import ABSTENTIONS, Quantity, Scheme
from resistype.stats import Kappa, cohen_kappa, wilson
from resistype.text import inert_frame, mode_words

# How far the numbers behind an axis moved between two labelings of the same samples.

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


def score_shift(first: CallSet, second: CallSet, axis: str, *, samples: pd.Index) -> pd.DataFrame:
    """One row a quantity of the axis that both sides measured."""
    if first.scheme is None or second.scheme is None:
        return pd.DataFrame(columns=list(COLUMNS))
    named = dict.fromkeys(
        (*first.scheme.axis(axis).quantities, *second.scheme.axis(axis).quantities)
    )
    both = [name for name in named if name in first.values and name in second.values]
    rows = [_row(first, second, name, samples=samples) for name in both]
    return pd.DataFrame([row for row in rows if row["n"]], columns=list(COLUMNS))


def _row(first: CallSet, second: CallSet, name: str, *, samples: pd.Index) -> dict[str, Any]:
    from scipy.stats import spearmanr  # noqa: PLC0415  0.6 s

    a, b = (side.values[name].reindex(samples).to_numpy(np.float64) for side in (first, second))
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    one, two = (side.scheme.quantities[name] for side in (first, second) if side.scheme is not None)
    note = _other_scale(first, second, name)
    low, middle, high = (
        np.quantile(b - a, [0.25, 0.5, 0.75]) if len(a) and not note else (np.nan,) * 3
    )
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


def _other_scale(first: CallSet, second: CallSet, name: str) -> str:
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


# What differs between two runs, from their records: matrix, scheme, method, thresholds, lists,
# reference.


def differences(first: CallSet, second: CallSet) -> pd.DataFrame:
    """One row for each thing that differs: what, first, second."""
    rows = [(what, a, b) for what, a, b in _pairs(first, second) if a != b]
    return pd.DataFrame(rows, columns=["what", "first", "second"])


def _pairs(first: CallSet, second: CallSet) -> Iterator[tuple[str, str, str]]:
    if not first.run or not second.run:
        return
    one, two = _facts(first.run), _facts(second.run)
    for what in dict.fromkeys((*one, *two)):
        yield what, one.get(what, "–"), two.get(what, "–")
    if first.scheme is not None and second.scheme is not None:
        limits = _limits(first.scheme), _limits(second.scheme)
        for what in dict.fromkeys((*limits[0], *limits[1])):
            yield what, limits[0].get(what, "–"), limits[1].get(what, "–")
        yield "scores by", _methods(first.scheme), _methods(second.scheme)
    elif (first.scheme is None) != (second.scheme is None):
        known = [
            "not to be had again" if side.scheme is None else "known" for side in (first, second)
        ]
        yield "rules", known[0], known[1]


def _facts(run: Mapping[str, Any]) -> dict[str, str]:
    given, about, scheme = run.get("input", {}), run.get("reference", {}), run.get("scheme", {})
    facts = {
        "matrix": (
            f"{given.get('n_obs')} samples × {given.get('n_genes')} genes, {given.get('unit')}, "
            f"sha256 {str(given.get('sha256'))[:12]}"
        ),
        "scheme": f"{scheme.get('id')}@{scheme.get('version')}",
        "reference": (
            f"{about.get('name')} ({mode_words(str(about.get('mode')))}, n = {about.get('n')}, "
            f"sha256 {str(about.get('sha256', '–'))[:12]})"
        ),
    }
    lists = {
        f"list {name}": f"{one.get('ref')}, sha256 {str(one.get('sha256'))[:12]}"
        for name, one in run.get("signatures", {}).items()
    }
    return facts | lists


def _limits(scheme: Scheme) -> dict[str, str]:
    shared = {f"threshold {name}": f"{one.value:g}" for name, one in scheme.parameters.items()}
    own = {
        f"threshold {axis.id}.{n}": f"{t.value:g}"
        for axis in scheme.axes
        for n, t in axis.thresholds.items()
    }
    return shared | own


def _methods(scheme: Scheme) -> str:
    return (
        ", ".join(sorted({q.method for q in scheme.quantities.values() if q.kind == "score"}))
        or "no scores"
    )


# What a comparison holds: counts, kappa and shift of every axis, and every change with its reason;
# tables of them.


@renamed({"share": "proportion"})
@dataclass(frozen=True, eq=False)
class AxisAgreement:
    """Agreement on one axis.

    Attributes
    ----------
    axis, title
        Id and title.
    table
        Counts: labels of the first side in rows, of the second in columns, the same labels in the
        same order.
    proportion
        Fraction of samples with the same label, and Wilson's interval of 95 %.
    kappa
        Abstentions counted as labels of their own.
    kappa_called
        Only samples that both sides call.
    shift
        How far the numbers behind the axis moved, see `score_shift`.
    """

    axis: str
    title: str
    table: pd.DataFrame = field(repr=False)
    proportion: tuple[float, float, float]
    kappa: Kappa
    kappa_called: Kappa
    shift: pd.DataFrame = field(repr=False)


@dataclass(frozen=True, eq=False)
class Agreement:
    """What two labelings say of the same samples.

    Attributes
    ----------
    first, second
        The two sides.
    samples
        Samples of both, in the order of the first.
    only_first, only_second
        Samples that the other side does not have.
    axes
        One entry an axis that can be compared.
    refused
        Axes that cannot, with the reason.
    changes
        Every sample and axis with two different labels, with the reason.
    """

    first: CallSet
    second: CallSet
    samples: tuple[str, ...] = field(repr=False)
    only_first: tuple[str, ...] = field(repr=False)
    only_second: tuple[str, ...] = field(repr=False)
    axes: tuple[AxisAgreement, ...]
    refused: dict[str, str]
    changes: tuple[Change, ...] = field(repr=False)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """What differs between the two runs: what, first, second. Empty where only labels are
        known.
        """
        return differences(self.first, self.second)

    def axis(self, name: str) -> AxisAgreement:
        """Agreement on one axis.

        Raises
        ------
        SamplesError
            E992 when the axis was not compared, with the reason.
        """
        for one in self.axes:
            if one.axis == name:
                return one
        why = self.refused.get(name, f"compared were {', '.join(one.axis for one in self.axes)}")
        raise SamplesError(f"Axis {name!r} was not compared: {why}.", code="E992")

    def summary(self) -> pd.DataFrame:
        """One row per axis: n, same, proportion and both kappas with intervals, changes."""
        rows = [_summary_row(one) for one in self.axes]
        return pd.DataFrame(rows).set_index("axis")

    def confusion(self) -> pd.DataFrame:
        """Long table of counts: axis, first, second, n, fraction of the first side's samples of
        that label.
        """
        rows = [
            {
                "axis": one.axis,
                "first": a,
                "second": b,
                "n": int(n),
                "fraction_of_first": n / max(one.table.loc[a].sum(), 1),
            }
            for one in self.axes
            for a in one.table.index
            for b, n in one.table.loc[a].items()
            if n
        ]
        return pd.DataFrame(rows, columns=["axis", "first", "second", "n", "fraction_of_first"])

    def changed(self, axis: str | None = None) -> pd.DataFrame:
        """Samples whose call changes: sample, axis, first, second, kind, reason, and what the rules
        alone say.
        """
        rows = [
            {
                "sample": one.sample,
                "axis": one.axis,
                "first": one.first,
                "second": one.second,
                "kind": " + ".join(one.kinds),
                "reason": one.reason,
                "rules_first": one.rule_calls[0],
                "rules_second": one.rule_calls[1],
            }
            for one in self.changes
            if axis is None or one.axis == axis
        ]
        columns = [
            "sample",
            "axis",
            "first",
            "second",
            "kind",
            "reason",
            "rules_first",
            "rules_second",
        ]
        return pd.DataFrame(rows, columns=columns)

    def numbers(self, sample: str, axis: str) -> pd.DataFrame:
        """Every line of the rules of an axis for one sample: values, limits, and whether it holds,
        on both sides.

        Raises
        ------
        SamplesError
            E995 when the sample was not compared, or only labels are known.
        """
        return _numbers(self._judged, self.samples, sample, axis=axis)

    def shift(self) -> pd.DataFrame:
        """Shift of the numbers of all axes in one table."""
        parts = [one.shift.assign(axis=one.axis) for one in self.axes if len(one.shift)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def to_csv(self, path: str | Path) -> Path:
        """Write the changed samples as csv; text that a spreadsheet would run is made plain text.

        Raises
        ------
        OutputError
            O101 when it cannot be written.
        """
        text = inert_frame(self.changed()).to_csv(index=False, lineterminator="\n")
        return write_text(path, text)

    @cached_property
    def _judged(self) -> tuple[Judged | None, Judged | None]:
        index = pd.Index(self.samples)
        return judge(self.first, index), judge(self.second, index)


def _summary_row(one: AxisAgreement) -> dict[str, Any]:
    row: dict[str, Any] = {
        "axis": one.axis,
        "n": one.kappa.n,
        "same": one.kappa.same,
        "changed": one.kappa.n - one.kappa.same,
    }
    row |= dict(
        zip(("proportion", "proportion_low", "proportion_high"), one.proportion, strict=True)
    )
    for name, kappa in (("kappa", one.kappa), ("kappa_called", one.kappa_called)):
        row |= {
            name: kappa.value,
            f"{name}_low": kappa.low,
            f"{name}_high": kappa.high,
            f"{name}_note": kappa.reason,
        }
    return row | {"n_called": one.kappa_called.n}


def _numbers(
    judged: tuple[Judged | None, Judged | None], samples: tuple[str, ...], sample: str, *, axis: str
) -> pd.DataFrame:
    one, two = judged
    if one is None or two is None or sample not in samples:
        why = (
            "only labels are known" if sample in samples else "it is not among the samples compared"
        )
        raise SamplesError(f"There are no numbers for {sample!r}: {why}.", code="E995")
    row = samples.index(sample)
    lines = [
        (n, rule.call, line)
        for n, rule in enumerate(one.axis(axis).rules)
        for line in rule.conditions
    ]
    rows = []
    for number, call, line in lines:
        pair: dict[str, Any] = {
            "rule": number,
            "call": call,
            "line": line.text,
            "quantity": line.subject,
        }
        for word, side in (("first", one), ("second", two)):
            known = side.values.get(line.subject)
            limit = side.limits(axis).get(line.target, float("nan")) * line.sign
            pair[f"value_{word}"] = float("nan") if known is None else float(known[row])
            pair[f"limit_{word}"] = limit if line.kind == "compare" else float("nan")
            pair[f"holds_{word}"] = side.holds(axis, line, row)
        rows.append(pair)
    return pd.DataFrame(rows)


def compare_calls(
    first: Any,
    second: Any,
    *,
    names: tuple[str, str] = ("first", "second"),
    axes: Sequence[str] | None = None,
) -> Agreement:
    """Compare two labelings of the same samples.

    Parameters
    ----------
    first, second
        `Calls`, folders written by ``resistype classify``, columns of labels (Series or DataFrame,
        index: sample ids).
    names
        Names of the two sides in every output.
    axes
        Axes to compare; by default all that both have.

    Returns
    -------
    Agreement

    Raises
    ------
    SamplesError
        E991 when the sides have no sample in common; E992 when no axis can be compared, with the
        reasons; E993 and E994 for a side that cannot be used.

    References
    ----------
    Cohen 1960, doi 10.1177/001316446002000104.

    Examples
    --------
    >>> first = pd.Series(["hot", "hot", "cold", "cold"], index=list("abcd"), name="phenotype")
    >>> second = pd.Series(["hot", "cold", "cold", "cold"], index=list("abce"), name="phenotype")
    >>> found = compare_calls(first, second)
    >>> found.only_first, found.only_second, found.axis("phenotype").kappa.n
    (('d',), ('e',), 3)
    """
    one, two = as_call_set(first, names[0]), as_call_set(second, names[1])
    common = one.labels.index[one.labels.index.isin(two.labels.index)]
    if not len(common):
        message = (
            f"{one.name!r} and {two.name!r} have no sample in common: {len(one.labels)} samples"
            f" such as {one.labels.index[0]!r}, {len(two.labels)} such as {two.labels.index[0]!r}."
            " Give both the same ids."
        )
        raise SamplesError(message, code="E991")
    judged = judge(one, common), judge(two, common)
    found: list[AxisAgreement] = []
    changes: list[Change] = []
    usable, refused = _axes(one, two, common, asked=axes)
    for axis in usable:
        labels = _labels(one, axis, common), _labels(two, axis, common)
        found.append(_axis(one, two, axis, labels=labels))
        changes += explain(*judged, axis=axis, samples=common, labels=labels)
    only = [
        tuple(a.labels.index[~a.labels.index.isin(b.labels.index)])
        for a, b in ((one, two), (two, one))
    ]
    return Agreement(
        one, two, tuple(common), only[0], only[1], tuple(found), refused, tuple(changes)
    )


def _axes(
    one: CallSet, two: CallSet, common: pd.Index, *, asked: Sequence[str] | None
) -> tuple[list[str], dict[str, str]]:
    """Axes that can be compared, and those that cannot with the reason."""
    refused: dict[str, str] = {}
    for axis in dict.fromkeys(asked if asked is not None else (*one.axes, *two.axes)):
        absent = [side.name for side in (one, two) if axis not in side.axes]
        if absent:
            refused[axis] = f"there is no such axis in {' and '.join(absent)}"
            continue
        words = [{x for x in _labels(side, axis, common) if x is not None} for side in (one, two)]
        if not all(words):
            refused[axis] = "no sample has a label on both sides"
            continue
        known = [side.vocabulary(axis) for side in (one, two)]
        if not known[0] & known[1] and all(group - set(ABSTENTIONS) for group in words):
            theirs = [", ".join(sorted(group)) for group in words]
            refused[axis] = f"the two sides use other labels ({theirs[0]} | {theirs[1]})"
    wanted = list(dict.fromkeys(asked if asked is not None else one.axes))
    usable = [axis for axis in wanted if axis not in refused]
    if not usable:
        lines = "; ".join(f"{axis}: {why}" for axis, why in refused.items())
        message = f"{one.name!r} and {two.name!r} cannot be compared on any axis. {lines}."
        raise SamplesError(message, code="E992")
    return usable, refused


def _labels(side: CallSet, axis: str, common: pd.Index) -> list[str | None]:
    column = side.labels[axis].reindex(common)
    return [
        None if missing else str(label)
        for label, missing in zip(column, column.isna(), strict=True)
    ]


def _axis(
    one: CallSet, two: CallSet, axis: str, *, labels: tuple[list[str | None], list[str | None]]
) -> AxisAgreement:
    order = dict.fromkeys((*one.order(axis), *two.order(axis)))
    names = [*(n for n in order if n not in ABSTENTIONS), *(n for n in ABSTENTIONS if n in order)]
    place = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for a, b in zip(*labels, strict=True):
        if a is not None and b is not None:
            counts[place[a], place[b]] += 1
    used = (counts.sum(axis=0) + counts.sum(axis=1)) > 0
    called = [k for k, name in enumerate(names) if name not in ABSTENTIONS]
    kappa = cohen_kappa(counts)
    low, high = wilson(kappa.same, kappa.n)
    kept = [name for name, seen in zip(names, used, strict=True) if seen]
    table = pd.DataFrame(
        counts[np.ix_(used, used)],
        index=pd.Index(kept, name="first"),
        columns=pd.Index(kept, name="second"),
    )
    samples = one.labels.index[one.labels.index.isin(two.labels.index)]
    return AxisAgreement(
        axis=axis,
        title=one.title(axis),
        table=table,
        proportion=(kappa.same / max(kappa.n, 1), float(low), float(high)),
        kappa=kappa,
        kappa_called=cohen_kappa(counts[np.ix_(called, called)]),
        shift=score_shift(one, two, axis, samples=samples),
    )
