"""How the scores of a block stand among those of matched random sets.

A rank method is a formula over sums of tables, linear but for one quotient, and its `shape` says which. So the random
sets need no call of the method each: the factors of the formula are found once, by asking the method about sums made up
for the purpose, and the compiled loops do the rest.

Tables are narrowed to int32 such that no sum of a part overflows. Ranks fit as they are; the powers of ssGSEA lose what
lies below about 1e-7 of a score. How far is decided by classes of size, not by the largest set asked for, so that a
signature has the same z and p in any company. The scores found are taken through the same loops before they are
compared, so a random set of the same ranks is a tie and counts as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from resistype.score.method import Method, Settings, Tables
from resistype.score.null import Draws
from resistype.score.rows import CsrRows, Rows
from resistype.score.sets import IndexedSets

if TYPE_CHECKING:
    from resistype.score.rank import Ranks

__all__ = ["null_block"]

SHAPES = {"linear": 0, "gated": 1, "ratio": 2}
PROBE = 1 << 40
Formula = tuple[int, float, NDArray[np.float64]]
Ranked: TypeAlias = "tuple[Rows, Ranks]"


def null_block(
    ranked: Ranked, sets: IndexedSets, method: Method, *, settings: Settings, draws: Draws, found: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give z and p of the scores `found` of a rank method, each of shape (n_obs, n_sets); `ranked` is rows and ranks.

    p is ``(1 + k) / (1 + n)``, k being the random sets that score at least as high; z counts standard deviations of the
    random sets. Samples with missing genes get NaN.
    """
    rows, z, p = ranked[0], np.full_like(found, np.nan), np.full_like(found, np.nan)
    if method.tables is None:
        return z, p
    n_tables, whole = 3 if method.shape == "ratio" else 1, np.flatnonzero(_whole(rows))
    for some, most in _classes(sets):
        part = draws.of_parts(np.flatnonzero(np.isin(sets.owner, some)))
        tables, shifts = _tables(method.tables, rows.n_genes, n_tables=n_tables, settings=settings, most=most)
        kept = sets.select(some)
        formula = _formula(method, kept, shifts, n_genes=rows.n_genes, settings=settings)
        formula[2][:, 3] += kept.sizes * float(tables.max()) if method.shape == "gated" else 0.0
        tallies = _tallies(ranked, kept, tables, draws=part, formula=formula)
        z[np.ix_(whole, some)], p[np.ix_(whole, some)] = _verdicts(tallies[..., whole], draws.n)
    return np.where(np.isnan(found), np.nan, z), np.where(np.isnan(found), np.nan, p)


def _classes(sets: IndexedSets) -> Iterator[tuple[NDArray[np.intp], int]]:
    """Signatures whose larger part has up to 256 genes, up to 1,024, up to 4,096 …; and that number."""
    largest = np.zeros(sets.n_sets, np.int64)
    np.maximum.at(largest, sets.owner, sets.sizes)
    most, below = 256, -1
    while below < int(largest.max(initial=-1)):
        some = np.flatnonzero((largest > below) & (largest <= most))
        if some.size:
            yield some, most
        most, below = 4 * most, most


def _tallies(
    ranked: Ranked, sets: IndexedSets, tables: NDArray[np.int32], *, draws: Draws, formula: Formula
) -> NDArray[np.float64]:
    """Counts, sums and squares over the draws, shape (n_sets, 3, n_obs)."""
    from resistype.score.null_kernels import APART, compare  # noqa: PLC0415  numba only when something is scored
    from resistype.score.null_lanes import ABREAST, LANES, room  # noqa: PLC0415

    rows, ranks = ranked
    members = (draws.slots[sets.indices], sets.offsets, sets.owner)
    about = draws.shuffles, draws.edges, draws.spans, draws.sizes, draws.deepest, draws.takers
    n_tables = tables.shape[1]
    entries = room(rows.n_genes, n_tables, LANES)
    lines = draws.shuffles.shape[1] + draws.edges.size  # a gene and a bin each
    space = room(ABREAST, lines * LANES), room(n_tables, sets.n_parts, APART)
    out = np.empty((-(-rows.n_obs // LANES), sets.n_sets, 3, LANES))
    for group, result in enumerate(out):
        span = group * LANES, min((group + 1) * LANES, rows.n_obs)
        with _entries((rows.cut(*span), ranks.cut(rows, *span)), tables, draws, entries) as rest:
            compare(entries, (members, about, rest, formula), space, result)
    return np.concatenate([np.empty((sets.n_sets, 3, 0)), *out], axis=2)[..., : rows.n_obs]


@contextmanager
def _entries(
    ranked: Ranked, tables: NDArray[np.int32], draws: Draws, entries: NDArray[np.int32]
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.int64]]]:
    """Fill the entries of up to 16 rows; gives what zeros count, which genes any row has, and of each bin how many."""
    from resistype.score import null_kernels  # noqa: PLC0415

    rows, ranks = ranked
    zeros = np.zeros(entries.shape[1:], np.int32)
    if not isinstance(rows, CsrRows):
        null_kernels.entries_dense(ranks.values.reshape(rows.values.shape), (tables, draws.slots), entries)
        yield zeros, np.ones(rows.n_genes, np.bool_), draws.sizes
        return
    met, n_met = np.zeros(rows.n_genes, np.bool_), np.zeros(draws.edges.size - 1, np.int64)
    places = rows.indices, rows.indptr, draws.slots
    null_kernels.entries_csr(places, (ranks.values, ranks.zeros, tables, draws.bin_of), (entries, zeros, met, n_met))
    yield zeros, met, n_met
    null_kernels.forget_csr(entries, met)


def _verdicts(tallies: NDArray[np.float64], n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give z and p, shape (n_obs, n_sets), from tallies (n_sets, 3, n_obs) over `n` draws."""
    count, total, squares = tallies.transpose(1, 2, 0)
    spread = (squares - total * total / n) / max(n - 1, 1)
    varies = spread > 1e-13 * squares / n  # less is what rounding leaves of equal scores
    return -total / n / np.sqrt(np.where(varies, spread, np.nan)), (1 + count) / (1 + n)


@lru_cache(maxsize=8)
def _tables(
    make: Tables, n_genes: int, *, n_tables: int, settings: Settings, most: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Some of the tables of a method, narrowed: once a run, not once a block."""
    return _narrow(make(n_genes, settings)[:, :n_tables], most)


def _narrow(tables: NDArray[np.int64], most: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Tables as int32 of which `most` entries add up without overflow; and the binary places each column lost."""
    limit = (2**31 - 1) // most
    highest = np.abs(tables).max(axis=0)
    shifts = np.array([max(0, int(top).bit_length() - limit.bit_length() + 1) for top in highest], np.int64)
    half = np.where(shifts > 0, 1 << np.maximum(shifts - 1, 0), 0)
    return np.ascontiguousarray((tables + half) >> shifts, np.int32), shifts


def _formula(
    method: Method, sets: IndexedSets, shifts: NDArray[np.int64], *, n_genes: int, settings: Settings
) -> Formula:
    """The method as shape, floor and factors: sign, offset, slope and ratio (or gate) of each part."""

    def ask(*sums: int) -> NDArray[np.float64]:
        made = np.broadcast_to(np.array(sums, np.int64), (1, sets.n_parts, len(sums)))
        assume = method.finish
        return np.zeros(0) if assume is None else assume(made, sets.sizes[None], n_genes=n_genes, settings=settings)[0]

    scale = 2.0**shifts
    ratio = np.zeros(sets.n_parts)
    if method.shape == "ratio":
        offset = ask(1, 0, 0)
        ratio = (ask(1, PROBE, 0) - offset) / PROBE * (scale[1] / scale[0])
        slope = (ask(1, 0, PROBE) - offset) / PROBE * scale[2]
    else:
        rest = (1,) if method.shape == "gated" else ()
        offset = ask(0, *rest)
        slope = (ask(PROBE, *rest) - offset) / PROBE * scale[0]
    factors = np.stack([sets.sign.astype(np.float64), offset, slope, ratio], axis=1)
    return SHAPES[method.shape], -np.inf if method.floor is None else method.floor, factors


def _whole(rows: Rows) -> NDArray[np.bool_]:
    """Rows in which every gene was measured."""
    if not isinstance(rows, CsrRows):
        return np.asarray(~np.isnan(rows.values).any(axis=1))
    bad = np.flatnonzero(np.isnan(rows.data))
    out = np.ones(rows.n_obs, bool)
    out[np.searchsorted(rows.indptr, bad, side="right") - 1] = False
    return out
