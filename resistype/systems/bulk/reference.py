"""Fitting a reference: reference values, robust lines, and the base rates of the scheme's own
rules in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import CohortWarning, ReferenceDataError, warn
from resistype.expression import Expression, as_expression
from resistype.library import Library, load_library
from resistype.scheme.apply import PAIRS, Column, Verdicts, apply_rules, proportion
from resistype.scheme.profile import METHODS, Tumours, fit_profile
from resistype.scheme.read import load_scheme
from resistype.scheme.reference import (
    MIN_COHORT,
    SMALL_COHORT,
    Reference,
    Regression,
    fit_each,
)
from resistype.scheme.scheme import ABSTENTIONS, Axis, Scheme
from resistype.systems.bulk.comparable import rescores
from resistype.systems.bulk.context import (
    MIN_COVERAGE,
    Context,
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
    figures_only: bool = False,
    n_jobs: int = -1,
) -> Reference:
    """Fit a frozen reference on a cohort, so that single samples can be compared with it later.

    Unless only figures are wanted, the file holds values and ranks of the signature genes of every
    tumour, shuffled and without names: with them the reference can be had in other genes.

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
        Words about the cohort: ``tumour_type``, ``library`` and ``quantification``, which say to
        what it may be compared, and ``treatment``, ``tissue``, ``source``, ``citation``.
    figures_only
        Keep no values of single tumours; 99.5 % of its genes are then needed for a comparison.
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
    whole = as_expression(data)
    loaded, library = load_scheme(scheme), load_library()
    if whole.n_obs < MIN_COHORT:
        raise ReferenceDataError(too_few(whole.n_obs), code="R101")
    order = np.argsort(np.array(whole.samples, dtype=object), kind="stable")
    log2 = whole.log2()[order]
    wanted = [gene for signature in loaded.signatures for gene in library[signature].genes]
    columns = whole.index.match(tuple(dict.fromkeys(wanted))).columns
    in_signatures = np.zeros(whole.n_genes, dtype=bool)
    in_signatures[columns[columns >= 0]] = True
    profile = fit_profile(log2, in_signatures)
    expression = whole.restrict(np.flatnonzero(profile.expressed))
    context = Context(loaded, library, build_panel(expression, loaded, library), n_jobs=n_jobs)
    context.basic = measure_basic(context)
    context.reference_rows = order
    fitted = fit_own(context, name=name)
    words = {"unit": expression.unit, **(about or {})}
    fitted = with_base_rates(context, fitted, pairs=True)
    figures = gene_figures(context.panel, context.reference_rows)
    tumours = None
    if not figures_only:
        places = np.flatnonzero(in_signatures[profile.expressed])
        tumours = Tumours.fit(log2[:, profile.expressed], expression.genes, places)
    return replace(
        fitted,
        mode="frozen",
        genes=whole.genes,
        about=words,
        genes_of=figures,
        values={**fitted.values, **_by_other_methods(context)},
        profile=profile,
        tumours=tumours,
    )


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
    return references_of(context, [rows], name=name)[0]


def references_of(
    context: Context, draws: Sequence[NDArray[np.intp]], *, name: str
) -> list[Reference]:
    """A reference of each draw of rows; their lines are fitted together."""
    values = [
        {n: c.values[rows] for n, c in context.basic.items() if not np.isnan(c.values[rows]).all()}
        for rows in draws
    ]
    wanted = dict(
        line
        for quantity in context.scheme.quantities.values()
        if quantity.on
        for line in quantity.lines
    )
    lines: list[dict[str, Regression]] = [{} for _ in draws]
    for line, terms in wanted.items():
        left = line.split(" ~ ")[0]
        cohorts = {}
        for draw, known in enumerate(values):
            if left not in known or any(term not in known for term in terms):
                continue
            y, x = known[left], np.column_stack([known[term] for term in terms])
            whole = ~np.isnan(y) & ~np.isnan(x).any(axis=1)
            if whole.sum() >= MIN_COHORT:
                cohorts[draw] = y[whole], x[whole]
        fitted = fit_each(list(cohorts.values()), terms)
        for draw, regression in zip(cohorts, fitted, strict=True):
            lines[draw][line] = regression
    return [
        Reference(
            name=name,
            mode="own cohort",
            scheme=f"{context.scheme.id}@{context.scheme.version}",
            genes=context.panel.expression.genes,
            values=known,
            regressions=regressions,
        )
        for known, regressions in zip(values, lines, strict=True)
    ]


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
    change = _shares(axis.id, paired.calls[axis.id], [*needs, *ABSTENTIONS], PAIRS)
    single = [*level, *ABSTENTIONS]
    return change + _shares(axis.id, alone.calls[axis.id], single, "reference samples")


def _shares(
    axis: str, calls: NDArray[np.object_], labels: list[str], basis: str
) -> list[dict[str, Any]]:
    """Fractions among those in which the axis could be assessed; of not assessable, among all."""
    rows = []
    for label in labels:
        share, of = proportion(calls, label)
        rows.append({"axis": axis, "label": label, "proportion": share, "n": of, "basis": basis})
    return rows


# ------------------------------------------------------------------ the reference in other genes


def in_genes(
    reference: Reference,
    in_data: NDArray[np.bool_],
    *,
    scheme: Scheme,
    library: Library,
    n_jobs: int,
) -> Reference:
    """The reference as if only some genes of its universe had been measured: scores, lines and
    base rates in the genes that both sides have. As it is where its scores cannot be had again.
    """
    tumours = reference.tumours
    if tumours is None or not rescores(reference, scheme):
        return reference
    here = in_data[tumours.places]
    expression = Expression(
        values=tumours.values[:, here],
        genes=tuple(gene for gene, there in zip(tumours.genes, here, strict=True) if there),
        samples=tuple(str(row) for row in range(len(tumours.ranks))),
        obs=pd.DataFrame(index=range(len(tumours.ranks))),
        unit="log2",
    )
    context = Context(scheme, library, build_panel(expression, scheme, library), n_jobs=n_jobs)
    scored = {name: q for name, q in scheme.quantities.items() if q.kind == "score"}

    def score(signature: str, method: str) -> Column:
        if context.panel.coverage(signature) < MIN_COVERAGE:
            return Column.missing(len(tumours.ranks), "too few genes")
        up, down = library[signature].up, library[signature].down
        return Column.of(tumours.scores(method, up, down, measured=in_data))

    context.basic = measure_basic(
        context, {name: score(q.signature, q.method) for name, q in scored.items()}
    )
    plan = scheme.stability.methods if scheme.stability else ()
    others = {
        f"{name}@{method}": score(q.signature, method).values
        for name, q in scored.items()
        for method in plan
        if method in METHODS
    }
    rows = np.arange(context.n_obs)
    fresh = reference_of(context, rows, name=reference.name)
    values = {**fresh.values, **{n: v for n, v in others.items() if not np.isnan(v).all()}}
    fitted = replace(reference, values=values, regressions=fresh.regressions)
    return replace(fitted, base_rates=_recounted(context, fitted, rows))


def _recounted(context: Context, reference: Reference, rows: NDArray[np.intp]) -> pd.DataFrame:
    """Base rates in the genes of both sides. Those of change stay as they were counted over pairs,
    because the random sets are not tumours.
    """
    alone = apply_rules(
        context.scheme, measure(replace(context, reference=reference), Rows.alone(rows))
    )
    lines = [line for axis in context.scheme.axes for line in _rates(axis, alone, None)]
    again = pd.DataFrame(lines, columns=["axis", "label", "proportion", "n", "basis"])
    stored = reference.base_rates
    if not len(stored):
        return again
    return pd.concat([stored[stored["basis"] == PAIRS], again], ignore_index=True)
