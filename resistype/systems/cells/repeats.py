"""Cells drawn anew, and cells with their labels permuted: inside each patient, in an order of their
own.

The order of the rows of a table says nothing, so no draw may depend on it: the cells of a patient
are put in the order of what is known of them first, and cells of which the same is known can be
exchanged.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.scheme.measured import rng_of

Counts = NDArray[np.int64]


class Draws:
    """Rows of each group of cells in an order that does not depend on that of the table."""

    def __init__(self, groups: pd.Series, known: pd.DataFrame, *, seed: int) -> None:
        """Sort the cells of every group."""
        keys = [pd.factorize(known[name], sort=True)[0] for name in known]
        order = np.lexsort(keys) if keys else np.arange(len(groups))
        names = groups.astype(str).to_numpy()[order]
        codes, found = pd.factorize(names)
        self._rows = {str(name): order[codes == code] for code, name in enumerate(found)}
        self._rng = {name: rng_of(seed, name) for name in self._rows}

    def again(self) -> NDArray[np.intp]:
        """As many cells of every group, drawn with replacement."""
        return np.concatenate(
            [self._rng[name].choice(own, len(own)) for name, own in self._rows.items()]
        )

    def permuted(self, labels: NDArray[np.object_]) -> NDArray[np.object_]:
        """The labels of the cells of every group, dealt anew among them."""
        out = labels.copy()
        for name, own in self._rows.items():
            out[own] = labels[self._rng[name].permutation(own)]
        return out


def draw_counts(
    counts: Mapping[str, Counts], *, seed: int, repeats: int
) -> list[dict[str, Counts]]:
    """Cells of every sample drawn anew: for each repeat the counts of its kinds."""
    drawn = {
        name: rng_of(seed, name).multinomial(own.sum(), own / max(own.sum(), 1), size=repeats)
        for name, own in counts.items()
    }
    return [{name: rows[repeat] for name, rows in drawn.items()} for repeat in range(repeats)]


def split_counts(
    first: Counts, second: Counts, *, rng: np.random.Generator
) -> tuple[Counts, Counts]:
    """Two samples of one patient with the labels of their cells permuted: as many cells each,
    from both.
    """
    whole = first + second
    drawn = np.asarray(rng.multivariate_hypergeometric(whole, int(first.sum()), method="marginals"))
    return drawn, whole - drawn
