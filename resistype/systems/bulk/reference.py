"""Fitting a reference: reference values, robust lines, and the base rates of the scheme's own
rules in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import CohortWarning, ReferenceDataError, warn
from resistype.expression import Expression, as_expression
from resistype.library import load_library
from resistype.scheme.apply import Column, Verdicts, apply_rules
from resistype.scheme.read import load_scheme
from resistype.scheme.reference import MIN_COHORT, SMALL_COHORT, Reference, fit_robust
from resistype.scheme.scheme import ABSTENTIONS, Axis, Scheme
from resistype.systems.bulk.context import (
    MIN_COVERAGE,
    Context,
    Members,
    Rows,
    build_panel,
    gene_figures,
    rescored,
    sets_of,
)
from resistype.systems.bulk.quantities import measure, measure_basic

_MAX_PAIRS = 2000


def fit_reference(
    data: Any,
    scheme: str | Path | Scheme = "acquired_resistance",
    *,
    name: str,
    about: Mapping[str, str] | None = None,
    n_jobs: int = -1,
) -> Reference:
    """Fit a frozen reference on a cohort, so that single samples can be compared with it later.

    Parameters
    ----------
    data
        Expression of shape (n_obs, n_genes): DataFrame (samples × genes), AnnData, Expression or
        path; one biopsy a patient, before treatment.
    scheme
        The scheme whose quantities are measured.
    name
        Name printed on every output, for example ``"tcga_skcm"``.
    about
        Words about the cohort: ``tumour_type``, ``platform``, ``source``, ``citation``.
    n_jobs
        Threads; the result does not depend on it.

    Returns
    -------
    Reference
        Save it with ``reference.save("name.json")``.

    Raises
    ------
    ReferenceDataError
        R101 below 10 samples.

    Examples
    --------
    >>> import resistype as rt
    >>> demo = rt.datasets.demo()
    >>> before = demo.expression.loc[demo.samples.query("timepoint == 'Pre'").index]
    >>> rt.fit_reference(before, name="demo").n
    32
    """
    expression = as_expression(data)
    loaded, library = load_scheme(scheme), load_library()
    context = Context(loaded, library, build_panel(expression, loaded, library), n_jobs=n_jobs)
    context.basic = measure_basic(context)
    context.reference_rows = np.argsort(np.array(expression.samples, dtype=object), kind="stable")
    fitted = fit_own(context, name=name)
    words = {"unit": expression.unit, **(about or {})}
    fitted = with_base_rates(context, fitted, pairs=True)
    figures = gene_figures(context.panel, context.reference_rows)
    values = {**fitted.values, **_by_other_methods(context)}
    return replace(fitted, mode="frozen", about=words, genes_of=figures, values=values)


def _by_other_methods(context: Context) -> dict[str, NDArray[np.float64]]:
    """The same scores by the methods that stability swaps in, named ``quantity@method``."""
    panel, plan = context.panel, context.scheme.stability
    scored = {n: q.signature for n, q in context.scheme.quantities.items() if q.kind == "score"}
    usable = {n: s for n, s in scored.items() if panel.coverage(s) >= MIN_COVERAGE}
    members = [panel.members[s] for s in usable.values()]
    found: dict[str, NDArray[np.float64]] = {}
    for method in plan.methods if plan and usable else ():
        values = rescored(
            panel.expression,
            sets_of(members, panel.expression.n_genes),
            method,
            n_jobs=context.n_jobs,
        )
        rows = context.reference_rows_or_all
        found |= {f"{name}@{method}": values[rows, k] for k, name in enumerate(usable)}
    return found


def fit_own(context: Context, *, name: str) -> Reference:
    """Reference values and lines from the reference rows of a context."""
    rows = (
        context.reference_rows if context.reference_rows is not None else np.arange(context.n_obs)
    )
    if len(rows) < MIN_COHORT:
        raise ReferenceDataError(too_few(len(rows)), code="R101")
    if len(rows) < SMALL_COHORT:
        message = (
            f"The reference has {len(rows)} samples; below {SMALL_COHORT} about one call in ten or"
            " more moves when the cohort changes."
        )
        warn(message, CohortWarning, code="W301", stacklevel=4)
    return reference_of(context, rows, name=name)


def reference_of(context: Context, rows: NDArray[np.intp], *, name: str) -> Reference:
    """Values and lines of the rows given, without asking how many they are; a row may stand
    there twice.
    """
    values = {
        n: c.values[rows] for n, c in context.basic.items() if not np.isnan(c.values[rows]).all()
    }
    wanted = dict(
        line
        for quantity in context.scheme.quantities.values()
        if quantity.on
        for line in quantity.lines
    )
    lines = {}
    for line, terms in wanted.items():
        left = line.split(" ~ ")[0]
        if left not in values or any(term not in values for term in terms):
            continue
        y, x = values[left], np.column_stack([values[term] for term in terms])
        whole = ~np.isnan(y) & ~np.isnan(x).any(axis=1)
        if whole.sum() >= MIN_COHORT:
            lines[line] = fit_robust(y[whole], x[whole], terms)
    return Reference(
        name=name,
        mode="own cohort",
        scheme=f"{context.scheme.id}@{context.scheme.version}",
        genes=context.panel.expression.genes,
        values=values,
        regressions=lines,
    )


def too_few(n: int) -> str:
    """The sentence that refuses a cohort-relative call, with both ways out."""
    what = "One sample" if n == 1 else f"{n} samples"
    return (
        f"{what} cannot be called relative to this cohort: at least {MIN_COHORT} reference"
        " samples are needed. Two ways out: give a frozen reference of comparable tumours"
        " (reference=NAME or PATH; resistype.fit_reference makes one), or give the patient's"
        " baseline biopsy in the samples table (patient, timepoint, baseline)."
    )


def with_base_rates(context: Context, reference: Reference, *, pairs: bool) -> Reference:
    """The reference with the share of itself that the rules give each label.

    Labels that need a baseline are counted over pairs of different reference samples, as if one
    were the other's baseline: how often two unrelated tumours would be called changed.
    """
    known = replace_reference(context, reference)
    rows = (
        context.reference_rows if context.reference_rows is not None else np.arange(context.n_obs)
    )
    alone = apply_rules(context.scheme, measure(known, Rows.alone(rows)))
    paired = None
    if pairs:
        paired = apply_rules(context.scheme, measure(known, _unrelated(rows, context.scheme.seed)))
    lines = [line for axis in context.scheme.axes for line in _rates(axis, alone, paired)]
    return replace(
        reference,
        base_rates=pd.DataFrame(lines, columns=["axis", "label", "proportion", "n", "basis"]),
    )


def replace_reference(context: Context, reference: Reference | None) -> Context:
    """The same context with another reference."""
    return replace(context, reference=reference)


def _unrelated(rows: NDArray[np.intp], seed: int) -> Rows:
    first, second = np.meshgrid(rows, rows, indexing="ij")
    different = first != second
    now, before = first[different], second[different]
    if len(now) > _MAX_PAIRS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(now), _MAX_PAIRS, replace=False))
        now, before = now[chosen], before[chosen]
    return Rows(now, before)


def _rates(axis: Axis, alone: Verdicts, paired: Verdicts | None) -> list[dict[str, Any]]:
    needs = [name for name, label in axis.labels.items() if label.needs_baseline]
    level = [name for name in axis.labels if name not in needs]
    if not needs or paired is None:
        return _shares(axis.id, alone.calls[axis.id], [*level, *ABSTENTIONS], "reference samples")
    change = _shares(
        axis.id, paired.calls[axis.id], [*needs, *ABSTENTIONS], "unrelated reference pairs"
    )
    return change + _shares(axis.id, alone.calls[axis.id], level, "reference samples")


def _shares(
    axis: str, calls: NDArray[np.object_], labels: list[str], basis: str
) -> list[dict[str, Any]]:
    n = len(calls)
    return [
        {
            "axis": axis,
            "label": label,
            "proportion": float(np.mean(calls == label)),
            "n": n,
            "basis": basis,
        }
        for label in labels
    ]


# How far a cohort lies from a frozen reference, and whether it lies to one side of it.

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
    cohort_shift: bool

    def to_json(self) -> dict[str, Any]:
        """As plain values; median and spread in SD of the frozen reference."""
        return {
            k: getattr(self, k)
            for k in ("quantity", "anchor", "n", "median", "spread", "ks", "cohort_shift")
        }

    @property
    def words(self) -> str:
        """One clause for a reader."""
        return (
            f"median of {self.quantity} {self.median:+.2f} SD from {self.anchor}, spread"
            f" {self.spread:.2f} of its SD, n = {self.n}"
        )


def restrict(expression: Expression, genes: tuple[str, ...]) -> tuple[Expression, float]:
    """The same samples with only the genes of a universe, and the share of that universe that
    was found.
    """
    columns = expression.index.match(genes).columns
    found = columns[columns >= 0]
    return expression.restrict(found), len(found) / max(len(genes), 1)


def in_universe(
    expression: Expression, reference: Reference, scheme: Scheme
) -> tuple[Expression, str]:
    """The samples in the gene universe of a frozen reference, and how much of it they have, in
    words.

    Raises
    ------
    ReferenceDataError
        R104 when the reference is of another scheme, R105 when its genes are not in the data.
    """
    wanted = f"{scheme.id}@{scheme.version}"
    if reference.scheme != wanted:
        message = (
            f"Reference {reference.name!r} was fitted for {reference.scheme}, not for {wanted}. Fit"
            " it again."
        )
        raise ReferenceDataError(message, code="R104")
    inside, share = restrict(expression, reference.genes)
    if share < MIN_UNIVERSE:
        message = (
            f"Reference {reference.name!r} was fitted on {len(reference.genes):,} genes; your data"
            f" have {inside.n_genes:,} of them ({share:.0%}; {MIN_UNIVERSE:.0%} are needed). Scores"
            " from so different gene universes cannot be compared; fit a reference on data like"
            " yours (resistype.fit_reference)."
        )
        raise ReferenceDataError(message, code="R105")
    return (
        inside,
        (
            f"{inside.n_genes:,} of the {len(reference.genes):,} genes of the reference are in the"
            f" data ({share:.1%})"
        ),
    )


def measure_shift(
    context: Context, anchor: Reference, rows: NDArray[np.intp], *, limit: float
) -> Shift | None:
    """Shift of the rows from a frozen reference; None where their genes do not allow the
    comparison.

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
    mine = rescored(
        expression, sets_of([members], expression.n_genes), quantity.method, n_jobs=context.n_jobs
    )[rows, 0]
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
        cohort_shift=abs(median) >= limit,
    )


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The statistic of Kolmogorov and Smirnov: the largest distance between two distribution
    functions.
    """
    both = np.concatenate([one, other])
    below = [
        np.searchsorted(np.sort(side), both, side="right") / len(side) for side in (one, other)
    ]
    return float(np.abs(below[0] - below[1]).max())


def withhold(context: Context, verdicts: Verdicts, shift: Shift) -> Verdicts:
    """Calls that rest on a place among the cohort's own samples are withheld when the cohort is
    one-sided.
    """
    reason = (
        f"the cohort is shifted ({shift.words}): high and low among its own samples mean"
        " nothing; give a frozen reference"
    )
    ranked = {
        name for name, quantity in context.scheme.quantities.items() if quantity.kind in _RANKED
    }
    return _without(context, verdicts, ranked, reason)


def line_shifts(
    context: Context, columns: Mapping[str, Column], rows: NDArray[np.intp]
) -> dict[str, float]:
    """Relative quantities whose median over the rows leaves the lines of a frozen reference, in its
    robust SD.

    A whole cohort above or below a line tells of another platform or pipeline, not of its tumours.
    The median must pass the limit of the scheme and three of its standard errors; below ten samples
    nothing can be said.
    """
    scheme, reference = context.scheme, context.reference
    if (
        reference is None
        or reference.is_own
        or scheme.line_offset is None
        or len(rows) < MIN_COHORT
    ):
        return {}
    limit = max(scheme.line_offset.value, 3.0 * 1.2533 / math.sqrt(len(rows)))
    found = {}
    for name, quantity in scheme.quantities.items():
        if quantity.kind not in _RELATIVE or np.isnan(columns[name].values[rows]).all():
            continue
        unit = (
            reference.regressions[quantity.line].robust_sd if quantity.kind == "residual" else 1.0
        )
        median = float(np.nanmedian(columns[name].values[rows])) / unit
        if abs(median) >= limit:
            found[name] = median
    return found


def withhold_lines(context: Context, verdicts: Verdicts, shifts: Mapping[str, float]) -> Verdicts:
    """Calls that rest on a relative quantity are withheld when the whole cohort leaves the line."""
    for name, median in shifts.items():
        title = context.scheme.quantities[name].title
        reason = (
            f"the whole cohort lies {median:+.1f} robust SD off the reference in '{title}': another"
            " platform or pipeline; fit a reference on data like these"
        )
        verdicts = _without(context, verdicts, {name}, reason)
    return verdicts


def _without(context: Context, verdicts: Verdicts, quantities: set[str], reason: str) -> Verdicts:
    """Labels whose deciding rule compares one of the quantities become not assessable."""
    calls, reasons = dict(verdicts.calls), dict(verdicts.reasons)
    for axis in context.scheme.axes:
        rests = [
            any(c.kind == "compare" and c.subject in quantities for c in rule.conditions)
            for rule in axis.rules
        ]
        mask = np.array([*rests, False])[verdicts.decided[axis.id]] & np.isin(
            calls[axis.id], list(axis.labels)
        )
        calls[axis.id], reasons[axis.id] = calls[axis.id].copy(), reasons[axis.id].copy()
        calls[axis.id][mask], reasons[axis.id][mask] = "not_assessable", reason
    return replace(verdicts, calls=calls, reasons=reasons)
