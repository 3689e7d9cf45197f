"""Expression: a matrix with its genes, its samples and its unit, and what was found while reading it.

The values keep the unit they came in; `log2` gives the house scale log2(x + 1) and is the only place that converts.
Every step works on a row alone, so adding, removing or reordering samples changes no value by one bit. Library sizes
of counts are exact sums: whole numbers add without rounding, others go through `math.fsum`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression.options import Unit
from resistype.expression.ranges import row_ranges
from resistype.expression.source import SourceFile
from resistype.expression.store import Backed, CsrRows, Matrix, as_csr, columns_of, csr_rows, dense_rows, is_sparse
from resistype.genes import GeneIndex

__all__ = ["Expression"]

OFFSET = 0.001  # of the cohorts stored as log2(TPM + 0.001)


@dataclass(frozen=True, eq=False)
class Expression:
    """Samples × genes, with what is known about them.

    Parameters
    ----------
    values
        Array, CSR matrix or backed matrix of shape (n_obs, n_genes), in `unit`.
    genes
        Gene names as they stand in the data, cleaned of spaces and Ensembl versions.
    samples
        Sample or cell names, unique. Of a matrix that stays on disk they are held compactly (`SampleNames`) and become
        text when they are asked for; they read and compare like a tuple.
    obs
        What is known of the samples, indexed by sample; may have no columns.
    unit
        ``counts``, ``cpm``, ``tpm``, ``log2`` (log2(x + 1)), ``log2_small_offset`` (log2(TPM + 0.001)), ``ln``
        (ln(x + 1)), ``scaled`` or ``unknown``.
    notes
        What was found and done on reading, one sentence each, for the report.
    source
        File the matrix came from, or ``"memory"``.
    file
        The file itself, where there is one; its SHA-256 is `digest`.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.expression import as_expression
    >>> data = as_expression(pd.DataFrame({"CD8A": [1.5, 0.0], "B2M": [9.5, 8.0]}, index=["P1", "P2"]))
    >>> data.n_obs, data.n_genes, data.unit
    (2, 2, 'log2')
    """

    values: Matrix
    genes: tuple[str, ...]
    samples: tuple[str, ...]
    obs: pd.DataFrame = field(repr=False)
    unit: Unit
    notes: tuple[str, ...] = field(default=(), repr=False)
    source: str = "memory"
    file: SourceFile | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        wanted = (len(self.samples), len(self.genes))
        if tuple(self.values.shape) != wanted:
            shape = tuple(self.values.shape)
            message = f"Values of shape {shape} do not go with {wanted[0]} samples × {wanted[1]} genes."
            raise ExpressionError(message, code="E304")

    def __repr__(self) -> str:
        kind = "backed " if isinstance(self.values, Backed) else ""
        kind += "sparse" if is_sparse(self.values) else "dense"
        return f"Expression({self.n_obs:,} samples × {self.n_genes:,} genes, {self.unit}, {kind}, from {self.source})"

    @property
    def n_obs(self) -> int:
        """Number of samples or cells."""
        return len(self.samples)

    @property
    def n_genes(self) -> int:
        """Number of genes."""
        return len(self.genes)

    @property
    def digest(self) -> str:
        """SHA-256 of the file the matrix came from, or ``""``; of a file that stays on disk found when asked for.

        Raises
        ------
        ExpressionError
            E316 when that file has been changed since it was opened.
        """
        return "" if self.file is None else self.file.sha256

    @cached_property
    def index(self) -> GeneIndex:
        """Index of the gene names, built once; finds genes by symbol, alias and Ensembl id."""
        return GeneIndex(self.genes)

    @cached_property
    def library_size(self) -> NDArray[np.float64]:
        """Sum over all genes of each sample, exact, shape (n_obs,), in the stored unit."""
        return np.concatenate([_row_sums(self.values, *block) for block in row_ranges(self.values, memory="64MB")])

    def select(self, samples: Sequence[str]) -> Expression:
        """The samples named, in that order, with all genes.

        Raises
        ------
        ExpressionError
            E305 when a name is not among the samples, or is asked for twice.
        """
        place = {name: row for row, name in enumerate(self.samples)}
        absent = [name for name in samples if name not in place]
        if absent or len(set(samples)) < len(samples):
            what = f"not in the matrix: {', '.join(absent[:5])}" if absent else "a name is asked for twice"
            message = f"Cannot select {len(samples)} samples; {what}. The matrix has {self.n_obs:,} samples."
            raise ExpressionError(message, code="E305")
        rows = np.array([place[name] for name in samples], dtype=np.intp)
        out = replace(self, values=_take(self.values, rows), samples=tuple(samples), obs=self.obs.iloc[rows])
        if "index" in self.__dict__:  # the genes are the same
            out.__dict__["index"] = self.index
        return out

    def restrict(self, columns: NDArray[np.intp]) -> Expression:
        """The genes with these numbers, in that order; library sizes stay those of all genes.

        Parameters
        ----------
        columns
            Numbers of the genes, shape (k,), each once and none negative.

        Raises
        ------
        ExpressionError
            E305 when a number is out of range or occurs twice.
        """
        wanted = np.asarray(columns, dtype=np.intp)
        inside = wanted.size == 0 or (wanted.min() >= 0 and wanted.max() < self.n_genes)
        if not inside or np.unique(wanted).size < wanted.size:
            message = (
                f"Cannot take {wanted.size:,} genes by number: each must lie in 0–{self.n_genes - 1:,} and occur once."
            )
            raise ExpressionError(message, code="E305")
        genes = tuple(self.genes[column] for column in wanted)
        out = replace(self, values=_take_columns(self.values, wanted), genes=genes)
        if self.unit == "counts":
            out.__dict__["library_size"] = self.library_size
        return out

    def log2(self, columns: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        """Expression in the house scale, log2(x + 1).

        Counts become log2(CPM + 1), with library sizes over all genes of the matrix. TPM and CPM become log2(x + 1).
        log2(TPM + 0.001) is turned back and gets the offset 1.

        Parameters
        ----------
        columns
            Numbers of the genes wanted, shape (k,); -1, the mark of an absent gene, gives NaN. By default all genes.

        Returns
        -------
        numpy.ndarray
            Shape (n_obs, k), float64. A sample whose counts are all zero has no CPM and gets NaN.

        Raises
        ------
        ExpressionError
            E404 when the unit is ``scaled`` or ``unknown``: such values cannot be turned into log2 expression.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> from resistype.expression import ReadOptions, as_expression
        >>> table = pd.DataFrame({"CD8A": [3.0], "B2M": [255.0]}, index=["P1"])
        >>> as_expression(table, ReadOptions(unit="tpm")).log2(np.array([0, 1])).tolist()
        [[2.0, 8.0]]
        """
        if self.unit in {"scaled", "unknown"}:
            message = (
                f"Values are of unit '{self.unit}' and cannot be turned into log2(x + 1). "
                "Give counts, TPM or log2 values; where the unit was not recognised, name it with unit=."
            )
            raise ExpressionError(message, code="E404")
        wanted = np.arange(self.n_genes) if columns is None else np.asarray(columns, dtype=np.intp)
        out = np.empty((self.n_obs, wanted.size), dtype=np.float64)
        for block in row_ranges(self.values, memory="64MB"):
            part = columns_of(self.values, wanted, rows=slice(*block))
            sizes = self.library_size[slice(*block)] if self.unit == "counts" else np.empty(0)
            out[slice(*block)] = _house_scale(np.ascontiguousarray(part), self.unit, sizes)
        out[:, wanted < 0] = np.nan
        return out

    def floor(self) -> NDArray[np.float64]:
        """Smallest value of each sample in the stored unit, shape (n_obs,); where a silent gene stands."""
        blocks = row_ranges(self.values, memory="64MB")
        return np.concatenate([_row_floor(self.values, *block) for block in blocks])


def _house_scale(values: NDArray[np.float64], unit: Unit, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    if unit == "counts":
        with np.errstate(divide="ignore", invalid="ignore"):
            values = values / sizes[:, None] * 1e6
        return np.asarray(np.log2(values + 1.0))
    if unit in {"tpm", "cpm"}:
        return np.asarray(np.log2(values + 1.0))
    if unit == "log2_small_offset":
        return np.asarray(np.log2(np.maximum(np.exp2(values) - OFFSET, 0.0) + 1.0))
    if unit == "ln":
        return np.asarray(values / math.log(2.0))
    return values


def _row_sums(values: Matrix, start: int, stop: int) -> NDArray[np.float64]:
    if is_sparse(values):
        data, _, indptr, _ = csr_rows(values, start, stop)
    else:
        rows = dense_rows(values, start, stop)
        data, indptr = rows.ravel(), np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int64)
    numbers = data.astype(np.float64)
    total = np.concatenate([[0.0], np.cumsum(numbers)])
    if bool((numbers == np.rint(numbers)).all()) and abs(total).max() < 2**53:
        return np.diff(total[indptr])
    return np.array([math.fsum(numbers[a:b]) for a, b in pairwise(indptr.tolist())])


def _row_floor(values: Matrix, start: int, stop: int) -> NDArray[np.float64]:
    if not is_sparse(values):
        return np.asarray(np.fmin.reduce(dense_rows(values, start, stop), axis=1), dtype=np.float64)
    data, _, indptr, n_genes = csr_rows(values, start, stop)
    stored = np.diff(indptr)
    lowest = np.where(stored < n_genes, 0.0, np.nan)
    np.fmin.at(lowest, np.repeat(np.arange(stored.size), stored), data.astype(np.float64))
    return lowest


def _take(values: Any, rows: NDArray[np.intp]) -> Any:
    if not isinstance(values, Backed):
        return values[rows]
    if not values.sparse:
        return np.vstack([dense_rows(values, int(row), int(row) + 1) for row in rows])
    return _stacked([csr_rows(values, int(row), int(row) + 1) for row in rows], values.shape[1])


def _take_columns(values: Any, columns: NDArray[np.intp]) -> Any:
    if not isinstance(values, Backed):
        picked = values[:, columns]
        return picked.tocsr() if is_sparse(values) else np.ascontiguousarray(picked)
    blocks = list(row_ranges(values, memory="64MB"))
    if not values.sparse:
        return np.vstack([np.ascontiguousarray(dense_rows(values, *block)[:, columns]) for block in blocks])
    parts = [_stacked([csr_rows(values, *block)], values.shape[1])[:, columns] for block in blocks]
    return sp.vstack(parts, format="csr")


def _stacked(parts: list[CsrRows], n_genes: int) -> Any:
    data, indices = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    stored = np.concatenate([np.diff(part.indptr) for part in parts])
    return as_csr(data, indices, np.concatenate([[0], np.cumsum(stored)]), shape=(stored.size, n_genes))
