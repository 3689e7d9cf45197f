"""Score one block of rows by several methods: log2 once, ranks once.

Rank methods put their tables side by side, so one pass over the rows gives the sums of all of them. Rows with genes
that were not measured (NaN) have fewer ranked genes and therefore tables of their own; they go one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resistype.score.method import Method, Settings
from resistype.score.null import Draws
from resistype.score.null_scores import null_block
from resistype.score.rows import CsrRows, Rows
from resistype.score.sets import IndexedSets

if TYPE_CHECKING:
    from resistype.score.rank import Ranks

__all__ = ["Values", "null_names", "score_block"]

Values = dict[str, NDArray[np.float64]]


def score_block(
    rows: Rows,
    sets: IndexedSets,
    methods: Sequence[Method],
    *,
    settings: Settings,
    log2: Rows | None = None,
    draws: Draws | None = None,
) -> Values:
    """Scores of a block.

    Parameters
    ----------
    rows
        Rows in the stored unit; rank methods see these.
    sets
        Sets over the same columns.
    methods
        Methods. Those of the family ``cohort`` take the rows given for the whole cohort.
    settings
        Numbers of the methods.
    log2
        The same rows in log2(x + 1) for methods without ranks; `rows` themselves by default.
    draws
        Random sets to compare the scores of rank methods with.

    Returns
    -------
    For each method id an array of shape (n_obs, n_sets); with `draws` also under `null_names`.
    """
    ranked = [method for method in methods if method.family == "rank"]
    ranks = _room(rows if draws is not None else None) if ranked else None
    parts = _by_rank(rows, sets, ranked, settings=settings, ranks=ranks) if ranks is not None else {}
    for method in methods:
        if method.kernel is not None:
            parts[method.id] = method.kernel(rows if log2 is None or method.family == "pairs" else log2, sets, settings)
    out = {method.id: method.by_signature(sets, parts[method.id]) for method in methods}
    if draws is not None and ranks is not None:
        for method in ranked:
            found = null_block((rows, ranks), sets, method, settings=settings, draws=draws, found=out[method.id])
            out |= dict(zip(null_names(method), found, strict=True))
    return out


def null_names(method: Method) -> tuple[str, str]:
    """Keys of z and p of a method among the values of a block."""
    return f"{method.id}:z", f"{method.id}:p"


def _room(rows: Rows | None) -> Ranks:
    from resistype.score.rank import Ranks  # noqa: PLC0415  numba only when something is scored

    return Ranks.room(rows)


def _by_rank(rows: Rows, sets: IndexedSets, methods: Sequence[Method], *, settings: Settings, ranks: Ranks) -> Values:
    missing = _n_missing(rows)
    if not missing.any():
        return _whole(rows, sets, methods, settings=settings, ranks=ranks)
    out = {method.id: np.empty((rows.n_obs, sets.n_parts)) for method in methods}
    edges = np.flatnonzero(np.diff(np.concatenate([[0], missing > 0, [0]])) != 0)
    runs = np.unique(np.concatenate([[0], edges, np.flatnonzero(missing), [rows.n_obs]]))
    for start, stop in pairwise(runs):
        cut, kept = rows.cut(int(start), int(stop)), ranks.cut(rows, int(start), int(stop))
        if missing[start]:
            one = _partial(cut, sets, methods, settings)
        else:
            one = _whole(cut, sets, methods, settings=settings, ranks=kept)
        for name, values in one.items():
            out[name][start:stop] = values
    return out


def _whole(rows: Rows, sets: IndexedSets, methods: Sequence[Method], *, settings: Settings, ranks: Ranks) -> Values:
    """Every gene measured."""
    from resistype.score.rank import rank_sums  # noqa: PLC0415  numba only when something is scored

    sizes = sets.sizes[None]  # the same in every row
    sums = rank_sums(rows, sets, _tables(tuple(methods), rows.n_genes, settings), ranks=ranks)
    return _finished(sums, sizes, methods, settings=settings, n_genes=rows.n_genes)


def _partial(row: Rows, sets: IndexedSets, methods: Sequence[Method], settings: Settings) -> Values:
    """One row in which some genes were not measured; NaN where under half of a part was."""
    from resistype.score.rank import rank_sums  # noqa: PLC0415  numba only when something is scored

    n_genes = row.n_genes - int(_n_missing(row)[0])
    ones = np.ones((2 * n_genes + 2, 1), np.int64)
    ones[0] = 0
    sizes = rank_sums(row, sets, ones)[..., 0]
    sums = rank_sums(row, sets, _tables(tuple(methods), n_genes, settings))
    found = _finished(sums, sizes, methods, settings=settings, n_genes=n_genes)
    enough = 2 * sizes >= sets.asked
    return {name: np.where(enough, values, np.nan) for name, values in found.items()}


@lru_cache(maxsize=16)
def _tables(methods: tuple[Method, ...], n_genes: int, settings: Settings) -> NDArray[np.int64]:
    """Tables of all methods side by side; every block of a run has the same."""
    stacked = np.concatenate([one.tables(n_genes, settings) for one in methods if one.tables is not None], axis=1)
    stacked[0] = 0  # what a gene that was not measured counts
    return stacked


def _finished(
    sums: NDArray[np.int64], sizes: NDArray[np.int64], methods: Sequence[Method], *, settings: Settings, n_genes: int
) -> Values:
    """Scores of each method from its columns of the sums."""
    out, first = {}, 0
    for method in methods:
        if method.tables is None or method.finish is None:
            continue
        last = first + _tables((method,), n_genes, settings).shape[1]
        out[method.id] = method.finish(sums[..., first:last], sizes, n_genes=n_genes, settings=settings)
        first = last
    return out


def _n_missing(rows: Rows) -> NDArray[np.int64]:
    """NaN values of each row."""
    if not isinstance(rows, CsrRows):
        return np.asarray(np.isnan(rows.values).sum(axis=1))
    bad = np.isnan(rows.data)
    if not bad.any():
        return np.zeros(rows.n_obs, np.int64)
    owner = np.repeat(np.arange(rows.n_obs), np.diff(rows.indptr))
    return np.bincount(owner[bad], minlength=rows.n_obs)
