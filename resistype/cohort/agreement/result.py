"""What a comparison holds: counts, kappa and shift of every axis, and every change with its reason; tables of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from resistype.atomic import write_text
from resistype.cohort.agreement.differences import differences
from resistype.cohort.agreement.judged import Judged, judge
from resistype.cohort.agreement.reasons import Change
from resistype.cohort.agreement.sides import Labelling
from resistype.errors import SamplesError
from resistype.stats import Kappa
from resistype.text import inert_frame

__all__ = ["Agreement", "AxisAgreement"]


@dataclass(frozen=True, eq=False)
class AxisAgreement:
    """Agreement on one axis.

    Attributes
    ----------
    axis, title
        Id and title.
    table
        Counts: labels of the first side in rows, of the second in columns, the same labels in the same order.
    share
        Share of samples with the same label, and Wilson's interval of 95 %.
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
    share: tuple[float, float, float]
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

    first: Labelling
    second: Labelling
    samples: tuple[str, ...] = field(repr=False)
    only_first: tuple[str, ...] = field(repr=False)
    only_second: tuple[str, ...] = field(repr=False)
    axes: tuple[AxisAgreement, ...]
    refused: dict[str, str]
    changes: tuple[Change, ...] = field(repr=False)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """What differs between the two runs: what, first, second. Empty where only labels are known."""
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
        """One row an axis: n, same, share with interval, both kappas with intervals, changes."""
        rows = [_summary_row(one) for one in self.axes]
        return pd.DataFrame(rows).set_index("axis")

    def confusion(self) -> pd.DataFrame:
        """Long table of counts: axis, first, second, n, share of the first side's samples of that label."""
        rows = [
            {
                "axis": one.axis,
                "first": a,
                "second": b,
                "n": int(n),
                "share_of_first": n / max(one.table.loc[a].sum(), 1),
            }
            for one in self.axes
            for a in one.table.index
            for b, n in one.table.loc[a].items()
            if n
        ]
        return pd.DataFrame(rows, columns=["axis", "first", "second", "n", "share_of_first"])

    def changed(self, axis: str | None = None) -> pd.DataFrame:
        """Samples whose call changes: sample, axis, first, second, kind, why, and what the rules alone say."""
        rows = [
            {
                "sample": one.sample,
                "axis": one.axis,
                "first": one.first,
                "second": one.second,
                "kind": " + ".join(one.kinds),
                "why": one.why,
                "rules_first": one.by_rule[0],
                "rules_second": one.by_rule[1],
            }
            for one in self.changes
            if axis is None or one.axis == axis
        ]
        columns = ["sample", "axis", "first", "second", "kind", "why", "rules_first", "rules_second"]
        return pd.DataFrame(rows, columns=columns)

    def numbers(self, sample: str, axis: str) -> pd.DataFrame:
        """Every line of the rules of an axis for one sample: values, limits, and whether it holds, on both sides.

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
    row |= dict(zip(("share", "share_low", "share_high"), one.share, strict=True))
    for name, kappa in (("kappa", one.kappa), ("kappa_called", one.kappa_called)):
        row |= {name: kappa.value, f"{name}_low": kappa.low, f"{name}_high": kappa.high, f"{name}_note": kappa.why}
    return row | {"n_called": one.kappa_called.n}


def _numbers(
    judged: tuple[Judged | None, Judged | None], samples: tuple[str, ...], sample: str, *, axis: str
) -> pd.DataFrame:
    one, two = judged
    if one is None or two is None or sample not in samples:
        why = "only labels are known" if sample in samples else "it is not among the samples compared"
        raise SamplesError(f"There are no numbers for {sample!r}: {why}.", code="E995")
    row = samples.index(sample)
    lines = [(n, rule.call, line) for n, rule in enumerate(one.axis(axis).rules) for line in rule.conditions]
    rows = []
    for number, call, line in lines:
        pair: dict[str, Any] = {"rule": number, "call": call, "line": line.text, "quantity": line.subject}
        for word, side in (("first", one), ("second", two)):
            known = side.values.get(line.subject)
            limit = side.limits(axis).get(line.target, float("nan")) * line.sign
            pair[f"value_{word}"] = float("nan") if known is None else float(known[row])
            pair[f"limit_{word}"] = limit if line.kind == "compare" else float("nan")
            pair[f"holds_{word}"] = side.holds(axis, line, row)
        rows.append(pair)
    return pd.DataFrame(rows)
