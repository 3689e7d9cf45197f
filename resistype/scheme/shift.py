"""How far a cohort lies from a frozen reference, and whether it lies to one side of it.

A cohort of inflamed tumours only, called by its own ranks, has as many "low" tumours as any other. Only an outside
reference can show it. The score is computed again in the gene universe of that reference, because scores from other
universes cannot be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from resistype.expression import Expression
from resistype.scheme.context import MIN_COVERAGE, Context
from resistype.scheme.reference import Reference
from resistype.scheme.rescore import rescored
from resistype.scheme.scheme import Axis
from resistype.scheme.verdicts import Verdicts
from resistype.score import IndexedSets

__all__ = ["MIN_UNIVERSE", "Shift", "measure_shift", "restrict", "withhold"]

MIN_UNIVERSE = 0.8
_RANKED = ("level", "percentile")


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
    match = expression.index.match(context.library[quantity.signature].genes)
    columns = match.columns[match.columns >= 0]
    if share < MIN_UNIVERSE or len(columns) < MIN_COVERAGE * len(match.columns):
        return None
    sets = IndexedSets.build([columns], expression.n_genes)
    mine = rescored(expression, sets, quantity.method, n_jobs=context.n_jobs)[rows, 0]
    theirs = anchor.values[name][~np.isnan(anchor.values[name])]
    scale = anchor.scale(name)
    median = float(np.median(mine) - np.median(theirs)) / scale
    return Shift(
        quantity=name,
        anchor=anchor.name,
        n=len(mine),
        median=median,
        spread=float(np.std(mine, ddof=1)) / scale,
        ks=float(ks_2samp(mine, theirs).statistic),
        one_sided=abs(median) >= limit,
    )


def withhold(context: Context, verdicts: Verdicts, shift: Shift) -> Verdicts:
    """Calls that rest on a place among the cohort's own samples are withheld when the cohort is one-sided."""
    calls, reasons = dict(verdicts.calls), dict(verdicts.reasons)
    for axis in context.scheme.axes:
        ranked = np.array([*_ranked_rules(context, axis), False])
        mask = ranked[verdicts.decided[axis.id]] & np.isin(verdicts.calls[axis.id], list(axis.labels))
        calls[axis.id], reasons[axis.id] = calls[axis.id].copy(), reasons[axis.id].copy()
        calls[axis.id][mask] = "not_assessable"
        reasons[axis.id][mask] = (
            f"the cohort lies to one side ({shift.words}): high and low among its own samples mean nothing; "
            "give a frozen reference"
        )
    return replace(verdicts, calls=calls, reasons=reasons)


def _ranked_rules(context: Context, axis: Axis) -> list[bool]:
    kinds = {name: quantity.kind for name, quantity in context.scheme.quantities.items()}
    return [any(c.kind == "compare" and kinds[c.subject] in _RANKED for c in rule.conditions) for rule in axis.rules]
