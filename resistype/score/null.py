"""Random sets that resemble a set, and how scores stand among theirs.

A score means something only against what sets of such genes score anyway: highly expressed genes
rank high in every sample. Genes are put into 25 bins of equal size by mean expression, and a random
set draws from each bin as many genes as the set has there, without replacement. `matched_sets`
gives such sets for one set.

`Draws` holds them for all sets of a run at once: a draw is a shuffle of every bin, and each set
takes the first genes of each. So the random sets of one draw are nested between signatures, which
makes them cheap; between draws, where a p-value is counted, they are independent. Up and down genes
of one signature take different genes of the shuffle. Every bin is shuffled with a seed of its own,
place by place, so what a signature draws does not depend on which others are asked for. What
nesting costs: z and p of two signatures of one sample are correlated, more than their genes
explain. Each is right by itself, and whoever corrects for many signatures needs a method that
allows dependence, such as that of Benjamini and Yekutieli (10.1214/aos/1013699998).

A rank method is a formula over sums of tables, linear but for one quotient, and its `shape` says
which. So the random sets need no call of the method each: the factors of the formula are found
once, by asking the method about sums made up for the purpose, and the compiled loops do the rest.
Tables are narrowed to int32 such that no sum of a part overflows; ranks fit as they are, the powers
of ssGSEA lose what lies below about 1e-7 of a score. How far is decided by classes of size, not by
the largest set asked for, so that a signature has the same z and p in any company. The scores found
are taken through the same loops before they are compared, so a random set of the same ranks is a
tie and counts as one.

Of each bin a part takes as many of the first genes as it has there, so sums along the shuffle are
made once and serve all parts. Samples go side by side (`LANES`), because they have the draws in
common. Of sparse rows a line holds how much more a gene counts than a zero does, and what zeros
count (`ground`) is added once a part. A bin of which none of these has a gene adds nothing to
anything and is left out. Where they have so few that a draw seldom meets one, those are added to
the parts that take them one by one. Nothing but counts and three sums is kept of a random set, so
memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from resistype.errors import SignatureError
from resistype.score.kernels import Ranks
from resistype.score.method import Method, Settings, Tables
from resistype.score.rows import CsrRows, Rows
from resistype.score.sets import IndexedSets


@dataclass(frozen=True, kw_only=True)
class Null:
    """Ask for a comparison with matched random sets: z and p for each sample and signature.

    Parameters
    ----------
    n
        Random sets a signature.
    seed
        Seed of ``numpy.random.default_rng``, together with the number of the bin; stored with the
        result.
    bins
        Bins of mean expression.
    """

    n: int = 1000
    seed: int = 0
    bins: int = 25


@dataclass(frozen=True, eq=False)
class Draws:
    """Random sets for all parts of all signatures.

    Genes are numbered by **slots**, their places in the order of mean expression, so that those of
    a bin lie together.
    """

    order: NDArray[np.intp]
    bin_of: NDArray[np.int16]
    shuffles: NDArray[np.int32]
    edges: NDArray[np.int64]
    spans: NDArray[np.int64]

    @classmethod
    def build(
        cls, mean: ArrayLike, sets: IndexedSets, null: Null, *, names: Sequence[str] | None = None
    ) -> Draws:
        """Draws for the sets of a matrix with these mean expressions, shape (n_genes,)."""
        parts = expression_bins(mean, bins=null.bins, names=names)
        spans = _spans(sets, _bin_of(parts), len(parts))
        deepest = spans[..., 1].max(axis=0, initial=0)
        sizes = np.array([part.size for part in parts])
        drawn = [
            _draw(null.seed, b, int(size), count=int(deepest[b]), n=null.n)
            for b, size in enumerate(sizes)
        ]
        slots = [
            places + first for places, first in zip(drawn, np.cumsum(sizes) - sizes, strict=True)
        ]
        return cls(
            np.concatenate(parts),
            np.repeat(np.arange(sizes.size, dtype=np.int16), sizes),
            np.concatenate(slots, axis=1, dtype=np.int32),
            np.concatenate([[0], np.cumsum(deepest)]),
            spans,
        )

    @property
    def n(self) -> int:
        """Random sets a signature."""
        return int(self.shuffles.shape[0])

    @cached_property
    def slots(self) -> NDArray[np.int32]:
        """The slot of each column, shape (n_genes,)."""
        out = np.empty(self.order.size, np.int32)
        out[self.order] = np.arange(self.order.size, dtype=np.int32)
        return out

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """Genes of each bin, shape (n_bins,)."""
        return np.bincount(self.bin_of)

    @property
    def deepest(self) -> NDArray[np.int64]:
        """Places of each bin that some part takes, shape (n_bins,)."""
        return np.asarray(self.spans[..., 1].max(axis=0, initial=0))

    @cached_property
    def takers(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The parts that take each place, as (begins, parts): for place k ``parts[begins[k] :
        begins[k + 1]]``.
        """
        bins = np.repeat(np.arange(self.edges.size - 1), np.diff(self.edges))
        depth = np.arange(bins.size) - self.edges[bins]
        taken = (self.spans[:, bins, 0] <= depth) & (depth < self.spans[:, bins, 1])
        return np.concatenate([[0], taken.sum(axis=0).cumsum()]), np.nonzero(taken.T)[1]

    def columns(self, part: int) -> NDArray[np.intp]:
        """The columns that a part draws, shape (n, genes of the part)."""
        places = [
            np.arange(*span) + first
            for span, first in zip(self.spans[part], self.edges, strict=False)
        ]
        return np.asarray(self.order[self.shuffles[:, np.concatenate(places)]])

    def of_parts(self, parts: NDArray[np.intp]) -> Draws:
        """The same draws for some of the parts."""
        if parts.size == len(self.spans):
            return self
        return replace(self, spans=self.spans[parts])


def _bin_of(parts: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    bin_of = np.empty(sum(part.size for part in parts), np.intp)
    for number, part in enumerate(parts):
        bin_of[part] = number
    return bin_of


def _spans(sets: IndexedSets, bin_of: NDArray[np.intp], n_bins: int) -> NDArray[np.int64]:
    """Places of each bin that each part takes; the down genes of a signature go on where its up
    genes end.
    """
    spans = np.zeros((sets.n_parts, n_bins, 2), np.int64)
    for part in range(sets.n_parts):
        members = sets.indices[sets.offsets[part] : sets.offsets[part + 1]]
        if part and sets.owner[part] == sets.owner[part - 1]:
            spans[part, :, 0] = spans[part - 1, :, 1]
        spans[part, :, 1] = spans[part, :, 0] + np.bincount(bin_of[members], minlength=n_bins)
    return spans


def expression_bins(
    mean: ArrayLike, *, bins: int = 25, names: Sequence[str] | None = None
) -> list[NDArray[np.intp]]:
    """Columns in bins of equal size by mean expression, lowest first."""
    means = np.asarray(mean, np.float64)
    ties = np.arange(means.size) if names is None else np.asarray(names)
    order = np.lexsort((ties, means))
    return [
        np.asarray(part, np.intp) for part in np.array_split(order, min(bins, max(means.size, 1)))
    ]


def matched_sets(
    mean: ArrayLike,
    members: ArrayLike,
    *,
    n: int,
    seed: int,
    bins: int = 25,
    names: Sequence[str] | None = None,
) -> list[NDArray[np.intp]]:
    """Random sets matched to a set in size and mean expression.

    Parameters
    ----------
    mean
        Shape (n_genes,): mean expression of each gene.
    members
        Columns of the set.
    n
        Number of random sets.
    seed
        Seed of ``numpy.random.default_rng``; the same seed gives the same sets.
    bins
        Bins of mean expression.
    names
        Names of the genes: with them the same genes are drawn whatever the order of columns.

    Returns
    -------
    `n` arrays of columns, each of the size of `members`.

    Raises
    ------
    SignatureError
        E220 when a member is no column.

    Examples
    --------
    >>> sets = matched_sets([0.1, 0.2, 5.0, 6.0], [2], n=3, seed=0, bins=2)
    >>> [sorted(set(one.tolist()) & {0, 1}) for one in sets]
    [[], [], []]
    """
    parts = expression_bins(mean, bins=bins, names=names)
    bin_of = _bin_of(parts)
    columns = np.asarray(members, np.intp)
    if columns.size and (columns.min() < 0 or columns.max() >= bin_of.size):
        message = f"A member of the set is no column of 0..{bin_of.size - 1}."
        raise SignatureError(message, code="E220")
    wanted = np.bincount(bin_of[columns], minlength=len(parts))
    drawn = [
        part[_draw(seed, b, part.size, count=int(wanted[b]), n=n)]
        for b, part in enumerate(parts)
        if wanted[b] > 0
    ]
    return list(np.concatenate([np.empty((n, 0), np.intp), *drawn], axis=1))


def _draw(seed: int, number: int, size: int, *, count: int, n: int) -> NDArray[np.int32]:
    """The first `count` steps of `n` shuffles of a bin, shape (n, count); more steps begin with
    the same.
    """
    rng = np.random.default_rng([seed, number])
    others = (
        np.array([rng.integers(place, size, n) for place in range(count)], np.int64)
        .reshape(count, n)
        .T
    )
    out = np.empty((n, count), np.int32)
    shuffle(others, size, out)
    return out


SHAPES = {"linear": 0, "gated": 1, "ratio": 2}
PROBE = 1 << 40
Formula = tuple[int, float, NDArray[np.float64]]
Ranked: TypeAlias = "tuple[Rows, Ranks]"


def null_block(
    ranked: Ranked,
    sets: IndexedSets,
    method: Method,
    *,
    settings: Settings,
    draws: Draws,
    found: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give z and p of the scores `found` of a rank method, each of shape (n_obs, n_sets); `ranked`
    is rows and ranks.

    p is ``(1 + k) / (1 + n)``, k being the random sets that score at least as high; z counts
    standard deviations of the random sets. Samples with missing genes get NaN.
    """
    rows, z, p = ranked[0], np.full_like(found, np.nan), np.full_like(found, np.nan)
    if method.tables is None:
        return z, p
    n_tables, whole = 3 if method.shape == "ratio" else 1, np.flatnonzero(_whole(rows))
    for some, most in _classes(sets):
        part = draws.of_parts(np.flatnonzero(np.isin(sets.owner, some)))
        tables, shifts = _tables(
            method.tables, rows.n_genes, n_tables=n_tables, settings=settings, most=most
        )
        kept = sets.select(some)
        formula = _formula(method, kept, shifts, n_genes=rows.n_genes, settings=settings)
        formula[2][:, 3] += kept.sizes * float(tables.max()) if method.shape == "gated" else 0.0
        tallies = _tallies(ranked, kept, tables, draws=part, formula=formula)
        z[np.ix_(whole, some)], p[np.ix_(whole, some)] = _verdicts(tallies[..., whole], draws.n)
    return np.where(np.isnan(found), np.nan, z), np.where(np.isnan(found), np.nan, p)


def _classes(sets: IndexedSets) -> Iterator[tuple[NDArray[np.intp], int]]:
    """Signatures whose larger part has up to 256 genes, up to 1,024, up to 4,096 …; and that
    number.
    """
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
    rows, ranks = ranked
    members = (draws.slots[sets.indices], sets.offsets, sets.owner)
    about = draws.shuffles, draws.edges, draws.spans, draws.sizes, draws.deepest, draws.takers
    n_tables = tables.shape[1]
    entries = np.zeros((rows.n_genes, n_tables, LANES), np.int32)
    lines = draws.shuffles.shape[1] + draws.edges.size  # a gene and a bin each
    space = np.zeros((lines, LANES), np.int32), np.zeros((n_tables, sets.n_parts, APART), np.int32)
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
    """Fill the entries of some rows; gives what zeros count, which genes any row has, and of
    each bin how many.
    """
    rows, ranks = ranked
    zeros = np.zeros(entries.shape[1:], np.int32)
    if not isinstance(rows, CsrRows):
        entries_dense(ranks.values.reshape(rows.values.shape), (tables, draws.slots), entries)
        yield zeros, np.ones(rows.n_genes, np.bool_), draws.sizes
        return
    met, n_met = np.zeros(rows.n_genes, np.bool_), np.zeros(draws.edges.size - 1, np.int64)
    places = rows.indices, rows.indptr, draws.slots
    entries_csr(
        places, (ranks.values, ranks.zeros, tables, draws.bin_of), (entries, zeros, met, n_met)
    )
    yield zeros, met, n_met
    forget_csr(entries, met)


def _verdicts(
    tallies: NDArray[np.float64], n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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
    """Tables as int32 of which `most` entries add up without overflow; and the binary places
    each column lost.
    """
    limit = (2**31 - 1) // most
    highest = np.abs(tables).max(axis=0)
    shifts = np.array(
        [max(0, int(top).bit_length() - limit.bit_length() + 1) for top in highest], np.int64
    )
    half = np.where(shifts > 0, 1 << np.maximum(shifts - 1, 0), 0)
    return np.ascontiguousarray((tables + half) >> shifts, np.int32), shifts


def _formula(
    method: Method,
    sets: IndexedSets,
    shifts: NDArray[np.int64],
    *,
    n_genes: int,
    settings: Settings,
) -> Formula:
    """The method as shape, floor and factors: sign, offset, slope and ratio (or gate) of each
    part.
    """

    def ask(*sums: int) -> NDArray[np.float64]:
        made = np.broadcast_to(np.array(sums, np.int64), (1, sets.n_parts, len(sums)))
        assume = method.finish
        return (
            np.zeros(0)
            if assume is None
            else assume(made, sets.sizes[None], n_genes=n_genes, settings=settings)[0]
        )

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


TOGETHER = 4  # draws that are judged at once
SELDOM = 1.5  # genes of a bin that a draw may meet and still be cheaper one by one
LANES = 64  # samples side by side; measured: 16 and 128 cost half as much again
WIDE = LANES * TOGETHER
APART = (
    WIDE + LANES
)  # from the totals of a part to those of the next; at 1,024 bytes all would fall on few cache sets
LINEAR, GATED, RATIO = 0, 1, 2
ONE = np.uint64(1)


@njit(nogil=True, cache=True, error_model="numpy")
def shuffle(others: Any, size: int, out: Any) -> None:
    """First steps of shuffles of ``0 .. size - 1``: at step c, place c changes with place
    ``others[c]``; (n, steps).
    """
    pool = np.arange(size, dtype=np.int32)
    for draw in range(out.shape[0]):
        for c in range(out.shape[1]):
            other = others[draw, c]
            pool[c], pool[other] = pool[other], pool[c]
            out[draw, c] = pool[c]
        for c in range(out.shape[1] - 1, -1, -1):  # back to the order of the beginning
            other = others[draw, c]
            pool[c], pool[other] = pool[other], pool[c]


@njit(nogil=True, cache=True, error_model="numpy")
def entries_csr(places: Any, about: Any, result: Any) -> None:
    """What each gene counts in each sample beyond what a zero does, from the ranks of sparse rows.

    `result` is entries of shape (n_genes, n_tables, LANES), zero before; what a zero counts,
    (n_tables, LANES); whether any sample has a gene, (n_genes,), false before; and how many genes
    of a bin any has, (n_bins,), zero before.
    """
    indices, indptr, slots = places
    ranks, zero_ranks, tables, bin_of = about
    entries, zeros, met, n_met = result
    base = np.empty(tables.shape[1], np.int32)
    for i in range(indptr.size - 1):
        base[:] = tables[zero_ranks[i]]
        zeros[:, i] = base
        for j in range(indptr[i], indptr[i + 1]):
            slot: Any = np.uint64(slots[np.uint64(indices[j])])  # see ONE in `kernels.py`
            rank = np.uint64(ranks[j])
            met[slot] = True
            for t in range(base.size):
                entries[slot, np.uint64(t), np.uint64(i)] = tables[rank, np.uint64(t)] - base[t]
    for gene in range(met.size):
        n_met[bin_of[gene]] += met[gene]


@njit(nogil=True, cache=True, error_model="numpy")
def forget_csr(entries: Any, met: Any) -> None:
    """Make the entries zero again."""
    lines = entries.reshape(met.size, -1)
    for slot in range(met.size):
        if met[slot]:
            met[slot] = False
            for k in range(lines.shape[1]):
                lines[slot, k] = 0


@njit(nogil=True, cache=True, error_model="numpy")
def entries_dense(ranks: Any, about: Any, entries: Any) -> None:
    """What each gene counts in each sample, from the ranks of dense rows."""
    tables, slots = about
    for i in range(ranks.shape[0]):
        for gene in range(ranks.shape[1]):
            for t in range(tables.shape[1]):
                entries[slots[gene], t, i] = tables[ranks[i, gene], t]


@njit(nogil=True, cache=True, error_model="numpy")
def _ways(n_met: Any, sizes: Any, deepest: Any) -> Any:
    """Bins whose genes are added up along the shuffle, and those whose few genes are added one
    by one.
    """
    along, seldom = np.zeros(sizes.size, np.bool_), np.zeros(sizes.size, np.bool_)
    for b in range(sizes.size):
        if n_met[b] > 0 and deepest[b] > 0:
            seldom[b] = n_met[b] * deepest[b] <= SELDOM * sizes[b]
            along[b] = not seldom[b]
    return along, seldom


@njit(nogil=True, cache=True, error_model="numpy")
def _first_lines(along: Any, deepest: Any) -> Any:
    """Where the sums of each bin begin among those of a draw, in lines. Before them lies a line
    of zeros.
    """
    first = np.zeros(along.size + 1, np.int64)
    for b in range(along.size):
        first[b + 1] = first[b] + (deepest[b] + 1 if along[b] else 0)
    return first


@njit(nogil=True, cache=True, error_model="numpy")
def _takes(along: Any, spans: Any, first: Any) -> Any:
    """Of each part the sums to add and those to take off, and where its own begin in either."""
    n_parts, n_bins = spans.shape[0], spans.shape[1]
    plus, minus = np.empty(n_parts * n_bins, np.int32), np.empty(n_parts * n_bins, np.int32)
    begins = np.zeros((2, n_parts + 1), np.int64)
    n, m = 0, 0
    for part in range(n_parts):
        for b in range(n_bins):
            below, above = spans[part, b, 0], spans[part, b, 1]
            taken = along[b] and below < above
            if taken:
                plus[n] = first[b] + above
                n += 1
            if taken and below > 0:
                minus[m] = first[b] + below
                m += 1
        begins[0, part + 1], begins[1, part + 1] = n, m
    return plus, minus, begins


@njit(nogil=True, cache=True, error_model="numpy")
def _along(entries: Any, table: int, draw: Any, lines: Any, sums: Any) -> None:
    """Sums of one table along the shuffle of every bin for one draw."""
    genes, edges = draw
    along, deepest, first = lines
    lanes = entries.shape[2]  # not the constant: LLVM would unroll the loop and see no vector in it
    for b in range(along.size):
        for c in range(deepest[b] if along[b] else 0):
            gene, line = np.uint64(genes[edges[b] + c]), np.uint64(first[b] + c)
            for k in range(lanes):
                sums[line + ONE, k] = sums[line, k] + entries[gene, table, k]


@njit(nogil=True, cache=True, error_model="numpy")
def _seldom_places(seldom: Any, edges: Any, deepest: Any) -> Any:
    """The places of the bins whose genes are added one by one."""
    out, n = np.empty(edges[-1], np.int32), 0
    for b in range(seldom.size):
        for place in range(edges[b], edges[b] + (deepest[b] if seldom[b] else 0)):
            out[n] = place
            n += 1
    return out[:n]


@njit(nogil=True, cache=True, error_model="numpy")
def _meet(draws: Any, places: Any, met: Any, out: Any) -> int:
    """Genes that some draws meet at some places: how many, and of each its slot, its place and
    its draw.
    """
    shuffles, start, stop = draws
    n = 0
    for draw in range(start, stop):
        for place in places:
            slot = shuffles[draw, place]
            if met[slot]:
                out[n, 0], out[n, 1], out[n, 2] = slot, place, draw - start
                n += 1
    return n


@njit(nogil=True, cache=True, error_model="numpy")
def _add_line(line: Any, total: Any) -> None:
    for k in range(total.size):
        total[k] += line[k]


@njit(nogil=True, cache=True, error_model="numpy")
def _one_by_one(entries: Any, genes: Any, takers: Any, totals: Any) -> None:
    """Add genes that were met to each part that takes their place."""
    begins, parts = takers
    for n in range(genes.shape[0]):
        gene, lane = np.uint64(genes[n, 0]), np.int64(genes[n, 2]) * LANES
        for q in range(begins[genes[n, 1]], begins[genes[n, 1] + 1]):
            for t in range(totals.shape[0]):
                _add_line(entries[gene, t], totals[t, parts[q], lane : lane + LANES])


@njit(nogil=True, cache=True, error_model="numpy")
def _add_lines(lines: Any, places: Any, sign: int, total: Any) -> None:
    """Add some lines to a total, or take them off; by fours, so that the total is read and
    written less often.
    """
    lanes = total.size
    whole = places.size - places.size % 4
    for i in range(0, whole, 4):
        a, b, c, d = (
            lines[places[i]],
            lines[places[i + 1]],
            lines[places[i + 2]],
            lines[places[i + 3]],
        )
        for k in range(lanes):
            total[k] += sign * ((a[k] + b[k]) + (c[k] + d[k]))
    for i in range(whole, places.size):
        for k in range(lanes):
            total[k] += sign * lines[places[i], k]


@njit(nogil=True, cache=True, error_model="numpy")
def _parts(source: Any, takes: Any, place: int, out: Any) -> None:
    """Sums of one table over the random genes of every part for one draw: lines of `out`,
    (n_parts, APART).
    """
    sums, ground = source
    plus, minus, begins = takes
    for p in range(out.shape[0]):
        total = out[p, place : place + LANES]
        total[:] = ground[p]
        _add_lines(sums, plus[begins[0, p] : begins[0, p + 1]], 1, total)
        _add_lines(sums, minus[begins[1, p] : begins[1, p + 1]], -1, total)


@njit(nogil=True, cache=True, error_model="numpy")
def _ground(zeros: Any, sizes: Any) -> Any:
    """What each part would count if all its genes were zero, (n_tables, n_parts, LANES)."""
    out = np.empty((zeros.shape[0], sizes.size, LANES), np.int32)
    for t in range(zeros.shape[0]):
        for p in range(sizes.size):
            for k in range(LANES):
                out[t, p, k] = zeros[t, k] * sizes[p]
    return out


@njit(nogil=True, cache=True, error_model="numpy")
def _scores(totals: Any, shape: int, factors: Any, out: Any) -> None:
    """Add the scores of one part to `out`; `factors` are sign, offset, slope, and the ratio or
    the gate.
    """
    sign, offset, slope, last = factors[0], factors[1], factors[2], factors[3]
    first, second, third = totals
    if shape == RATIO:
        for k in range(out.size):
            out[k] += sign * (last * second[k] / first[k] + (offset + slope * third[k]))
    elif shape == GATED:
        for k in range(out.size):
            score = offset + slope * first[k]
            out[k] += sign * (score if first[k] < last else 0.0)
    else:
        for k in range(out.size):
            out[k] += sign * (offset + slope * first[k])


@njit(nogil=True, cache=True, error_model="numpy")
def _found(entries: Any, sets: Any, formula: Any, ground: Any) -> Any:
    """The scores themselves, (n_sets, LANES), by the way the random ones go, so that ties are
    ties.
    """
    members, offsets, owner = sets
    shape, floor, factors = formula
    n_tables = entries.shape[1]
    totals = np.zeros((n_tables, LANES), np.int32)
    out = np.zeros((1 + owner[-1] if owner.size else 0, LANES))
    for p in range(owner.size):
        totals[:] = ground[:, p]
        for j in range(offsets[p], offsets[p + 1]):
            for t in range(n_tables):
                _add_line(entries[members[j], t], totals[t])
        _scores((totals[0], totals[-2], totals[-1]), shape, factors[p], out[owner[p]])
    return np.maximum(out, floor)


@njit(nogil=True, cache=True, error_model="numpy")
def _tally(scores: Any, found: Any, floor: Any, out: Any) -> None:
    """Count random scores of at least those found, and add up how far they lie off and the
    squares of that.
    """
    lanes = found.size
    for start in range(0, scores.size, LANES):
        for k in range(lanes):
            score = scores[start + k]
            away = (floor if score < floor else score) - found[k]  # noqa: FURB136  a NaN stays one
            out[0, k] += 1.0 if away >= 0.0 else 0.0
            out[1, k] += away
            out[2, k] += away * away


@njit(nogil=True, cache=True, error_model="numpy")
def _judge(totals: Any, owner: Any, formula: Any, result: Any) -> None:
    """Scores of all signatures for some draws, from the sums of each table and part."""
    found, tallies, n_draws = result
    scores = np.empty(WIDE)
    for p in range(owner.size):
        if p == 0 or owner[p] != owner[p - 1]:
            scores[:] = 0.0
        _scores((totals[0, p], totals[-2, p], totals[-1, p]), formula[0], formula[2][p], scores)
        if p + 1 == owner.size or owner[p + 1] != owner[p]:
            _tally(scores[: n_draws * LANES], found[owner[p]], formula[1], tallies[owner[p]])


@njit(nogil=True, cache=True, error_model="numpy")
def compare(entries: Any, about: Any, room: Any, out: Any) -> None:
    """For each signature and sample: random sets that score as high, and sum and squares of their
    distance.

    Shapes: entries (n_genes, n_tables, LANES), genes of the draws (n, places), out (n_sets, 3,
    LANES). The room is for sums, (lines of a draw, LANES), and for totals, (n_tables, n_parts,
    APART).
    """
    sets, (shuffles, edges, spans, sizes, deepest, takers), (zeros, met, n_met), formula = about
    sums, totals = room
    along, seldom = _ways(n_met, sizes, deepest)
    first = _first_lines(along, deepest)
    for b in range(along.size):
        sums[first[b]] = 0
    takes, places = _takes(along, spans, first), _seldom_places(seldom, edges, deepest)
    genes = np.empty((TOGETHER * places.size, 3), np.int32)
    ground = _ground(zeros, np.diff(sets[1]))
    found = _found(entries, sets, formula, ground)
    out[:] = 0.0
    for start in range(0, shuffles.shape[0], TOGETHER):
        stop = min(start + TOGETHER, shuffles.shape[0])
        for draw in range(start, stop):
            for t in range(entries.shape[1]):
                _along(entries, t, (shuffles[draw], edges), (along, deepest, first), sums)
                _parts((sums, ground[t]), takes, (draw - start) * LANES, totals[t])
        n = _meet((shuffles, start, stop), places, met, genes)
        _one_by_one(entries, genes[:n], takers, totals)
        _judge(totals, sets[2], formula, (found, out, stop - start))
