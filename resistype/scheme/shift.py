"""How far a cohort lies from a frozen reference, and whether it lies to one side of it.

A cohort of inflamed tumours only, called by its own ranks, has as many "low" tumours as any other. Only an outside
reference can show it. The score is computed again in the gene universe of that reference, because scores from other
universes cannot be compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.errors import ReferenceDataError
from resistype.expression import Expression
from resistype.scheme.context import MIN_COVERAGE, Column, Context
from resistype.scheme.reference import MIN_COHORT, Reference
from resistype.scheme.rescore import Members, rescored, sets_of
from resistype.scheme.scheme import Scheme
from resistype.scheme.verdicts import Verdicts

__all__ = [
    "MIN_UNIVERSE",
    "Shift",
    "in_universe",
    "line_shifts",
    "measure_shift",
    "restrict",
    "withhold",
    "withhold_lines",
]

MIN_UNIVERSE = 0.8
_RANKED = ("level", "percentile")
_RELATIVE = ("residual", "residual_sd")


@dataclass(frozen=True)
class Shift:
    """How far reference samples of a cohort lie from a frozen reference, for one quantity."""

    quantity: str
    anchor: str
    n: int
    median: float
    spread: float
    ks: float
    one_sided: bool

    def to_json(self) -> dict[str, Any]:
        """As plain values; median and spread in SD of the frozen reference."""
        return {k: getattr(self, k) for k in ("quantity", "anchor", "n", "median", "spread", "ks", "one_sided")}

    @property
    def words(self) -> str:
        """One clause for a reader."""
        return (
            f"median of {self.quantity} {self.median:+.2f} SD from {self.anchor}, spread {self.spread:.2f} of its SD, "
            f"n = {self.n}"
        )


def restrict(expression: Expression, genes: tuple[str, ...]) -> tuple[Expression, float]:
    """The same samples with only the genes of a universe, and the share of that universe that was found."""
    columns = expression.index.match(genes).columns
    found = columns[columns >= 0]
    return expression.restrict(found), len(found) / max(len(genes), 1)


def in_universe(expression: Expression, reference: Reference, scheme: Scheme) -> tuple[Expression, str]:
    """The samples in the gene universe of a frozen reference, and how much of it they have, in words.

    Raises
    ------
    ReferenceDataError
        R104 when the reference is of another scheme, R105 when its genes are not in the data.
    """
    wanted = f"{scheme.id}@{scheme.version}"
    if reference.scheme != wanted:
        message = f"Reference {reference.name!r} was fitted for {reference.scheme}, not for {wanted}. Fit it again."
        raise ReferenceDataError(message, code="R104")
    inside, share = restrict(expression, reference.genes)
    if share < MIN_UNIVERSE:
        message = (
            f"Reference {reference.name!r} was fitted on {len(reference.genes):,} genes; your data have "
            f"{inside.n_genes:,} of them ({share:.0%}; {MIN_UNIVERSE:.0%} are needed). Scores from so different gene "
            "universes cannot be compared; fit a reference on data like yours (resistype.fit_reference)."
        )
        raise ReferenceDataError(message, code="R105")
    return (
        inside,
        f"{inside.n_genes:,} of the {len(reference.genes):,} genes of the reference are in the data ({share:.1%})",
    )


def measure_shift(context: Context, anchor: Reference, rows: NDArray[np.intp], *, limit: float) -> Shift | None:
    """Shift of the rows from a frozen reference; None where their genes do not allow the comparison.

    Parameters
    ----------
    context
        Scheme and matrix.
    anchor
        The frozen reference.
    rows
        Samples to compare.
    limit
        SD of the anchor by which the median may lie aside.
    """

    name = context.scheme.anchor_quantity
    quantity = context.scheme.quantities.get(name)
    if quantity is None or name not in anchor.values or len(rows) < 2:
        return None
    expression, share = restrict(context.panel.expression, anchor.genes)
    signature = context.library[quantity.signature]
    members = Members.of(signature, expression.index.match(signature.genes))
    if share < MIN_UNIVERSE or len(members.genes) < MIN_COVERAGE * len(signature):
        return None
    mine = rescored(expression, sets_of([members], expression.n_genes), quantity.method, n_jobs=context.n_jobs)[rows, 0]
    theirs = anchor.values[name][~np.isnan(anchor.values[name])]
    scale = anchor.scale(name)
    median = float(np.median(mine) - np.median(theirs)) / scale
    return Shift(
        quantity=name,
        anchor=anchor.name,
        n=len(mine),
        median=median,
        spread=float(np.std(mine, ddof=1)) / scale,
        ks=_distance(mine, theirs),
        one_sided=abs(median) >= limit,
    )


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The statistic of Kolmogorov and Smirnov: the largest distance between two distribution functions."""
    both = np.concatenate([one, other])
    below = [np.searchsorted(np.sort(side), both, side="right") / len(side) for side in (one, other)]
    return float(np.abs(below[0] - below[1]).max())


def withhold(context: Context, verdicts: Verdicts, shift: Shift) -> Verdicts:
    """Calls that rest on a place among the cohort's own samples are withheld when the cohort is one-sided."""
    reason = (
        f"the cohort lies to one side ({shift.words}): high and low among its own samples mean nothing; "
        "give a frozen reference"
    )
    ranked = {name for name, quantity in context.scheme.quantities.items() if quantity.kind in _RANKED}
    return _without(context, verdicts, ranked, reason)


def line_shifts(context: Context, columns: Mapping[str, Column], rows: NDArray[np.intp]) -> dict[str, float]:
    """Relative quantities whose median over the rows leaves the lines of a frozen reference, in its robust SD.

    A whole cohort above or below a line tells of another platform or pipeline, not of its tumours. The median must
    pass the limit of the scheme and three of its standard errors; below ten samples nothing can be said.
    """
    scheme, reference = context.scheme, context.reference
    if reference is None or reference.is_own or scheme.line_shift is None or len(rows) < MIN_COHORT:
        return {}
    limit = max(scheme.line_shift.value, 3.0 * 1.2533 / math.sqrt(len(rows)))
    found = {}
    for name, quantity in scheme.quantities.items():
        if quantity.kind not in _RELATIVE or np.isnan(columns[name].values[rows]).all():
            continue
        unit = reference.regressions[quantity.line].robust_sd if quantity.kind == "residual" else 1.0
        median = float(np.nanmedian(columns[name].values[rows])) / unit
        if abs(median) >= limit:
            found[name] = median
    return found


def withhold_lines(context: Context, verdicts: Verdicts, shifts: Mapping[str, float]) -> Verdicts:
    """Calls that rest on a relative quantity are withheld when the whole cohort leaves the line."""
    for name, median in shifts.items():
        title = context.scheme.quantities[name].title
        reason = (
            f"the whole cohort lies {median:+.1f} robust SD off the reference in '{title}': another platform or "
            "pipeline; fit a reference on data like these"
        )
        verdicts = _without(context, verdicts, {name}, reason)
    return verdicts


def _without(context: Context, verdicts: Verdicts, quantities: set[str], reason: str) -> Verdicts:
    """Labels whose deciding rule compares one of the quantities become not assessable."""
    calls, reasons = dict(verdicts.calls), dict(verdicts.reasons)
    for axis in context.scheme.axes:
        rests = [any(c.kind == "compare" and c.subject in quantities for c in rule.conditions) for rule in axis.rules]
        mask = np.array([*rests, False])[verdicts.decided[axis.id]] & np.isin(calls[axis.id], list(axis.labels))
        calls[axis.id], reasons[axis.id] = calls[axis.id].copy(), reasons[axis.id].copy()
        calls[axis.id][mask], reasons[axis.id][mask] = "not_assessable", reason
    return replace(verdicts, calls=calls, reasons=reasons)
