"""A matrix made ready for questions about sets of genes: standardised once, asked many times.

Every question about a set is a sum over its standardised genes, so the matrix is kept with genes in
rows, each with mean 0 and variance 1 over the samples. Two identities then make all questions
cheap. With S the sum of k standardised genes (those down with a minus), the mean of S² over the
samples is the sum of all their correlations, so the mean pairwise correlation is (mean(S²) - k) /
(k(k - 1)); and the correlation of a gene with the sum of the others needs only its own row and S.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError
from resistype.expression import Expression, as_expression
from resistype.genes import Coverage, GeneIndex
from resistype.library import Signature

FEWEST = 3
MOST = 2000


@dataclass(frozen=True, eq=False)
class Prepared:
    """Standardised expression, with genes in rows.

    Parameters
    ----------
    z
        Shape (n_genes, n_obs): each gene with mean 0 and variance 1; zeros for a gene that does not
        vary.
    mean
        Shape (n_genes,): mean expression in log2(x + 1).
    detected
        Shape (n_genes,): fraction of samples in which the gene is expressed.
    varies
        Shape (n_genes,): whether the gene varies at all.
    index
        Finds genes among the rows.
    notes
        What was done, for example that cells were drawn.
    """

    z: NDArray[np.float64]
    mean: NDArray[np.float64]
    detected: NDArray[np.float64]
    varies: NDArray[np.bool_]
    index: GeneIndex
    notes: tuple[str, ...] = ()

    @property
    def n_obs(self) -> int:
        """Number of samples or cells."""
        return int(self.z.shape[1])

    def members(self, signature: Signature) -> Members:
        """Rows and signs of the genes of a signature that are measured and vary."""
        match = self.index.match(signature.genes, species=signature.species)
        usable = (match.columns >= 0) & self.varies[match.columns]
        signs = np.array([-1.0 if gene in set(signature.down) else 1.0 for gene in signature.genes])
        names = tuple(name for name, keep in zip(signature.genes, usable, strict=True) if keep)
        cover = self.index.coverage(signature.genes, species=signature.species)
        return Members(names, match.columns[usable], signs[usable], cover)


@dataclass(frozen=True, eq=False)
class Members:
    """Genes of a signature in a prepared matrix.

    Parameters
    ----------
    genes
        Names as the signature has them.
    rows
        Shape (k,): rows of the matrix.
    signs
        Shape (k,): 1 for genes up, -1 for genes down.
    coverage
        What was found and what is missing.
    """

    genes: tuple[str, ...]
    rows: NDArray[np.intp]
    signs: NDArray[np.float64]
    coverage: Coverage

    def __len__(self) -> int:
        return len(self.genes)

    def without(self, rows: Sequence[int] | NDArray[np.intp]) -> Members:
        """The same without the genes in some rows of the matrix."""
        keep = ~np.isin(self.rows, np.asarray(rows, np.intp))
        names = tuple(name for name, kept in zip(self.genes, keep, strict=True) if kept)
        return Members(names, self.rows[keep], self.signs[keep], self.coverage)


def prepare(
    data: Expression | pd.DataFrame | str | Path | Any,
    *,
    expressed: float = 0.5,
    most: int = MOST,
    seed: int = 0,
) -> Prepared:
    """Standardise a matrix for questions about sets.

    Parameters
    ----------
    data
        Expression, (n_obs, n_genes): whatever `as_expression` takes.
    expressed
        Expression from which a gene counts as expressed, in log2(x + 1).
    most
        Most samples or cells used; of more, so many are drawn at random.
    seed
        Seed of that draw.

    Returns
    -------
    Prepared
        Ready for `coherence`, `influence` and `redundancy`.

    Raises
    ------
    SamplesError
        With fewer than three samples there is no correlation (E925).

    Examples
    --------
    >>> values = pd.DataFrame({"TOX": [1.5, 2.5, 3.5], "B2M": [4.5, 4.5, 4.5]}, index=list("abc"))
    >>> prepare(values).varies.tolist()
    [True, False]
    """
    expression = as_expression(data)
    if expression.n_obs < FEWEST:
        message = f"The data have {expression.n_obs} samples; correlations need at least {FEWEST}."
        raise SamplesError(message, code="E925")
    notes: tuple[str, ...] = ()
    if expression.n_obs > most:
        rows = np.sort(np.random.default_rng(seed).choice(expression.n_obs, most, replace=False))
        notes = (f"{most:,} of {expression.n_obs:,} samples were drawn at random (seed {seed}).",)
        expression = expression.select([expression.samples[row] for row in rows])
    values = np.ascontiguousarray(expression.log2().T)
    detected = np.asarray((values > expressed).mean(axis=1))
    mean = values.mean(axis=1)
    values -= mean[:, None]
    spread = np.sqrt(np.einsum("ij,ij->i", values, values) / values.shape[1])
    varies = spread > 1e-9
    values /= np.where(varies, spread, 1.0)[:, None]
    values[~varies] = 0.0
    return Prepared(values, mean, detected, varies, expression.index, notes)
