"""A cohort beside a draft: made ready once, asked after every edit.

Scores here are those of `score`, to the bit.

Ranks of a matrix do not depend on the gene list, so they are made once; the ssGSEA score of a list
is then a sum over its members. The score of a version and of a draft is shown by group, or as the
change of each patient from baseline. Choosing genes by such a picture fits the list to these
samples, and the picture says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.curation.prepared import Prepared, prepare
from resistype.errors import GeneError, SamplesError
from resistype.expression import Expression, as_expression
from resistype.library import Library, Signature
from resistype.samples import pair_samples, read_samples
from resistype.score import Settings, get_method, score_sets
from resistype.score.match import match_signatures

MOST = 2000
METHOD = "ssgsea"
FEW, MANY = 1, 12


@dataclass(frozen=True)
class Group:
    """Scores of one group of samples, or changes of its patients."""

    name: str
    before: tuple[float, ...]
    after: tuple[float, ...]


@dataclass(frozen=True)
class Spread:
    """Scores of a cohort by group."""

    title: str
    groups: tuple[Group, ...]
    notes: tuple[str, ...] = ()


class CohortData:
    """Expression and a samples table, ready for a curator's questions.

    Examples
    --------
    >>> table = pd.DataFrame({"TOX": [1.5, 2.5, 3.5], "B2M": [4.5, 4.0, 4.25]}, index=list("abc"))
    >>> groups = pd.DataFrame({"response": ["R", "NR", "R"]}, index=list("abc"))
    >>> cohort = CohortData(table, samples=groups, by="response")
    >>> [(group.name, len(group.after)) for group in cohort.spread(None, None).groups]
    [('NR', 1), ('R', 2)]
    """

    def __init__(
        self,
        data: Any,
        samples: pd.DataFrame | str | Path | None = None,
        *,
        by: str = "",
        patient: str = "",
        timepoint: str = "",
        baseline: str = "",
    ) -> None:
        self.whole = as_expression(data)
        self.expression, self.notes = _drawn(self.whole)
        table = self.whole.obs if samples is None else samples
        table = read_samples(table) if isinstance(table, (str, Path)) else table
        named = table.set_axis(pd.Index([str(name) for name in table.index]), axis=0)
        self.table = named.reindex(self.expression.samples)
        absent = int((~pd.Index(self.expression.samples).isin(named.index)).sum())
        if absent and samples is not None:
            self.notes += (f"{absent} samples of the matrix are not in the samples table.",)
        self.columns = _columns(self.table)
        if by and by not in self.columns:
            message = (
                f"There is no column '{by}' with 2 to {MANY} values; there are: "
                f"{', '.join(self.columns) or 'none'}."
            )
            raise SamplesError(message, code="E903")
        self.by = by or (self.columns[0] if self.columns else "")
        self.pairs = _pairs(self.table, patient, timepoint, baseline)
        self.patient, self.baseline = patient, baseline

    @cached_property
    def prepared(self) -> Prepared:
        """Standardised expression for coherence and influence."""
        return prepare(self.expression)

    @cached_property
    def _ranks(self) -> NDArray[np.int32] | None:
        """Doubled mid-ranks of every sample; None where genes are missing in some samples."""
        from resistype.score.kernels import doubled_ranks  # noqa: PLC0415
        from resistype.score.rows import CsrRows, as_rows, dense  # noqa: PLC0415

        rows = as_rows(self.expression.values)
        full = dense(rows) if isinstance(rows, CsrRows) else rows
        return None if bool(np.isnan(full.values).any()) else doubled_ranks(full)

    def score(self, signature: Signature | None) -> tuple[NDArray[np.float64], str]:
        """SsGSEA (ES / N) of every sample, shape (n_obs,), and why there is none.

        The values are those of `score`.
        """
        nothing = np.full(self.expression.n_obs, np.nan)
        if signature is None:
            return nothing, ""
        try:
            matched = match_signatures(self.expression, Library([signature]), warn_below=0.0)
        except GeneError:
            cover = self.expression.index.coverage(signature.genes, species=signature.species)
            seen = f"{cover.found} of {cover.asked} genes are in the data"
            return nothing, f"{signature.id}: {seen}; under half there is no score"
        sets = matched.sets
        if self._ranks is None:
            return score_sets(self.expression.values, sets, method=METHOD)[:, 0], ""
        method, settings, n_genes = get_method(METHOD), Settings(), self.expression.n_genes
        if method.tables is None or method.finish is None:  # of no rank method
            return nothing, ""
        table = method.tables(n_genes, settings)
        parts = [
            sets.indices[a:b] for a, b in zip(sets.offsets[:-1], sets.offsets[1:], strict=True)
        ]
        sums = np.stack([table[self._ranks[:, part]].sum(axis=1) for part in parts], axis=1)
        sizes = np.broadcast_to(sets.sizes, (self.expression.n_obs, sets.n_parts))
        return (
            method.by_signature(
                sets, method.finish(sums, sizes, n_genes=n_genes, settings=settings)
            )[:, 0],
            "",
        )

    def spread(
        self,
        before: Signature | None,
        after: Signature | None,
        *,
        by: str = "",
        change: bool = False,
    ) -> Spread:
        """Scores of a version and of a draft by group."""
        column = by or self.by
        if column and column not in self.columns:
            raise SamplesError(f"There is no column '{column[:40]}'.", code="E903")
        (old, why_old), (new, why_new) = self.score(before), self.score(after)
        rows = np.arange(self.expression.n_obs)
        title = "score (ssGSEA, ES / N)"
        if change:
            if self.pairs is None:
                raise SamplesError("Changes need columns of patients and time points.", code="E911")
            rows = self.pairs[:, 0]
            old, new = (values[rows] - values[self.pairs[:, 1]] for values in (old, new))
            title = f"change of the score from {self.baseline} (ssGSEA, ES / N)"
        else:
            old, new = old[rows], new[rows]
        names = self.table[column].to_numpy()[rows] if column else np.full(rows.size, "all", object)
        known = pd.notna(names)
        out = int((~known).sum())
        labels = [f"{one}" for one in names[known]]
        notes = [text for text in (why_old, why_new) if text]
        notes += [f"{out} without a value in '{column}' are not shown"] if out else []
        groups = _groups(labels, old[known], new[known])
        return Spread(title, groups, tuple(notes))


def _groups(
    labels: Sequence[str], old: NDArray[np.float64], new: NDArray[np.float64]
) -> tuple[Group, ...]:
    names = np.array(labels, object)
    found = []
    for name in sorted(set(labels)):
        mine = names == name
        found.append(Group(name, tuple(old[mine].tolist()), tuple(new[mine].tolist())))
    return tuple(found)


def _drawn(expression: Expression) -> tuple[Expression, tuple[str, ...]]:
    if expression.n_obs <= MOST:
        return expression, ()
    rows = np.sort(np.random.default_rng(0).choice(expression.n_obs, MOST, replace=False))
    note = f"{MOST:,} of {expression.n_obs:,} samples were drawn at random (seed 0)."
    return expression.select([expression.samples[row] for row in rows]), (note,)


def _columns(table: pd.DataFrame) -> tuple[str, ...]:
    """Columns that split samples into few groups."""
    kinds = [name for name in table.columns if table[name].dtype.kind not in "fc"]
    return tuple(str(name) for name in kinds if FEW < table[name].nunique() <= MANY)


def _pairs(
    table: pd.DataFrame, patient: str, timepoint: str, baseline: str
) -> NDArray[np.intp] | None:
    """Rows (later, baseline) of each pair, shape (n_pairs, 2)."""
    if any((patient, timepoint, baseline)) and not all((patient, timepoint, baseline)):
        message = (
            f"patient={patient!r}, timepoint={timepoint!r}, baseline={baseline!r}: give all three, "
            "or none."
        )
        raise SamplesError(message, code="E911")
    if not patient:
        return None
    place = {name: row for row, name in enumerate(table.index)}
    known = table[~table.isna().all(axis=1)]
    found = pair_samples(known, patient=patient, timepoint=timepoint, baseline=baseline).pairs
    used = found[found["counted"]]
    pairs = [
        [place[later], place[first]]
        for later, first in zip(used["sample"], used["baseline_sample"], strict=True)
    ]
    return np.array(pairs, np.intp).reshape(-1, 2)
