"""How firm a call is: the same rules again, with fewer genes, with another draw of the cohort, with
another score.

Three kinds of repeats, each through the same functions as the call itself:

* genes: 10 % of the genes of every signature are left out, a hundred times;
* cohort: the reference samples are drawn anew with replacement, a hundred times (where the cohort
  is the reference);
* methods: the scores are computed by other methods.

The stability of a call is the share of repeats that give it again, each kind counted equally. A
call below the minimum of the scheme becomes indeterminate; what the rules alone said is kept beside
it. Thresholds, lines and baselines stay.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from resistype.scheme.apply import Column, Verdicts, apply_rules
from resistype.scheme.reference import Reference
from resistype.scheme.scheme import Axis, Scheme, StabilityPlan
from resistype.scheme.stability import Stability
from resistype.score.progress import step
from resistype.systems.bulk.context import Context, Rows, leave_out_shift, rescored, sets_of
from resistype.systems.bulk.quantities import measure
from resistype.systems.bulk.reference import reference_of, references_of

KINDS = ("genes", "cohort", "methods")


def assess(context: Context, rows: Rows, verdicts: Verdicts, *, plan: StabilityPlan) -> Stability:
    """Repeat the calls of `verdicts` in three ways and count how often each comes again."""
    methods = _agreement(_other_methods(context, plan), rows, verdicts)
    for axis in context.scheme.axes:
        if not _rests_on_scores(context.scheme, axis):
            methods[axis.id] = np.full(len(rows.index), np.nan)
    return Stability(
        {
            "genes": _agreement(_without_genes(context, plan), rows, verdicts),
            "cohort": _agreement(_other_cohorts(context, plan), rows, verdicts),
            "methods": methods,
        }
    )


def _rests_on_scores(scheme: Scheme, axis: Axis) -> bool:
    """Whether another scoring method could change anything about an axis."""
    waiting = [c.subject for rule in axis.rules for c in rule.conditions if c.kind != "call"]
    called = [c.subject for rule in axis.rules for c in rule.conditions if c.kind == "call"]
    if any(_rests_on_scores(scheme, scheme.axis(name)) for name in called):
        return True
    while waiting:
        quantity = scheme.quantities[waiting.pop()]
        if quantity.kind == "score":
            return True
        waiting += quantity.needs
    return False


def _agreement(
    contexts: Iterator[Context], rows: Rows, verdicts: Verdicts
) -> dict[str, NDArray[np.float64]]:
    same = {axis: np.zeros(len(rows.index)) for axis in verdicts.calls}
    n = 0
    for context in contexts:
        step("the calls are repeated")
        again = apply_rules(context.scheme, measure(context, rows))
        for axis in same:
            same[axis] += again.calls[axis] == verdicts.calls[axis]
        n += 1
    return {
        axis: count / n if n else np.full(len(rows.index), np.nan) for axis, count in same.items()
    }


# ------------------------------------------------------------------ fewer genes


def kept_genes(
    up: NDArray[np.bool_], plan: StabilityPlan, *, seed: int, signature: str
) -> list[NDArray[np.intp]]:
    """Places of the genes kept in each repeat, in the signature's order; at least one is left out
    of those up and down.

    A gene that stands alone on its side is kept: without it the score would be another.
    """
    rng = np.random.default_rng([seed, zlib.crc32(signature.encode())])
    sides = [np.flatnonzero(side) for side in (up, ~up) if side.any()]
    leave = [max(1, round(plan.leave_out * side.size)) if side.size > 1 else 0 for side in sides]
    return [
        np.sort(
            np.concatenate(
                [side[rng.permutation(side.size)[n:]] for side, n in zip(sides, leave, strict=True)]
            )
        )
        for _ in range(plan.repeats)
    ]


def _without_genes(context: Context, plan: StabilityPlan) -> Iterator[Context]:
    panel, scheme = context.panel, context.scheme
    kept = {
        name: kept_genes(panel.members[name].up, plan, seed=scheme.seed, signature=name)
        for name in scheme.signatures
        if len(panel.measured(name)) > 1
    }
    scores = _scores_without(context, kept)
    for repeat in range(plan.repeats):
        basic = dict(context.basic)
        log2 = {
            name: values[:, kept[name][repeat]] if name in kept else values
            for name, values in panel.log2.items()
        }
        members = {
            name: one.only(kept[name][repeat]) if name in kept else one
            for name, one in panel.members.items()
        }
        basic |= {name: Column.of(values[:, repeat]) for name, values in scores.items()}
        for name, quantity in scheme.quantities.items():
            if quantity.kind == "mean_log2" and quantity.signature in kept and _known(basic[name]):
                basic[name] = Column.of(
                    _mean_without(context, quantity.signature, kept[quantity.signature][repeat])
                )
        yield _with_values(
            replace(context, basic=basic, panel=replace(panel, log2=log2, members=members))
        )


def _scores_without(
    context: Context, kept: Mapping[str, list[NDArray[np.intp]]]
) -> dict[str, NDArray[np.float64]]:
    """For each score its values without the genes left out, shape (n_obs, n_repeats); one
    ranking for all.
    """
    expression = context.panel.expression
    wanted = {
        name: quantity
        for name, quantity in context.scheme.quantities.items()
        if quantity.kind == "score" and quantity.signature in kept and _known(context.basic[name])
    }
    found: dict[str, NDArray[np.float64]] = {}
    for method in sorted({q.method for q in wanted.values()}):
        mine = [(name, q.signature) for name, q in wanted.items() if q.method == method]
        sets = [
            context.panel.members[signature].only(places)
            for _, signature in mine
            for places in kept[signature]
        ]
        values = rescored(
            expression, sets_of(sets, expression.n_genes), method, n_jobs=context.n_jobs
        )
        parts = np.split(values, len(mine), axis=1)
        for (name, signature), part in zip(mine, parts, strict=True):
            found[name] = part - leave_out_shift(context, signature, kept[signature], method=method)
    return found


def _known(column: Column) -> bool:
    return not bool(np.isnan(column.values).all())


def _mean_without(
    context: Context, signature: str, places: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Mean of the kept genes, moved to where the mean of all lies in the reference.

    Without the move, leaving out one highly expressed gene would shift every sample alike, which
    says nothing about any of them.
    """
    log2 = context.panel.log2[signature]
    usual = context.usual_log2(signature)
    return np.asarray((log2 - usual)[:, places].mean(axis=1) + usual.mean())


def _with_values(context: Context) -> Context:
    """Own cohort: reference values follow the changed scores; lines stay. A frozen reference
    stays as it is.
    """
    reference = context.reference
    if reference is None or not reference.is_own:
        return context
    fresh = _values(context, context.reference_rows_or_all)
    return replace(context, reference=replace(reference, values=fresh))


def _values(context: Context, rows: NDArray[np.intp]) -> dict[str, NDArray[np.float64]]:
    return {
        n: c.values[rows] for n, c in context.basic.items() if not np.isnan(c.values[rows]).all()
    }


# ------------------------------------------------------------------ another draw of the cohort


def _other_cohorts(context: Context, plan: StabilityPlan) -> Iterator[Context]:
    reference = context.reference
    if reference is None or not reference.is_own:
        return
    rows = context.reference_rows_or_all
    rng = np.random.default_rng([context.scheme.seed, 1])
    draws = [rows[rng.integers(0, len(rows), len(rows))] for _ in range(plan.repeats)]
    at_once = max(1, 200_000 // len(rows))  # a large cohort is not held a hundred times
    for start in range(0, len(draws), at_once):
        part = draws[start : start + at_once]
        for drawn in references_of(context, part, name=reference.name):
            yield replace(context, reference=drawn)


# ------------------------------------------------------------------ other methods


def _other_methods(context: Context, plan: StabilityPlan) -> Iterator[Context]:
    for method in plan.methods:
        other = _by(context.scheme, method)
        basic = dict(context.basic)
        for name, quantity in other.quantities.items():
            if quantity.kind == "score" and _known(basic[name]):
                sets = sets_of(
                    [context.panel.members[quantity.signature]], context.panel.expression.n_genes
                )
                values = rescored(context.panel.expression, sets, method, n_jobs=context.n_jobs)
                basic[name] = Column.of(values[:, 0])
        changed = replace(context, scheme=other, basic=basic)
        if context.reference is None:
            yield changed
        elif context.reference.is_own:
            yield replace(
                changed, reference=reference_of(changed, context.reference_rows_or_all, name=method)
            )
        elif all(f"{name}@{method}" in context.reference.values for name in _scored(other, basic)):
            yield replace(changed, reference=_frozen_by(context.reference, other, basic, method))


def _scored(scheme: Scheme, basic: Mapping[str, Column]) -> list[str]:
    return [n for n, q in scheme.quantities.items() if q.kind == "score" and _known(basic[n])]


def _frozen_by(
    reference: Reference, scheme: Scheme, basic: Mapping[str, Column], method: str
) -> Reference:
    values = {
        **reference.values,
        **{n: reference.values[f"{n}@{method}"] for n in _scored(scheme, basic)},
    }
    return replace(reference, values=values)


def _by(scheme: Scheme, method: str) -> Scheme:
    quantities = {
        name: (
            quantity.model_copy(update={"method": method}) if quantity.kind == "score" else quantity
        )
        for name, quantity in scheme.quantities.items()
    }
    return scheme.model_copy(update={"quantities": quantities})


# ------------------------------------------------------------------ what follows from it
