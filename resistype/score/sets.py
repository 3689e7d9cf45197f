"""Gene sets as arrays: what a kernel needs to know of the signatures, and nothing else.

A signature has one or two **parts**: its up genes and its down genes. All parts lie one after the
other in `indices`; part ``p`` is ``indices[offsets[p]:offsets[p + 1]]``, belongs to signature
``owner[p]`` and counts with ``sign[p]``. The order of genes inside a part is the order in which
they were given and never the order of columns, so sums of floats over a part do not change when the
columns of the matrix are shuffled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resistype.errors import SignatureError


@dataclass(frozen=True, eq=False)
class IndexedSets:
    """Signatures as column numbers of a matrix.

    Parameters
    ----------
    names
        Names of the signatures, in the order of the result.
    n_genes
        Columns of the matrix that `indices` point into.
    indices
        Columns of all parts, one part after the other.
    offsets
        Shape (n_parts + 1,): where each part begins.
    owner, sign
        Shape (n_parts,): the signature a part belongs to, and +1 (up) or -1 (down).
    weights
        Shape of `indices`: weight of each gene; ones where the signature has none.
    asked
        Shape (n_parts,): genes the part was defined with, found or not.
    controls
        One part of control (housekeeping) genes for each part, used by the weighted mean; None
        without any.
    pairs
        For each signature an array (n_pairs, 2) of columns, -1 for genes not found; None without
        any.
    """

    names: tuple[str, ...]
    n_genes: int
    indices: NDArray[np.int32]
    offsets: NDArray[np.int64]
    owner: NDArray[np.int64]
    sign: NDArray[np.int8]
    weights: NDArray[np.float64]
    asked: NDArray[np.int64]
    controls: IndexedSets | None = None
    pairs: tuple[NDArray[np.int64], ...] | None = None

    @classmethod
    def build(
        cls,
        up: Sequence[ArrayLike],
        n_genes: int,
        *,
        down: Sequence[ArrayLike] | None = None,
        weights: Sequence[ArrayLike | None] | None = None,
        names: Sequence[str] | None = None,
    ) -> IndexedSets:
        """Sets from lists of column numbers.

        Parameters
        ----------
        up
            One array of columns a signature: its up genes. Columns of -1 (gene not found) are
            counted and dropped.
        n_genes
            Number of columns of the matrix.
        down
            The same for the down genes; empty arrays where a signature has none.
        weights
            Weights of the up genes followed by those of the down genes, or None for all ones.
        names
            Names of the signatures; ``"0"``, ``"1"``, … by default.

        Raises
        ------
        SignatureError
            E220 when a column lies outside the matrix or occurs twice in a part.

        Examples
        --------
        >>> sets = IndexedSets.build([[0, 2], [1]], 3, names=["a", "b"])
        >>> sets.sizes.tolist()
        [2, 1]
        """
        builder = _Builder(n_genes)
        for number, columns in enumerate(up):
            lower = () if down is None else down[number]
            builder.add(
                number,
                np.asarray(columns, np.int64),
                np.asarray(lower, np.int64),
                _of(weights, number),
            )
        labels = tuple(names) if names is not None else tuple(str(i) for i in range(len(up)))
        return builder.finish(labels)

    @property
    def n_sets(self) -> int:
        """Number of signatures."""
        return len(self.names)

    @property
    def n_parts(self) -> int:
        """Number of parts: a signature with up and down genes has two."""
        return int(self.owner.size)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Shape (n_parts,): genes of each part that are in the matrix."""
        return np.diff(self.offsets)

    @cached_property
    def by_gene(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
        """The same turned round: offsets of each column, (n_genes + 1,), into parts; and whether
        it is in any.
        """
        order = np.argsort(self.indices, kind="stable")
        parts = np.repeat(np.arange(self.n_parts, dtype=np.int32), self.sizes)[order]
        counts = np.bincount(self.indices, minlength=self.n_genes)
        return (
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            parts,
            (counts > 0).astype(np.uint8),
        )

    def on_columns(self, columns: NDArray[np.intp]) -> IndexedSets:
        """The same sets on some columns of the matrix, renumbered; members elsewhere are
        dropped.
        """
        place = np.full(self.n_genes, -1, np.int64)
        place[columns] = np.arange(columns.size)
        moved = place[self.indices]
        kept = np.concatenate([[0], np.cumsum(moved >= 0)])
        return replace(
            self,
            n_genes=int(columns.size),
            indices=moved[moved >= 0].astype(np.int32),
            offsets=kept[self.offsets].astype(np.int64),
            weights=self.weights[moved >= 0],
            controls=None if self.controls is None else self.controls.on_columns(columns),
        )

    def select(self, some: NDArray[np.intp]) -> IndexedSets:
        """Some of the signatures, in ascending order, without controls and pairs."""
        parts = np.flatnonzero(np.isin(self.owner, some))
        member = np.repeat(np.isin(self.owner, some), self.sizes)
        return replace(
            self,
            names=tuple(self.names[one] for one in some),
            indices=self.indices[member],
            offsets=np.concatenate([[0], np.cumsum(self.sizes[parts])]),
            owner=np.searchsorted(some, self.owner[parts]),
            sign=self.sign[parts],
            weights=self.weights[member],
            asked=self.asked[parts],
            controls=None,
            pairs=None,
        )

    def with_controls(self, controls: Sequence[ArrayLike | None]) -> IndexedSets:
        """The same sets with control genes, one list a signature, None for those without."""
        if all(one is None for one in controls):
            return self
        lists = [() if controls[owner] is None else controls[owner] for owner in self.owner]
        return replace(self, controls=IndexedSets.build(lists, self.n_genes))

    def with_pairs(self, pairs: Sequence[ArrayLike | None]) -> IndexedSets:
        """The same sets with gene pairs, one list of pairs of columns a signature, None for
        those without.
        """
        if all(one is None for one in pairs):
            return self
        none = np.empty((0, 2), np.int64)
        arrays = tuple(
            none if one is None else np.asarray(one, np.int64).reshape(-1, 2) for one in pairs
        )
        return replace(self, pairs=arrays)

    def first_parts(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value of each signature's first part, shape (n_obs, n_sets)."""
        out = np.full((parts.shape[0], self.n_sets), np.nan)
        out[:, self.owner[::-1]] = parts[:, ::-1]
        return out

    def combine(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Up minus down: from a value a part, shape (n_obs, n_parts), to one a signature,
        (n_obs, n_sets).
        """
        if self.n_parts == self.n_sets and (self.sign == 1).all():
            return parts
        out = np.full((parts.shape[0], self.n_sets), np.nan)
        seen = np.zeros(self.n_sets, bool)
        for part, (owner, sign) in enumerate(zip(self.owner, self.sign, strict=True)):
            signed = parts[:, part] * float(sign)
            out[:, owner] = out[:, owner] + signed if seen[owner] else signed
            seen[owner] = True
        return out


def _of(weights: Sequence[ArrayLike | None] | None, number: int) -> ArrayLike | None:
    return None if weights is None else weights[number]


class _Builder:
    """Collects the parts of `IndexedSets.build` and checks them."""

    def __init__(self, n_genes: int) -> None:
        self.n_genes = n_genes
        self.columns: list[NDArray[np.int64]] = []
        self.weights: list[NDArray[np.float64]] = []
        self.about: list[tuple[int, int, int]] = []

    def add(
        self, owner: int, up: NDArray[np.int64], down: NDArray[np.int64], weights: ArrayLike | None
    ) -> None:
        given = np.ones(up.size + down.size) if weights is None else np.asarray(weights, np.float64)
        if given.shape != (up.size + down.size,):
            message = f"Signature {owner} has {up.size + down.size} genes but {given.size} weights."
            raise SignatureError(message, code="E220")
        if up.size or not down.size:
            self._part(owner, 1, up, given[: up.size])
        if down.size:
            self._part(owner, -1, down, given[up.size :])

    def _part(
        self, owner: int, sign: int, columns: NDArray[np.int64], weights: NDArray[np.float64]
    ) -> None:
        found = columns >= 0
        kept = columns[found]
        if kept.size and (kept.max() >= self.n_genes or np.unique(kept).size != kept.size):
            message = f"Signature {owner} names a column twice or outside 0..{self.n_genes - 1}."
            raise SignatureError(message, code="E220")
        self.columns.append(kept)
        self.weights.append(weights[found])
        self.about.append((owner, sign, columns.size))

    def finish(self, names: tuple[str, ...]) -> IndexedSets:
        owner, sign, asked = (
            (np.array(x, np.int64) for x in zip(*self.about, strict=True))
            if self.about
            else _empty()
        )
        sizes = [columns.size for columns in self.columns]
        return IndexedSets(
            names=names,
            n_genes=self.n_genes,
            indices=np.concatenate([*self.columns, np.empty(0, np.int64)]).astype(np.int32),
            offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            owner=owner,
            sign=sign.astype(np.int8),
            weights=np.concatenate([*self.weights, np.empty(0)]),
            asked=asked,
        )


def _empty() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    none = np.empty(0, np.int64)
    return none, none, none
