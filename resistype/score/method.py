"""What a scoring method is: a name, a specification, where it was published, and functions on
arrays.

A **rank** method is a table and a formula (see `rank.py`): `tables(n_genes, settings)` says what a
member of each mid-rank counts, `finish(sums, sizes, …)` turns the sums over a set into its score.
Because of that, several rank methods cost one ranking.

A **value** method has a `kernel(rows, sets, settings)` that sees rows in log2(x + 1), a **pairs**
method one that sees them as they are. A **cohort** method sees all rows at once and says so in
`depends_on`: its values change when samples are added.

The id of the specification, for example ``"ssgsea/1"``, is stored with every result. A change that
moves a number gets a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from resistype.score.rows import Rows
from resistype.score.sets import IndexedSets


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Numbers that belong to the methods. The defaults are the published ones.

    Parameters
    ----------
    ucell_max_rank
        Genes ranked below this count as not expressed in UCell.
    aucell_top
        Fraction of the ranking under which AUCell measures the recovery curve.
    gsva_kernel, gsva_max_diff, gsva_absolute
        Kernel of the estimate, and how the highest and lowest point of the walk become a score.
    seed
        Seed of the control genes of score_genes.
    n_jobs
        Threads of cohort methods; set by the caller.
    """

    ucell_max_rank: int = 1500
    aucell_top: float = 0.05
    gsva_kernel: Literal["gaussian", "poisson", "none"] = "gaussian"
    gsva_max_diff: bool = True
    gsva_absolute: bool = False
    seed: int = 0
    n_jobs: int | None = 1


Tables = Callable[[int, Settings], NDArray[np.int64]]
Kernel = Callable[[Rows, IndexedSets, Settings], NDArray[np.float64]]


class Finish(Protocol):
    """Turns sums over a set into its score."""

    def __call__(
        self, sums: NDArray[np.int64], sizes: NDArray[np.int64], *, n_genes: int, settings: Settings
    ) -> NDArray[np.float64]:
        """Scores of shape (n_obs, n_parts), from sums (n_obs, n_parts, n_tables) and members
        (n_obs, n_parts).
        """


@dataclass(frozen=True, kw_only=True)
class Method:
    """One scoring method.

    Parameters
    ----------
    id
        Name that users give.
    spec
        Id of the specification, stored with results.
    title
        What it measures, in one line.
    doi
        The publication.
    family
        ``rank``, ``value``, ``pairs`` or ``cohort``.
    signed
        How up and down genes become one score.
    nan
        What happens to genes that were not measured in a sample.
    depends_on
        ``sample``: a value never changes when samples are added. ``cohort``: it does.
    tables, finish
        Of a rank method.
    shape
        How a rank method makes a score of its sums: ``linear`` in the first, ``gated`` (the same,
        but 0 unless the second is positive), or ``ratio`` (second over first, and linear in the
        third).
    kernel
        Of the others; gives one value a part, shape (n_obs, n_parts).
    pairwise
        Whether a cohort method compares each sample with each, so that there is a largest cohort.
    floor
        Smallest value of a signed score, where the publication cuts it.
    """

    id: str
    spec: str
    title: str
    doi: str
    family: Literal["rank", "value", "pairs", "cohort"]
    signed: str = "up minus down"
    nan: str = "left out of the ranking and of the set; NaN when under half of a set is left"
    depends_on: Literal["sample", "cohort"] = "sample"
    tables: Tables | None = None
    finish: Finish | None = None
    shape: Literal["linear", "gated", "ratio"] = "linear"
    kernel: Kernel | None = None
    pairwise: bool = True
    floor: float | None = None

    def by_signature(self, sets: IndexedSets, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        """From values of the parts, (n_obs, n_parts), to those of the signatures, (n_obs,
        n_sets).
        """
        if self.family == "pairs":
            return sets.first_parts(parts)
        values = sets.combine(parts)
        return values if self.floor is None else np.maximum(values, self.floor)

    @property
    def needs_ranks(self) -> bool:
        """Whether the method looks at ranks only, so that any monotone scale of the values gives
        the same.
        """
        return self.family == "rank"
