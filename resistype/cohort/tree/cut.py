"""Where to cut a covariate in two: the two-sample statistic at every admissible place, the largest wins.

A numeric or ordered covariate is cut after one of its values, a categorical one into any two groups of its levels.
Counts alone enter, so the order of the rows cannot matter. Where places tie, the first is taken: the lowest cut; of
groupings the first in partykit's order, which keeps the first level that occurs on the left.

A cut is stored as it is printed, ``<= value``, where the value is the largest on the left that was seen: an observation
exactly on it belongs to the left. The next value seen, and the midpoint of the two, are kept beside it, because
nothing is known of the gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Column", "Cut", "best_cut", "plain", "two_sample"]

_TIE = 1e-10


def plain(value: float) -> str:
    """A number as people write it: 3, not 3.0; up to 10 significant digits.

    Examples
    --------
    >>> plain(3.0), plain(-1.85)
    ('3', '-1.85')
    """
    return f"{value + 0.0:.10g}"


@dataclass(frozen=True)
class Column:
    """One covariate: its name, its kind, and the levels it can take (none for a numeric one)."""

    name: str
    kind: Literal["numeric", "ordered", "categorical"]
    levels: tuple[object, ...] = ()

    @property
    def n_levels(self) -> int | None:
        """Number of levels of a categorical covariate, else None."""
        return len(self.levels) if self.kind == "categorical" else None

    def words(self, value: float) -> str:
        """A value of this covariate, as it is printed."""
        return plain(value) if self.kind == "numeric" else str(self.levels[int(value)])


@dataclass(frozen=True)
class Cut:
    """A cut of one covariate: what goes left, what goes right.

    `low` is the largest value on the left and `high` the smallest on the right, `at_low` how many observations lie
    exactly on `low`; for an ordered covariate they are positions of levels. A categorical covariate has `left` and
    `right`, the positions of its levels, instead.
    """

    column: Column
    statistic: float
    low: float = np.nan
    high: float = np.nan
    at_low: int = 0
    left: tuple[int, ...] = ()
    right: tuple[int, ...] = ()

    @property
    def midpoint(self) -> float:
        """Middle of the gap that the cut lies in; NaN unless the covariate is numeric."""
        return self.low / 2.0 + self.high / 2.0 if self.column.kind == "numeric" else np.nan

    def rule(self, side: int) -> str:
        """The condition of the left (0) or right (1) side in words."""
        name = self.column.name
        if self.column.kind != "categorical":
            return f"{name} {'<=' if side == 0 else '>'} {self.column.words(self.low)}"
        levels = (self.left, self.right)[side]
        return f"{name} in {{{', '.join(self.column.words(level) for level in levels)}}}"

    def boundary(self) -> str:
        """What the inequality does not show: how far the next value is, and who lies exactly on the cut."""
        if self.column.kind != "numeric":
            return ""
        who = "1 observation lies" if self.at_low == 1 else f"{self.at_low} observations lie"
        gap = f"next value {plain(self.high)}, midpoint {plain(self.midpoint)}"
        return f"{gap}; {who} exactly at {plain(self.low)}, on the lower side"

    def sides(self, values: NDArray[np.float64]) -> NDArray[np.int8]:
        """Side of each value: 0 left, 1 right, −1 where it is missing or a level that was not seen here."""
        if self.column.kind != "categorical":
            return np.where(np.isnan(values), -1, values > self.low).astype(np.int8)
        return np.select([np.isin(values, self.left), np.isin(values, self.right)], [0, 1], -1).astype(np.int8)


def two_sample(left: NDArray[np.intp], counts: NDArray[np.intp]) -> NDArray[np.float64]:
    """Quadratic two-sample statistic of each division of the same observations.

    Parameters
    ----------
    left
        Shape (n_divisions, n_classes): class counts on the left, never empty and never all.
    counts
        Shape (n_classes,): class counts of both sides.

    Returns
    -------
    numpy.ndarray
        Shape (n_divisions,): (n − 1)/n · Pearson's χ² of each 2 × n_classes table.
    """
    left, counts = left[:, counts > 0], counts[counts > 0]
    n, n_left = int(counts.sum()), left.sum(axis=1).astype(np.float64)
    apart = left - n_left[:, None] * (counts / n)
    between = np.sum(apart**2 / counts, axis=1)
    return np.asarray((n - 1) * between / (n_left / n * (n - n_left)), dtype=np.float64)


def best_cut(
    x: NDArray[np.float64], y: NDArray[np.intp], column: Column, *, n_classes: int, min_bucket: int
) -> Cut | None:
    """The cut with the largest two-sample statistic among those that leave `min_bucket` on both sides.

    Parameters
    ----------
    x
        Shape (n_obs,): numbers, or positions of levels.
    y
        Shape (n_obs,): position of each class.
    column
        What x is.
    n_classes, min_bucket
        Number of classes; smallest number of observations on a side.

    Returns
    -------
    Cut or None
        None when no cut is admissible, or none separates anything.

    Examples
    --------
    >>> x, y = np.array([1.0, 2.0, 3.0, 3.0, 5.0]), np.array([0, 0, 0, 0, 1])
    >>> cut = best_cut(x, y, Column("nlr", "numeric"), n_classes=2, min_bucket=1)
    >>> cut.rule(0), cut.rule(1), cut.midpoint, cut.at_low
    ('nlr <= 3', 'nlr > 3', 4.0, 2)
    """
    if column.kind == "categorical":
        return _best_grouping(x, y, column, n_classes=n_classes, min_bucket=min_bucket)
    values, where, times = np.unique(x, return_inverse=True, return_counts=True)
    table = np.bincount(where * n_classes + y, minlength=len(values) * n_classes).reshape(len(values), n_classes)
    best = _largest(np.cumsum(table, axis=0)[:-1], table.sum(axis=0), min_bucket)
    if best is None:
        return None
    place, statistic = best
    low, high = float(values[place]) + 0.0, float(values[place + 1]) + 0.0  # −0 is 0
    return Cut(column, statistic, low=low, high=high, at_low=int(times[place]))


def _best_grouping(
    x: NDArray[np.float64], y: NDArray[np.intp], column: Column, *, n_classes: int, min_bucket: int
) -> Cut | None:
    levels, where = np.unique(x.astype(np.intp), return_inverse=True)
    table = np.bincount(where * n_classes + y, minlength=len(levels) * n_classes).reshape(len(levels), n_classes)
    number = np.arange(1, 2 ** (len(levels) - 1))
    to_right = (number[:, None] >> np.arange(len(levels) - 1)) & 1
    moved = np.column_stack([np.zeros(len(number), dtype=np.intp), to_right]).astype(np.intp)
    best = _largest((1 - moved) @ table, table.sum(axis=0), min_bucket)
    if best is None:
        return None
    place, statistic = best
    right = moved[place] == 1
    return Cut(column, statistic, left=tuple(levels[~right].tolist()), right=tuple(levels[right].tolist()))


def _largest(left: NDArray[np.intp], counts: NDArray[np.intp], min_bucket: int) -> tuple[int, float] | None:
    """Place and statistic of the best admissible division; of ties the first."""
    n_left = left.sum(axis=1)
    admissible = np.flatnonzero((n_left >= min_bucket) & (counts.sum() - n_left >= min_bucket))
    if not len(admissible):
        return None
    statistics = two_sample(left[admissible], counts)
    first = int(np.argmax(statistics >= statistics.max() * (1.0 - _TIE)))
    return (int(admissible[first]), float(statistics[first])) if statistics[first] > 0.0 else None
