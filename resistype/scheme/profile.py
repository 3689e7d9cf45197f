"""The usual tumour of a reference, gene by gene, for the genes of the scheme's signatures.

When genes are left out of a set, the score of every sample moves alike, because some genes are always high. What that
common move is can be seen in the cohort, where there is one; for a frozen reference it is computed from the usual
rank of each gene, which the reference keeps.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from resistype.expression.store import dense_rows
from resistype.scheme.context import Context, Panel
from resistype.scheme.reference import GeneFigures
from resistype.score.kernels import doubled_ranks
from resistype.score.rows import DenseRows

__all__ = ["es_of_profile", "gene_figures", "leave_out_shift"]

_WEIGHT = 0.25


def gene_figures(panel: Panel, rows: NDArray[np.intp]) -> dict[str, GeneFigures]:
    """Mean log2 expression and mean rank (between 0 and 1) of each signature gene over reference rows."""

    expression = panel.expression
    found = {name: match.columns[match.columns >= 0] for name, match in panel.matches.items()}
    wanted = np.unique(np.concatenate([*found.values(), np.empty(0, dtype=np.intp)]))
    ranks = np.zeros(len(wanted))
    for row in rows:
        values = dense_rows(expression.values, int(row), int(row) + 1)
        ranks += doubled_ranks(DenseRows(values))[0, wanted] / 2 / expression.n_genes
        if np.isnan(values).any():
            ranks[:] = np.nan
    place = {int(column): k for k, column in enumerate(wanted)}
    figures = {}
    for name, columns in found.items():
        mean_rank = np.array([ranks[place[int(c)]] for c in columns]) / max(len(rows), 1)
        figures[name] = GeneFigures(tuple(panel.measured(name)), panel.log2[name][rows].mean(axis=0), mean_rank)
    return figures


def es_of_profile(ranks: NDArray[np.float64]) -> float:
    """ES/N of a set whose genes have these ranks between 0 and 1, in a universe much larger than the set."""
    weights = ranks**_WEIGHT
    return float(np.sum(weights * ranks) / np.sum(weights)) - 0.5


def mean_of_profile(ranks: NDArray[np.float64]) -> float:
    """The score of singscore for the same."""
    return float(np.mean(ranks)) - 0.5


PROFILES: dict[str, Callable[[NDArray[np.float64]], float]] = {"ssgsea": es_of_profile, "singscore": mean_of_profile}


def leave_out_shift(
    context: Context, signature: str, kept: list[NDArray[np.intp]], *, method: str
) -> NDArray[np.float64] | float:
    """How far the score of the usual tumour moves in each repeat, shape (n_repeats,); 0 for an own cohort.

    Known for the methods whose score of a profile of ranks has a form of its own (`PROFILES`); 0 for others.
    """
    reference, score = context.reference, PROFILES.get(method)
    if reference is None or score is None or reference.is_own or signature not in reference.genes_of:
        return 0.0
    figures = reference.genes_of[signature]
    known = dict(zip(figures.genes, figures.rank, strict=True))
    measured = context.panel.measured(signature)
    if any(gene not in known for gene in measured):
        return 0.0
    ranks = np.array([known[gene] for gene in measured])
    up = context.panel.members[signature].up

    def _up_minus_down(places: NDArray[np.intp]) -> float:
        sides = [ranks[places[up[places]]], ranks[places[~up[places]]]]
        return sum(sign * score(side) for sign, side in zip((1, -1), sides, strict=True) if side.size)

    whole = _up_minus_down(np.arange(ranks.size))
    return np.array([_up_minus_down(places) - whole for places in kept])
