"""Pseudobulk: counts of cells summed to one profile a sample, by scanpy, block by block.

A matrix that stays on disk is read in row blocks; scanpy adds up the cells of each block by sample
and the sums of the blocks are added. Counts are whole numbers, so the size of the blocks changes
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from resistype.errors import ExpressionError, SamplesError
from resistype.expression import CsrRows, Expression, iter_blocks, read_block
from resistype.extras import needs
from resistype.samples.table import as_key


@dataclass(frozen=True, eq=False)
class Pseudobulk:
    """Summed counts of samples."""

    expression: Expression
    n_cells: pd.Series
    left_out: dict[str, str] = field(default_factory=dict)


def pseudobulk(
    expression: Expression,
    by: Sequence[object] | pd.Series,
    *,
    min_cells: int = 25,
    memory: str = "64MB",
) -> Pseudobulk:
    """Sum the counts of the cells of each sample."""
    if expression.unit != "counts":
        message = (
            f"Pseudobulk adds up counts; these values are of unit '{expression.unit}'. Give the raw"
            " counts."
        )
        raise ExpressionError(message, code="E404")
    if len(by) != expression.n_obs:
        message = (
            f"{len(by)} sample names for {expression.n_obs} cells; give one a cell, in their order."
        )
        raise SamplesError(message, code="E962")
    labels = pd.Categorical([as_key(name) for name in by])
    names = [str(name) for name in labels.categories]
    sums = np.zeros((len(names), expression.n_genes))
    for block in iter_blocks(expression, memory=memory):
        rows = read_block(expression, block)
        _add(sums, rows, labels[block.start : block.stop])
    n_cells = pd.Series(
        np.bincount(labels.codes[labels.codes >= 0], minlength=len(names)), index=names
    )
    return _finished(expression, sums, n_cells, min_cells)


def _add(
    sums: NDArray[np.float64], rows: NDArray[np.generic] | CsrRows, labels: pd.Categorical
) -> None:
    """Add the sums of one block, as scanpy finds them."""
    with needs("scanpy", extra="single-cell", what="Pseudobulk"):
        import scanpy as sc  # noqa: PLC0415  only where pseudobulk is made
    known = labels.codes >= 0
    if not known.any():
        return
    if isinstance(rows, CsrRows):
        shape = (rows.indptr.size - 1, rows.n_genes)
        matrix = sp.csr_matrix(
            (rows.data.astype(np.float64), rows.indices, rows.indptr), shape=shape
        )
    else:
        matrix = sp.csr_matrix(rows.astype(np.float64))
    obs = pd.DataFrame({"sample": labels[known]}, index=[str(i) for i in range(int(known.sum()))])
    made = sc.get.aggregate(sc.AnnData(matrix[known], obs=obs), by="sample", func="sum")
    place = labels.categories.get_indexer(made.obs["sample"].astype(str))
    sums[place] += sp.csr_matrix(made.layers["sum"]).toarray()


def _finished(
    expression: Expression, sums: NDArray[np.float64], n_cells: pd.Series, min_cells: int
) -> Pseudobulk:
    enough = (n_cells >= min_cells).to_numpy()
    left_out = {name: f"{n} cells, {min_cells} are needed" for name, n in n_cells[~enough].items()}
    if not enough.any():
        message = (
            f"No sample has {min_cells} cells; the largest has"
            f" {int(n_cells.max()) if len(n_cells) else 0}."
        )
        raise SamplesError(message, code="E963")
    kept = n_cells[enough]
    samples = tuple(str(name) for name in kept.index)
    out = Expression(
        values=sums[enough],
        genes=expression.genes,
        samples=samples,
        obs=pd.DataFrame({"n_cells": kept.to_numpy()}, index=pd.Index(samples)),
        unit="counts",
        notes=(f"Sums of {int(kept.sum()):,} cells in {len(samples)} samples.",),
        source=expression.source,
    )
    return Pseudobulk(out, kept, {str(k): v for k, v in left_out.items()})
