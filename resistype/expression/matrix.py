"""Expression: a matrix with its genes, its samples and its unit, and what was found while reading
it.

The values keep the unit they came in; `log2` gives the house scale log2(x + 1) and is the only
place that converts. Every step works on a row alone, so adding, removing or reordering samples
changes no value by one bit. Library sizes of counts are exact sums: whole numbers add without
rounding, others go through `math.fsum`.

All ways in end in `finish`, so a file and the same matrix in memory are judged alike: names → unit
→ repeated genes → missing values. Every step leaves a sentence in the notes when it found or did
something.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression.blocks import Block, row_ranges, take_columns, take_rows
from resistype.expression.checks import (
    Names,
    check_flat,
    check_samples,
    check_values,
    not_empty,
    transposed,
)
from resistype.expression.figures import figures
from resistype.expression.gene_rows import gene_notes, gene_rows, merge_duplicates
from resistype.expression.store import (
    Backed,
    CsrRows,
    Matrix,
    SampleNames,
    SourceFile,
    columns_of,
    compact,
    csr_rows,
    dense_rows,
    is_scipy,
    is_sparse,
)
from resistype.expression.units import ReadOptions, Stated, Unit, find_unit, taken_back
from resistype.genes import GeneIndex
from resistype.text import listed, option, plural

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
        Sample or cell names, unique. Of a matrix that stays on disk they are held compactly
        (`SampleNames`) and become text when they are asked for; they read and compare like a tuple.
    obs
        What is known of the samples, indexed by sample; may have no columns.
    unit
        ``counts``, ``cpm``, ``tpm``, ``log2`` (log2(x + 1)), ``log2_small_offset`` (log2(TPM +
        0.001)), ``ln`` (ln(x + 1)), ``scaled`` or ``unknown``.
    notes
        What was found and done on reading, one sentence each, for the report.
    source
        File the matrix came from, or ``"memory"``.
    file
        The file itself, where there is one; its SHA-256 is `digest`.
    read_as
        What the values were read as, and how that was recognised.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.expression import as_expression
    >>> data = as_expression(
    ...     pd.DataFrame({"CD8A": [1.5, 0.0], "B2M": [9.5, 8.0]}, index=["P1", "P2"])
    ... )
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
    read_as: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        wanted = (len(self.samples), len(self.genes))
        if tuple(self.values.shape) != wanted:
            shape = tuple(self.values.shape)
            message = (
                f"Values of shape {shape} do not go with {wanted[0]} samples × {wanted[1]} genes."
            )
            raise ExpressionError(message, code="E304")

    def __repr__(self) -> str:
        kind = "backed " if isinstance(self.values, Backed) else ""
        kind += "sparse" if is_sparse(self.values) else "dense"
        return (
            f"Expression({self.n_obs:,} samples × {self.n_genes:,} genes, {self.unit}, {kind}, from"
            f" {self.source})"
        )

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
        """SHA-256 of the file the matrix came from, or ``""``; of a file that stays on disk found
        when asked for.

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
        return np.concatenate(
            [_row_sums(self.values, *block) for block in row_ranges(self.values, memory="64MB")]
        )

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
            what = (
                f"not in the matrix: {', '.join(absent[:5])}"
                if absent
                else "a name is asked for twice"
            )
            message = (
                f"Cannot select {len(samples)} samples; {what}. The matrix has {self.n_obs:,}"
                " samples."
            )
            raise ExpressionError(message, code="E305")
        rows = np.array([place[name] for name in samples], dtype=np.intp)
        out = replace(
            self,
            values=take_rows(self.values, rows),
            samples=tuple(samples),
            obs=self.obs.iloc[rows],
        )
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
                f"Cannot take {wanted.size:,} genes by number: each must lie in"
                f" 0–{self.n_genes - 1:,} and occur once."
            )
            raise ExpressionError(message, code="E305")
        genes = tuple(self.genes[column] for column in wanted)
        out = replace(self, values=take_columns(self.values, wanted), genes=genes)
        if self.unit == "counts":
            out.__dict__["library_size"] = self.library_size
        return out

    def log2(self, columns: NDArray[np.intp] | None = None) -> NDArray[np.float64]:
        """Expression in the house scale, log2(x + 1).

        Counts become log2(CPM + 1), with library sizes over all genes of the matrix. TPM and CPM
        become log2(x + 1). log2(TPM + 0.001) is turned back and gets the offset 1.

        Parameters
        ----------
        columns
            Numbers of the genes wanted, shape (k,); -1, the mark of an absent gene, gives NaN. By
            default all genes.

        Returns
        -------
        numpy.ndarray
            Shape (n_obs, k), float64. A sample whose counts are all zero has no CPM and gets NaN.

        Raises
        ------
        ExpressionError
            E404 when the unit is ``scaled`` or ``unknown``: such values cannot be turned into log2
            expression.

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
                f"Values are of unit '{self.unit}' and cannot be turned into log2(x + 1). Give"
                " counts, TPM or log2 values; where the unit was not recognised, name it with"
                f" {option('values')}."
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
        """Smallest value of each sample in the stored unit, shape (n_obs,); where a silent gene
        stands.
        """
        blocks = row_ranges(self.values, memory="64MB")
        return np.concatenate([_row_floor(self.values, *block) for block in blocks])


def _house_scale(
    values: NDArray[np.float64], unit: Unit, sizes: NDArray[np.float64]
) -> NDArray[np.float64]:
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


@dataclass(frozen=True, eq=False)
class Raw:
    """Values (n_obs, n_genes) with the names as they were found."""

    values: Any
    genes: tuple[str, ...]
    samples: tuple[str, ...]
    obs: pd.DataFrame
    notes: tuple[str, ...] = ()
    source: str = "memory"
    file: SourceFile | None = None
    stated: Stated | None = None


def bare_obs(samples: tuple[str, ...]) -> pd.DataFrame:
    """A table of samples about which nothing is known."""
    return pd.DataFrame(index=pd.Index(samples, dtype=object))


def flip(raw: Raw) -> Raw:
    """The same matrix with rows and columns exchanged."""
    values = raw.values.T.tocsr() if is_scipy(raw.values) else raw.values.T
    return replace(
        raw, values=values, genes=tuple(raw.samples), samples=raw.genes, obs=bare_obs(raw.genes)
    )


def upright(raw: Raw, options: ReadOptions) -> Raw:
    """A matrix in memory or of an h5ad, turned only when the user says so."""
    not_empty(
        len(raw.samples), len(raw.genes), raw.source if raw.source != "memory" else "The matrix"
    )
    if options.orientation == "genes_x_samples":
        return flip(raw)
    error = transposed(raw.samples, raw.genes) if options.orientation == "auto" else None
    if error is not None:
        raise error
    return raw


def finish(raw: Raw, options: ReadOptions) -> Expression:
    """Check names and values and give the Expression."""
    whole = isinstance(raw.samples, SampleNames) and isinstance(raw.values, Backed)
    samples = raw.samples if whole else tuple(name.strip() for name in raw.samples)
    check_samples(samples)
    genes, keep, notes = gene_rows(raw.genes, options)
    values = _floats(raw.values if keep is None else take_columns(raw.values, keep))
    seen = figures(values)
    notes += check_values(values, Names(genes, samples), seen=seen, options=options)
    verdict = find_unit(seen, options, raw.stated)
    unit = verdict.unit
    if verdict.scale != unit and isinstance(values, Backed):
        values = take_columns(values, np.arange(len(genes), dtype=np.intp))
    values = taken_back(values, verdict.scale)
    values, genes, merged = merge_duplicates(values, genes, unit=unit, options=options)
    notes += [verdict.note, *merged, *gene_notes(genes), *check_flat(samples, seen, len(samples))]
    if isinstance(values, Backed):
        samples, index = compact(samples)
    else:
        index = pd.Index(samples, dtype=object)
    obs = raw.obs.set_axis(index, axis=0)
    return Expression(
        values,
        genes,
        samples,
        obs,
        unit,
        (*raw.notes, *notes),
        raw.source,
        raw.file,
        verdict.read_as,
    )


def _floats(values: Any) -> Any:
    """Values as float32 or float64 in row order; what is so already is not copied."""
    if isinstance(values, Backed):
        return values
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float32 if values.dtype == np.float16 else np.float64)
    return values if is_scipy(values) else np.ascontiguousarray(values)


def iter_blocks(
    expression: Expression, *, memory: str | int = "512MB", rows: int | None = None
) -> Iterator[Block]:
    """Cut a matrix into row blocks that each need at most `memory` when read.

    Parameters
    ----------
    expression
        The matrix, (n_obs, n_genes).
    memory
        Budget of one block.
    rows
        Fixed number of rows a block; the last may be shorter. By default as many as fit.

    Yields
    ------
    Block
        Row ranges that follow each other and cover the matrix once.

    Raises
    ------
    ExpressionError
        E302 when `rows` rows, or one row, do not fit into the budget; E303 when the budget is not a
        size.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.expression import as_expression, iter_blocks
    >>> table = pd.DataFrame(
    ...     {"CD8A": [1.5, 2.0, 0.5], "B2M": [9.5, 8.0, 7.0]}, index=["a", "b", "c"]
    ... )
    >>> [tuple(block) for block in iter_blocks(as_expression(table), rows=2)]
    [(0, 2), (2, 3)]
    """
    return row_ranges(expression.values, memory=memory, rows=rows)


def read_block(expression: Expression, block: Block) -> NDArray[Any] | CsrRows:
    """Values of one block: an array (rows, n_genes), or the parts of a CSR matrix when the source
    is sparse.

    Values are float32 or float64 and may share memory with the matrix, so they are to be read only.
    Sparse rows hold no zeros and have their columns in ascending order.

    Raises
    ------
    ExpressionError
        E501 or E502 when rows that stayed on disk until now hold missing or infinite values; E313
        when they are damaged.
    """
    values = expression.values
    got = csr_rows(values, *block) if is_sparse(values) else dense_rows(values, *block)
    if isinstance(values, Backed):
        _check(expression, block, got, may_miss=values.may_miss)
    return got


def _check(
    expression: Expression, block: Block, got: NDArray[Any] | CsrRows, *, may_miss: bool
) -> None:
    """Refuse missing and infinite values of a matrix that was not read whole when it was opened."""
    data = got.data if isinstance(got, CsrRows) else got
    bad = np.isinf(data) if may_miss else ~np.isfinite(data)
    if not bad.any():
        return
    if isinstance(got, CsrRows):
        row = np.repeat(np.arange(block.stop - block.start), np.diff(got.indptr))[bad]
        column = got.indices[bad]
    else:
        row, column = np.nonzero(bad)
    infinite = bool(np.isinf(data).any())
    kind = (
        ("infinite value", "infinite values") if infinite else ("missing value", "missing values")
    )
    places = zip(row.tolist(), column.tolist(), strict=True)
    first = listed(
        f"{expression.genes[c]} in '{expression.samples[block.start + r]}'" for r, c in places
    )
    message = (
        f"{plural(int(bad.sum()), *kind)} in samples {block.start + 1:,}–{block.stop:,} of"
        f" {expression.source} (first: {first}). Correct them at the source; do not fill with 0."
    )
    raise ExpressionError(message, code="E502" if infinite else "E501")
