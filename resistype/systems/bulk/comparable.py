"""Whether samples may be compared with a frozen reference, and what is withheld where a cohort may
not.

Three questions, asked before anything is measured. Are the genes there? Is a sample measured like
the reference and does it look like its tumours: asked of each sample alone, so that company changes
nothing? Has the user said that tumour type, library and quantification are the same? What cannot be
told counts as no.
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
from resistype.samples.table import as_key
from resistype.scheme.apply import Column, Verdicts
from resistype.scheme.profile import METHODS, MIN_GENES, likeness
from resistype.scheme.reference import MIN_COHORT, Reference, find_reference
from resistype.scheme.scheme import Scheme
from resistype.systems.bulk.context import (
    MIN_COVERAGE,
    Comparability,
    Context,
    Members,
    rescored,
    sets_of,
)
from resistype.text import option

MIN_UNIVERSE = 0.5  # ours: of the genes that the reference expresses
MIN_UNIVERSE_FIGURES = 0.995  # ours: where only figures were kept, scores cannot be had again
MIN_UNIVERSE_1 = 0.8  # of all genes, for files of format 1
STATED = ("tumour_type", "library", "quantification")
_COUNTED = ("counts", "cpm")


@dataclass(frozen=True, eq=False)
class Joined:
    """Samples and a frozen reference, joined by gene: the samples in the genes of both, the
    column of each gene of the reference (−1 where it is not there), which genes of the universe are
    in the data, and how many are shared, in words.
    """

    expression: Expression
    columns: NDArray[np.intp]
    in_data: NDArray[np.bool_]
    note: str


def join(expression: Expression, reference: Reference, scheme: Scheme) -> Joined:
    """The samples in the gene universe of a frozen reference.

    Raises
    ------
    ReferenceDataError
        R104 when the reference is of another scheme, R105 when its genes are not in the data.
    """
    wanted = f"{scheme.id}@{scheme.version}"
    if reference.format_version > 1 and reference.scheme != wanted:
        message = (
            f"Reference {reference.name!r} was fitted for {reference.scheme}, not for {wanted}. Fit"
            " it again."
        )
        raise ReferenceDataError(message, code="R104")
    joined = shared(expression, reference)
    least = _least(reference, scheme)
    if joined.in_data.mean() < least:
        message = (
            f"Reference {reference.name!r} expresses {joined.in_data.size:,} genes; your data have"
            f" {int(joined.in_data.sum()):,} of them ({joined.in_data.mean():.1%}; {least:.1%} are"
            " needed). Leave reference= out to call within this cohort, or fit a reference on data"
            " like yours: resistype references fit."
        )
        raise ReferenceDataError(message, code="R105")
    return joined


def shared(expression: Expression, reference: Reference) -> Joined:
    """The same without asking whether the genes are enough."""
    columns = expression.index.match(reference.genes).columns
    expressed = (
        np.ones(len(reference.genes), dtype=bool)
        if reference.profile is None
        else reference.profile.expressed
    )
    found = columns[expressed] >= 0
    inside = np.unique(columns[expressed][found])
    note = (
        f"{int(found.sum()):,} of the {found.size:,} genes that the reference expresses are in the"
        f" data ({found.mean():.1%})"
    )
    return Joined(expression.restrict(inside), columns, found, note)


def _least(reference: Reference, scheme: Scheme) -> float:
    if reference.profile is None:
        return MIN_UNIVERSE_1
    return MIN_UNIVERSE if rescores(reference, scheme) else MIN_UNIVERSE_FIGURES


def rescores(reference: Reference, scheme: Scheme) -> bool:
    """Whether its scores can be had again in other genes."""
    methods = {q.method for q in scheme.quantities.values() if q.kind == "score"}
    return reference.tumours is not None and methods <= set(METHODS)


# ------------------------------------------------------------------ like with like


def compare(
    expression: Expression, reference: Reference, joined: Joined, *, stated: NDArray[np.bool_]
) -> Comparability:
    """Which samples, with all their genes, may be compared with the reference; each is looked at
    alone. `stated` says of each whether the user has said that it was made like the reference.
    """
    n, name, profile = expression.n_obs, reference.name, reference.profile
    unknown = np.full(n, np.nan)
    if profile is None:
        reason = (
            f"{name} is a file of format 1 and keeps no profile: whether these samples can be"
            " compared with it cannot be told (fit it again: resistype references fit)"
        )
        return Comparability(
            name, np.zeros(n, bool), stated, np.full(n, reason, dtype=object), unknown, unknown
        )
    steady = np.flatnonzero(profile.steady & (joined.columns >= 0))
    varying = np.flatnonzero(profile.varying & (joined.columns >= 0))
    if min(steady.size, varying.size) < MIN_GENES or np.isnan(profile.max_distance):
        reason = (
            f"too few genes to tell whether it is measured like {name} ({steady.size} steady and"
            f" {varying.size} varying ones of {MIN_GENES} each)"
        )
        return Comparability(
            name, np.zeros(n, bool), stated, np.full(n, reason, dtype=object), unknown, unknown
        )
    found = likeness(
        expression.log2(joined.columns[steady]),
        profile.mean[steady],
        varying=expression.log2(joined.columns[varying]),
        usual_varying=profile.mean[varying],
    )
    far = ~(found.distance <= profile.max_distance)
    unlike = ~(found.likeness >= profile.min_likeness)
    reasons = np.full(n, "", dtype=object)
    for row in range(n):
        if far[row]:
            reasons[row] = (
                f"measured in another way than {name} (assay distance {found.distance[row]:.2f};"
                f" at most {profile.max_distance:.2f})"
            )
        elif unlike[row]:
            reasons[row] = (
                f"another kind of tissue than {name} (likeness {found.likeness[row]:.2f}; at least"
                f" {profile.min_likeness:.2f})"
            )
        elif not stated[row]:
            reasons[row] = (
                f"you have not said that these data were made like {name}:"
                f" {option('same_as', name)}"
            )
    return Comparability(name, ~(far | unlike), stated, reasons, found.distance, found.likeness)


def check_reference(data: Any, reference: str | Path | Reference) -> pd.DataFrame:
    """Whether samples are measured like a frozen reference and look like its tumours.

    Parameters
    ----------
    data
        As for `classify`.
    reference
        Shipped name, path of a JSON file, or `Reference`.

    Returns
    -------
    pandas.DataFrame
        Indexed by sample: alike (yes or no), assay_distance, likeness, reason.

    Examples
    --------
    >>> import resistype as rt
    >>> from resistype.systems.bulk import check_reference
    >>> check_reference(rt.datasets.demo().expression, "tcga_skcm")["alike"].unique().tolist()
    ['no']
    """
    expression, found = as_expression(data), find_reference(reference)
    everybody = np.ones(expression.n_obs, dtype=bool)
    compared = compare(expression, found, shared(expression, found), stated=everybody)
    return pd.DataFrame(
        {
            "alike": np.where(compared.alike, "yes", "no"),
            "assay_distance": compared.distance,
            "likeness": compared.likeness,
            "reason": compared.reason,
        },
        index=pd.Index(expression.samples, name="sample"),
    )


def stated_same(
    reference: Reference, same_as: str | None, *, table: pd.DataFrame | None, expression: Expression
) -> NDArray[np.bool_]:
    """Whether the user has said that tumour type, library and quantification are those of the
    reference: by its name, or by columns of the samples table that agree with what the reference
    says of itself.

    Raises
    ------
    ReferenceDataError
        R110 when the data are counts and the reference is in TPM, or the other way round.
    """
    named = same_as is not None and Path(same_as).stem == reference.name
    said = np.full(expression.n_obs, named)
    if table is not None and all(
        name in table.columns and reference.about.get(name) for name in STATED
    ):
        agree = np.ones(expression.n_obs, dtype=bool)
        for name in STATED:
            wanted = reference.about[name].casefold()
            agree &= [(as_key(cell) or "").casefold() == wanted for cell in table[name]]
        said |= agree
    if said.any():
        _same_unit(reference, expression)
    return said


def _same_unit(reference: Reference, expression: Expression) -> None:
    counted = reference.about.get("unit") in _COUNTED
    mine = expression.unit in _COUNTED
    known = expression.unit in (*_COUNTED, "tpm", "log2_small_offset")
    if known and counted != mine:
        message = (
            f"You said that these data were made like {reference.name!r}, but they are"
            f" {expression.unit} and it is {'counts' if counted else 'TPM'}. Leave"
            f" {option('same_as')} out, or give the data in its unit."
        )
        raise ReferenceDataError(message, code="R110")


def say(compared: Comparability) -> None:
    """One warning for the run: how many samples cannot be compared, the commonest reason, and the
    ways out.
    """
    total, lost = compared.comparable.size, int((~compared.comparable).sum())
    if not lost:
        return
    only_unsaid = int((compared.alike & ~compared.stated).sum())
    ways = (
        f"If tumour type, library and quantification are the same, say so:"
        f" {option('same_as', compared.reference)}."
        if only_unsaid
        else "Leave reference= out to call within this cohort (10 samples or more), give each"
        " patient's own baseline, or fit a reference on ten or more tumours of your own pipeline:"
        " resistype references fit."
    )
    reasons = pd.Series(compared.reason[~compared.comparable]).value_counts()
    message = (
        f"{lost} of {total} samples are not comparable with {compared.reference}: levels and"
        f" relative axes are not assessable there. First reason: {reasons.index[0]}. {ways}"
    )
    warn(message, CohortWarning, code="W307", stacklevel=6)


# ------------------------------------------------------------------ whole cohorts

MIN_COMPARABLE = 0.5  # ours: of a cohort, before its place beside a reference is asked for
_RANKED = ("level", "percentile")
_RELATIVE = ("residual", "residual_sd")


@dataclass(frozen=True)
class Shift:
    """Whether a cohort is shifted against a frozen reference, in the genes that both have:
    ``one_sided``, ``not`` or ``cannot_tell`` (with the reason), and the fraction above its median.
    """

    quantity: str
    anchor: str
    n: int
    state: str
    above: float
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        above = None if np.isnan(self.above) else self.above
        return {
            "quantity": self.quantity, "anchor": self.anchor, "n": self.n, "state": self.state,
            "above": above, "reason": self.reason,
        }  # fmt: skip

    @property
    def one_sided(self) -> bool:
        """Whether high and low inside the cohort mean nothing."""
        return self.state == "one_sided"

    @property
    def words(self) -> str:
        """One clause for a reader."""
        if self.state == "cannot_tell":
            return self.reason
        side = max(self.above, 1.0 - self.above)
        where = "above" if self.above > 0.5 else "below"
        return f"{side:.0%} of {self.n} samples lie {where} the median of {self.anchor}"


def cohort_shift(
    context: Context,
    anchor: Reference,
    compared: Comparability | None,
    *,
    rows: NDArray[np.intp],
    limit: float,
) -> Shift | None:
    """Whether the rows are shifted against a frozen reference, from the fraction `limit` of them
    on; None where the scheme does not ask.
    """
    name = context.scheme.anchor_quantity
    quantity = context.scheme.quantities.get(name)
    if quantity is None:
        return None
    signature = context.library[quantity.signature]
    joined = shared(context.panel.expression, anchor)
    mine = Members.of(signature, joined.expression.index.match(signature.genes))
    reason = _cannot_tell(anchor, compared, rows)
    if not reason and len(mine.genes) < MIN_COVERAGE * len(signature):
        reason = f"too few genes of {signature.id} in both"
    if reason or anchor.tumours is None:
        return Shift(name, anchor.name, len(rows), "cannot_tell", float("nan"), reason)
    theirs = anchor.tumours.scores(
        quantity.method, signature.up, signature.down, measured=joined.in_data
    )
    usual = float(np.median(theirs))
    values = rescored(
        joined.expression,
        sets_of([mine], joined.expression.n_genes),
        quantity.method,
        n_jobs=context.n_jobs,
    )[rows, 0]
    above = float(np.mean(values > usual))
    state = "one_sided" if max(above, 1.0 - above) >= limit else "not"
    return Shift(name, anchor.name, len(rows), state, above)


def _cannot_tell(anchor: Reference, compared: Comparability | None, rows: NDArray[np.intp]) -> str:
    """Why a cohort may not be placed beside a reference; empty where it may."""
    if compared is None or not compared.stated.any():
        return f"nobody has said that these data were made like {anchor.name}"
    if len(rows) < MIN_COHORT:
        return f"{len(rows)} samples are too few ({MIN_COHORT} are needed)"
    like = compared.comparable[rows]
    if like.mean() < MIN_COMPARABLE:
        return f"{int(like.sum())} of {len(rows)} samples can be compared with {anchor.name}"
    return "" if anchor.tumours is not None else f"{anchor.name} keeps figures only"


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
    robust SD: another platform or pipeline. The median must pass the limit of the scheme and three
    of its standard errors; below ten samples nothing can be said.
    """
    scheme, reference = context.scheme, context.reference
    if (
        reference is None
        or reference.is_own
        or scheme.line_offset is None
        or len(rows) < MIN_COHORT
    ):
        return {}
    found = {}
    for name, quantity in scheme.quantities.items():
        known = (
            0 if quantity.kind not in _RELATIVE else (~np.isnan(columns[name].values[rows])).sum()
        )
        if known < MIN_COHORT:
            continue
        limit = max(scheme.line_offset.value, 3.0 * 1.2533 / math.sqrt(known))
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
