"""What is checked, a function from a matrix and gene lists to a table of scores, and the matrix it is checked on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
import scipy.sparse as sp

from resistype.expression import ReadOptions
from resistype.expression.anndata import new_anndata
from resistype.genes.names import gene_table
from resistype.library import Library, Signature
from resistype.score import ScoreOptions, get_method, score
from resistype.testing.outcome import CheckError, fail

__all__ = ["Scorer", "Subject", "Tags", "annotated", "matrix", "same", "sets", "shipped", "signatures", "untidy"]

Scorer: TypeAlias = Callable[[Any, Mapping[str, Sequence[str]]], pd.DataFrame]
N_OBS, N_GENES = 12, 240


@dataclass(frozen=True)
class Tags:
    """What a scorer promises.

    Parameters
    ----------
    depends_on
        ``sample`` when the score of a sample is its own; ``cohort`` when the other samples of the matrix count.
    ranks
        Whether only the order of the values counts, so that any monotone scale gives the same.
    tolerance
        Largest difference between two scores that should be the same; 0 asks for the same bits.
    """

    depends_on: Literal["sample", "cohort"] = "sample"
    ranks: bool = False
    tolerance: float = 0.0


@dataclass(frozen=True)
class Subject:
    """A scorer and what it promises."""

    scorer: Scorer
    tags: Tags = field(default_factory=Tags)

    def __call__(self, data: Any, lists: Mapping[str, Sequence[str]] | None = None) -> pd.DataFrame:
        """Scores as a table; fails when they are of another form."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = self.scorer(data, sets() if lists is None else lists)
        if not isinstance(found, pd.DataFrame):
            fail(f"wanted a DataFrame of samples × signatures, got {type(found).__name__}")
        return found

    def answer(self, data: Any, lists: Mapping[str, Any] | None = None) -> pd.DataFrame | None:
        """Scores, or None where the scorer refuses."""
        try:
            return self(data, lists)
        except CheckError:
            raise
        except Exception:  # noqa: BLE001  a refusal of whatever kind
            return None


@cache
def _genes() -> tuple[str, ...]:
    names = sorted(name for name in gene_table().approved if name.isalnum() and not name[0].isdigit())
    return tuple(names[:: len(names) // N_GENES][:N_GENES])


def matrix() -> pd.DataFrame:
    """Twelve samples × 240 genes in log2, shape (n_obs, n_genes): zeros, ties, and no two rows alike.

    Examples
    --------
    >>> matrix().shape
    (12, 240)
    """
    random = np.random.default_rng(11)
    values = np.round(random.gamma(2.0, 2.0, (N_OBS, N_GENES)), 1)
    values[random.random(values.shape) < 0.3] = 0.0
    return pd.DataFrame(values, index=[f"case-{number}" for number in range(N_OBS)], columns=list(_genes()))


def sets() -> dict[str, list[str]]:
    """Gene lists over the columns of `matrix`; they overlap."""
    genes = list(_genes())
    return {"few": genes[:12], "some": genes[6:40], "many": genes[20:160]}


def signatures(lists: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """A copy of gene lists that a scorer may do with as it likes."""
    return {name: list(genes) for name, genes in lists.items()}


def shipped(method: str) -> Subject:
    """A scoring method of this package as a subject.

    Parameters
    ----------
    method
        Its name, as for `score`.
    """
    known = get_method(method)

    def scorer(data: Any, lists: Mapping[str, Sequence[str]]) -> pd.DataFrame:
        given: Any = lists
        if known.family == "pairs":
            given = Library([_paired(name, genes) for name, genes in lists.items()])
        options = ScoreOptions(read=ReadOptions(unit="log2"))
        return score(data, given, method=method, n_jobs=1, options=options).to_frame()

    tolerance = 0.0 if known.depends_on == "sample" else 1e-9
    return Subject(scorer, Tags(known.depends_on, ranks=known.needs_ranks, tolerance=tolerance))


def _paired(name: str, genes: Sequence[str]) -> Signature:
    """The list as gene pairs, whatever its order; an odd one out stands with the first."""
    plain = sorted(set(genes))
    half = len(plain) // 2
    pairs = [*zip(plain[:half], plain[half:], strict=False), *([(plain[0], plain[-1])] if len(plain) % 2 else [])]
    return Signature(id=name, name=name, up=tuple(plain), pairs=tuple(pairs))


def same(found: pd.DataFrame, wanted: pd.DataFrame, *, tolerance: float, what: str) -> None:
    """Fail when two tables of scores differ in names, or by more than a tolerance."""
    if list(found.index) != list(wanted.index) or list(found.columns) != list(wanted.columns):
        fail(f"{what}: rows or columns are not the same")
    one, other = (np.asarray(table.to_numpy(), dtype=np.float64) for table in (found, wanted))
    differs = ~((one == other) | (np.isnan(one) & np.isnan(other)))
    if tolerance:
        differs &= ~(np.abs(one - other) <= tolerance)
    if differs.any():
        row, column = (int(place[0]) for place in np.nonzero(differs))
        largest = np.nanmax(np.abs(one - other)) if np.isfinite(one - other).any() else np.nan
        fail(
            f"{what}: {int(differs.sum())} of {differs.size} scores differ (largest {largest:.3g}; first "
            f"{found.columns[column]!r} of {found.index[row]!r}: {one[row, column]!r}, wanted {other[row, column]!r})"
        )


def annotated(values: Any) -> Any:
    """An AnnData of values (n_obs, n_genes) with the names of `matrix`."""
    made = new_anndata(values.copy(), list(matrix().columns))
    made.obs_names = matrix().index
    return made


def untidy(csr: Any) -> Any:
    """The same matrix with its columns in reverse within each row, and one stored zero a row."""
    rows = []
    for row in range(csr.shape[0]):
        part = csr[row].toarray()[0]
        absent = int(np.flatnonzero(part == 0)[0])
        places = np.append(np.flatnonzero(part), absent)[::-1]
        rows.append((places, part[places]))
    pointer = np.concatenate([[0], np.cumsum([len(places) for places, _ in rows])])
    places, values = (np.concatenate([row[k] for row in rows]) for k in (0, 1))
    return sp.csr_matrix((values, places, pointer), shape=csr.shape)
