"""Scores of sets that are no signatures: random ones, and signatures with genes left out.

A signature is scored again as it was scored first: genes down are subtracted, and weights go with their genes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resistype.expression import Expression
from resistype.genes import Match
from resistype.library import Signature
from resistype.score import IndexedSets, Null, get_method, score_sets
from resistype.score.null import Draws

__all__ = ["Members", "random_sets", "rescored", "sets_of"]


@dataclass(frozen=True, eq=False)
class Members:
    """The genes of a signature that a matrix has, in the signature's order: up genes, then down genes.

    Parameters
    ----------
    genes
        Their names in the signature.
    columns
        Shape (n_found,): their columns in the matrix.
    up
        Shape (n_found,): whether a gene raises the score.
    weights
        Shape (n_found,): ones where the signature has none. A gene down is subtracted, whatever sign its weight has.
    """

    genes: tuple[str, ...]
    columns: NDArray[np.intp]
    up: NDArray[np.bool_]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, signature: Signature, match: Match) -> Members:
        """Those of a signature whose genes, up then down, were matched."""
        found = match.columns >= 0
        genes = tuple(gene for gene, there in zip(match.wanted, found, strict=True) if there)
        up = (np.arange(found.size) < len(signature.up))[found]
        weights = np.array([(signature.weights or {}).get(gene, 1.0) for gene in genes])
        return cls(genes, match.columns[found], up, np.where(up, weights, np.abs(weights)))

    def only(self, places: NDArray[np.intp]) -> Members:
        """Some of them, by their places in ascending order."""
        genes = tuple(self.genes[place] for place in places)
        return Members(genes, self.columns[places], self.up[places], self.weights[places])


def sets_of(members: Sequence[Members], n_genes: int) -> IndexedSets:
    """One set each, over a matrix of so many genes."""
    return IndexedSets.build(
        [one.columns[one.up] for one in members],
        n_genes,
        down=[one.columns[~one.up] for one in members],
        weights=[one.weights for one in members],
    )


def random_sets(
    members: Members, mean: NDArray[np.float64], null: Null, *, names: Sequence[str] | None = None
) -> IndexedSets:
    """Random sets like a signature: as many genes up and down, of the same mean expression, with its weights.

    Parameters
    ----------
    members
        Genes of the signature.
    mean
        Shape (n_genes,): mean expression.
    null
        How many, and the seed.
    names
        Names of the genes; they decide between equal means.
    """
    whole = sets_of([members], mean.size)
    draws = Draws.build(mean, whole, null, names=names)
    parts = [list(draws.columns(part)) for part in range(whole.n_parts)]
    none: list[NDArray[np.intp]] = [np.empty(0, np.intp)] * draws.n
    up = parts[0] if whole.sign[0] == 1 else none
    down = parts[-1] if whole.sign[-1] == -1 else none
    return IndexedSets.build(up, mean.size, down=down, weights=[members.weights] * draws.n)


def rescored(expression: Expression, sets: IndexedSets, method: str, *, n_jobs: int) -> NDArray[np.float64]:
    """Scores of indexed sets, shape (n_obs, n_sets), on the scale that the method wants."""
    wants_log2 = get_method(method).family == "value"
    values = expression.log2() if wants_log2 else expression.values
    return score_sets(values, sets, method=method, n_jobs=n_jobs)
