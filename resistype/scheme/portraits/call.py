"""Tumour portraits of Bagaev 2021 (IE, IE/F, F, D) from a user's own copy of the authors' files.

The authors' gene sets and reference may be used for academic, non-commercial research only, so nothing of them is in
this package. The user clones their repository, accepts its licence, and gives the folder to `read_portrait_clone`. The
score and the votes are the published ones; where the authors always give a label, this gives one only if the votes are
clear.

Scores are compared after scaling over a cohort. One sample has no cohort: it is refused unless a scaler that was fitted
before is given. (doi 10.1016/j.ccell.2021.04.014)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import (
    CohortWarning,
    CoverageWarning,
    ExpressionError,
    ReferenceDataError,
    SchemeError,
    complain,
    warn,
)
from resistype.expression import CsrRows, Expression, ReadOptions, as_expression, iter_blocks, read_block
from resistype.scheme.portraits.files import LICENCE_NOTE, PortraitFiles, read_gene_sets, read_portrait_clone
from resistype.scheme.portraits.kernels import decide, portrait_scores_of, votes_of
from resistype.scheme.portraits.scaler import PortraitScaler
from resistype.scheme.reference import SMALL_COHORT
from resistype.scheme.second_opinion import UNASSIGNED

__all__ = [
    "LICENCE_NOTE",
    "PortraitFiles",
    "PortraitOptions",
    "PortraitScaler",
    "portrait_scores",
    "portraits",
    "read_gene_sets",
    "read_portrait_clone",
]

DOI = "10.1016/j.ccell.2021.04.014"
MIN_COVERAGE, WARN_COVERAGE = 0.5, 0.8


@dataclass(frozen=True, kw_only=True)
class PortraitOptions:
    """How portraits are called.

    Parameters
    ----------
    k
        Reference samples that vote (35 is published).
    clip
        Scaled scores are cut at ± this before voting (2 is published).
    min_share
        Share of the votes that a label needs (0.5 is ours).
    min_margin
        Lead over the second label that it needs, as a share of the votes (0.15 is ours).
    read
        How the matrix is read.

    Raises
    ------
    SchemeError
        S134 for a value out of range.
    """

    k: int = 35
    clip: float = 2.0
    min_share: float = 0.5
    min_margin: float = 0.15
    read: ReadOptions = field(default_factory=ReadOptions)

    def __post_init__(self) -> None:
        complaints = []
        if self.k < 1:
            complaints.append(f"k={self.k}: at least 1 neighbour votes")
        if not self.clip > 0:
            complaints.append(f"clip={self.clip}: wanted more than 0")
        shares = {"min_share": self.min_share, "min_margin": self.min_margin}
        complaints += [f"{name}={one}: wanted a share, 0 to 1" for name, one in shares.items() if not 0 <= one <= 1]
        complain(complaints, SchemeError, code="S134", subject="Options of the portraits")


def portraits(
    data: Any, files: PortraitFiles, *, scaler: PortraitScaler | None = None, options: PortraitOptions | None = None
) -> pd.DataFrame:
    """Votes of the reference samples nearest to each sample, and the label where they are clear.

    Parameters
    ----------
    data
        Expression of shape (n_obs, n_genes): DataFrame (samples × genes), AnnData, Expression or path. Only the order
        of the genes within a sample counts, so the unit does not matter.
    files
        Gene sets and reference, from ``read_portrait_clone(folder)``.
    scaler
        Scale of an earlier cohort; without it the samples are scaled among themselves.
    options
        Neighbours, clipping, thresholds.

    Returns
    -------
    DataFrame, one row a sample
        ``prediction`` (a label or ``"unassigned"``), ``nearest`` (the label with most votes, which the authors' own
        software gives), then ``votes_<label>`` and ``share_<label>``. ``attrs`` holds where it comes from.

    Raises
    ------
    ReferenceDataError
        R101 for one sample without a scaler; R106 when a signature does not vary.
    SchemeError
        S133 when genes of the sets are missing, S134 for options.
    ExpressionError
        E501 when values are missing.

    Warns
    -----
    CohortWarning
        W301 below 30 samples without a scaler.
    CoverageWarning
        W201 below 80 % of the genes of a set.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> genes = [f"GENE{number}" for number in range(40)]
    >>> sets = {"first": tuple(genes[:10]), "second": tuple(genes[10:20])}
    >>> reference = pd.DataFrame([[1.5, -1.5], [-1.5, 1.5]] * 20, columns=list(sets), index=range(40))
    >>> files = PortraitFiles(sets, reference, pd.Series(["A", "B"] * 20, index=reference.index))
    >>> values = rng.normal(6, 1, size=(30, 40))
    >>> values[::2, :10] += 3
    >>> values[1::2, 10:20] += 3
    >>> data = pd.DataFrame(values, columns=genes, index=[f"P{number}" for number in range(30)])
    >>> portraits(data, files, options=PortraitOptions(k=9))["prediction"].head(4).tolist()
    ['A', 'B', 'A', 'B']
    """
    chosen = options or PortraitOptions()
    if chosen.k > len(files.reference):
        message = f"k={chosen.k} neighbours of {len(files.reference)} reference samples cannot vote; give a smaller k."
        raise SchemeError(message, code="S134")
    expression = as_expression(data, chosen.read)
    if scaler is None:
        _check_cohort(expression.n_obs)
    wanted = {str(name): files.sets[str(name)] for name in files.reference.columns}
    scores = portrait_scores(expression, wanted)
    used = scaler or PortraitScaler.fit(scores, name="own cohort")
    frame = _voted(used.apply(scores)[list(wanted)], files, chosen)
    mode = f"frozen: {used.name} (n={used.n})" if scaler else f"own cohort (n={used.n})"
    about = {"doi": DOI, "scale": mode, "n_reference": len(files.reference), "k": chosen.k, "licence": LICENCE_NOTE}
    frame.attrs.update(about, coverage=scores.attrs["coverage"])
    return frame


def _check_cohort(n_obs: int) -> None:
    if n_obs < 2:
        message = (
            f"Portraits of {n_obs} sample cannot be scaled: scores mean something only among other samples. Give the "
            "whole cohort, or scaler=PortraitScaler.load(…) that was fitted on a cohort of the same kind."
        )
        raise ReferenceDataError(message, code="R101")
    if n_obs < SMALL_COHORT:
        message = f"Portraits are scaled among {n_obs} samples; below {SMALL_COHORT} they move with the other samples."
        warn(message, CohortWarning, code="W301", stacklevel=4)


def _voted(scaled: pd.DataFrame, files: PortraitFiles, options: PortraitOptions) -> pd.DataFrame:
    """Votes, shares and calls of scaled scores (n_obs, n_signatures); both sides are cut at ± clip."""
    codes = np.array([files.classes.index(str(one)) for one in files.labels], dtype=np.intp)
    cut = (-options.clip, options.clip)
    values = scaled.to_numpy(dtype=np.float64).clip(*cut)
    reference = files.reference.to_numpy(dtype=np.float64).clip(*cut)
    votes = votes_of(values, reference, codes, k=options.k, n_labels=len(files.classes))
    first, firm = decide(votes, min_share=options.min_share, min_margin=options.min_margin)
    nearest = np.array(files.classes, dtype=object)[first]
    columns: dict[str, Any] = {"prediction": np.where(firm, nearest, UNASSIGNED), "nearest": nearest}
    columns |= {f"votes_{name}": votes[:, number] for number, name in enumerate(files.classes)}
    columns |= {f"share_{name}": votes[:, number] / options.k for number, name in enumerate(files.classes)}
    return pd.DataFrame(columns, index=pd.Index(scaled.index, name="sample"))


def portrait_scores(data: Any, sets: Mapping[str, Sequence[str]], *, read: ReadOptions | None = None) -> pd.DataFrame:
    """The published score of each signature in each sample, before scaling.

    Parameters
    ----------
    data
        Expression of shape (n_obs, n_genes); ranks are taken over all its genes.
    sets
        Genes of each signature, as ``read_gene_sets(path)`` gives them.
    read
        How the matrix is read.

    Returns
    -------
    DataFrame of shape (n_obs, n_signatures); ``attrs["coverage"]`` says how many genes were found.

    Raises
    ------
    SchemeError
        S133 when fewer than half the genes of a set are there.
    ExpressionError
        E501 when values are missing: the authors' code ranks them highest.

    Warns
    -----
    CoverageWarning
        W201 below 80 % of the genes of a set.

    Examples
    --------
    >>> sample = pd.DataFrame([[9.0, 8.0, 1.0, 2.0]], index=["P1"], columns=["CD8A", "GZMA", "MYC", "SOX2"])
    >>> portrait_scores(sample, {"T cells": ["CD8A", "GZMA"], "growth": ["MYC", "SOX2"]}).round(3).to_numpy().tolist()
    [[2.018, 0.043]]
    """
    expression = as_expression(data, read or ReadOptions())
    columns, coverage = _matched(expression, sets)
    parts = [
        portrait_scores_of(_whole(expression, read_block(expression, block), block.start), columns)
        for block in iter_blocks(expression, memory="64MB")
    ]
    frame = pd.DataFrame(
        np.concatenate(parts), index=pd.Index(expression.samples, name="sample"), columns=[str(name) for name in sets]
    )
    frame.attrs["coverage"] = coverage
    return frame


def _matched(
    expression: Expression, sets: Mapping[str, Sequence[str]]
) -> tuple[list[NDArray[np.intp]], dict[str, str]]:
    found = {str(name): np.sort(expression.index.match(list(genes)).found) for name, genes in sets.items()}
    asked = {str(name): len(set(genes)) for name, genes in sets.items()}
    complain(
        [
            f"{name}: {len(found[name])} of {n} genes are in the data; at least half are needed"
            for name, n in asked.items()
            if len(found[name]) < max(MIN_COVERAGE * n, 1)
        ],
        SchemeError,
        code="S133",
        subject="Too few genes for the portraits",
    )
    low = [f"{name} {len(found[name])}/{n}" for name, n in asked.items() if len(found[name]) < WARN_COVERAGE * n]
    if low:
        message = f"{len(low)} of {len(asked)} signatures have reduced coverage: {', '.join(low[:5])}."
        warn(message, CoverageWarning, code="W201", stacklevel=4)
    return list(found.values()), {name: f"{len(found[name])}/{n}" for name, n in asked.items()}


def _whole(expression: Expression, block: NDArray[Any] | CsrRows, start: int) -> NDArray[np.float64]:
    """Rows of a block as a full array; refused when values are missing."""
    if isinstance(block, CsrRows):
        n_rows = len(block.indptr) - 1
        values = np.zeros((n_rows, block.n_genes))
        values[np.repeat(np.arange(n_rows), np.diff(block.indptr)), block.indices] = block.data
    else:
        values = np.asarray(block, dtype=np.float64)
    holes = np.flatnonzero(np.isnan(values).any(axis=1))
    if holes.size:
        first = ", ".join(expression.samples[start + row] for row in holes[:5])
        message = (
            f"Values are missing in {holes.size} samples ({first}); portraits rank whole samples. Leave these out."
        )
        raise ExpressionError(message, code="E501")
    return values
