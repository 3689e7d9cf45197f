"""Two labelings of the same samples, axis by axis: counts, kappa, shift of the numbers, changes with their reasons.

Abstentions (indeterminate, not assessable) are answers: the first kappa counts each as a label of its own. The second
kappa leaves out every sample on which either side abstains, and says how many are left; it is the kinder figure, and
by itself it hides a side that calls only what is easy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from resistype.cohort.agreement.judged import judge
from resistype.cohort.agreement.reasons import Change, explain
from resistype.cohort.agreement.result import Agreement, AxisAgreement
from resistype.cohort.agreement.shift import score_shift
from resistype.cohort.agreement.sides import Labelling, as_labelling
from resistype.errors import SamplesError
from resistype.scheme.scheme import ABSTENTIONS
from resistype.stats import cohen_kappa, wilson

__all__ = ["compare_calls"]


def compare_calls(
    first: Any, second: Any, *, names: tuple[str, str] = ("first", "second"), axes: Sequence[str] | None = None
) -> Agreement:
    """Compare two labelings of the same samples.

    Parameters
    ----------
    first, second
        `Calls`, folders written by ``resistype classify``, columns of labels (Series or DataFrame, index: sample ids).
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
        E991 when the sides have no sample in common; E992 when no axis can be compared, with the reasons; E993 and
        E994 for a side that cannot be used.

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
    one, two = as_labelling(first, names[0]), as_labelling(second, names[1])
    common = one.labels.index[one.labels.index.isin(two.labels.index)]
    if not len(common):
        message = (
            f"{one.name!r} and {two.name!r} have no sample in common: {len(one.labels)} samples such as "
            f"{one.labels.index[0]!r}, {len(two.labels)} such as {two.labels.index[0]!r}. Give both the same ids."
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
    only = [tuple(a.labels.index[~a.labels.index.isin(b.labels.index)]) for a, b in ((one, two), (two, one))]
    return Agreement(one, two, tuple(common), only[0], only[1], tuple(found), refused, tuple(changes))


def _axes(
    one: Labelling, two: Labelling, common: pd.Index, *, asked: Sequence[str] | None
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


def _labels(side: Labelling, axis: str, common: pd.Index) -> list[str | None]:
    column = side.labels[axis].reindex(common)
    return [None if missing else str(label) for label, missing in zip(column, column.isna(), strict=True)]


def _axis(
    one: Labelling, two: Labelling, axis: str, *, labels: tuple[list[str | None], list[str | None]]
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
        counts[np.ix_(used, used)], index=pd.Index(kept, name="first"), columns=pd.Index(kept, name="second")
    )
    samples = one.labels.index[one.labels.index.isin(two.labels.index)]
    return AxisAgreement(
        axis=axis,
        title=one.title(axis),
        table=table,
        share=(kappa.same / max(kappa.n, 1), float(low), float(high)),
        kappa=kappa,
        kappa_called=cohen_kappa(counts[np.ix_(called, called)]),
        shift=score_shift(one, two, axis, samples=samples),
    )
