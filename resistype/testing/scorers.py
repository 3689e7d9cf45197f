"""What is checked, a function from a matrix and gene lists to a table of scores, and the matrix
it is checked on.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from resistype.testing.signatures import CheckError, Outcome, fail, run_checks

Scorer: TypeAlias = Callable[[Any, Mapping[str, Sequence[str]]], pd.DataFrame]
N_OBS, N_GENES = 12, 240


@dataclass(frozen=True)
class Tags:
    """What a scorer promises.

    Parameters
    ----------
    depends_on
        ``sample`` when the score of a sample is its own; ``cohort`` when the other samples of the
        matrix count.
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
    names = sorted(
        name for name in gene_table().approved if name.isalnum() and not name[0].isdigit()
    )
    return tuple(names[:: len(names) // N_GENES][:N_GENES])


def matrix() -> pd.DataFrame:
    """Twelve samples × 240 genes in log2, shape (n_obs, n_genes): zeros, ties, and no two rows
    alike.

    Examples
    --------
    >>> matrix().shape
    (12, 240)
    """
    random = np.random.default_rng(11)
    values = np.round(random.gamma(2.0, 2.0, (N_OBS, N_GENES)), 1)
    values[random.random(values.shape) < 0.3] = 0.0
    return pd.DataFrame(
        values, index=[f"case-{number}" for number in range(N_OBS)], columns=list(_genes())
    )


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
    pairs = [
        *zip(plain[:half], plain[half:], strict=False),
        *([(plain[0], plain[-1])] if len(plain) % 2 else []),
    ]
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
            f"{what}: {int(differs.sum())} of {differs.size} scores differ (largest {largest:.3g};"
            f" first {found.columns[column]!r} of {found.index[row]!r}: {one[row, column]!r},"
            f" wanted {other[row, column]!r})"
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


# Checks of a scorer, one function each, in the manner of scikit-learn's checks of estimators.


def check_shape(subject: Subject) -> None:
    """One row per sample and one column a list, named and in order, of plain finite numbers."""
    data, found = matrix(), subject(matrix())
    if list(found.index) != list(data.index) or list(found.columns) != list(sets()):
        fail(
            f"rows and columns are {found.shape}, or in another order; wanted {len(data)} ×"
            f" {list(sets())} by name"
        )
    if any(kind != np.float64 for kind in found.dtypes):
        fail(f"columns are of {sorted({str(kind) for kind in found.dtypes})}; wanted float64")
    if not np.isfinite(found.to_numpy()).all():
        fail("scores of a whole matrix with all genes are not finite")


def check_varies(subject: Subject) -> None:
    """Different samples have different scores."""
    flat = [name for name, column in subject(matrix()).items() if column.nunique() < 2]
    if flat:
        fail(f"all samples have the same score for {flat}")


def check_repeat(subject: Subject) -> None:
    """The same question has the same answer."""
    same(subject(matrix()), subject(matrix()), tolerance=0.0, what="a second call")


def check_threads(subject: Subject) -> None:
    """Calls at the same time do not disturb each other."""
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: subject(matrix()), range(3)))
    for one in found:
        same(one, subject(matrix()), tolerance=0.0, what="three calls at once")


def check_subset(subject: Subject) -> None:
    """A sample scored without the others has the score that it has among them."""
    data, whole = matrix(), subject(matrix())
    if subject.tags.depends_on == "cohort":
        return
    for rows in (slice(0, 5), slice(5, None)):
        same(
            subject(data.iloc[rows]),
            whole.iloc[rows],
            tolerance=subject.tags.tolerance,
            what="part of the samples",
        )


def check_one_sample(subject: Subject) -> None:
    """One sample alone is scored as among others; where others are needed, it is refused or has
    no score.
    """
    data, whole = matrix(), subject(matrix())
    if subject.tags.depends_on == "cohort":
        found = subject.answer(data.iloc[:1])
        if found is not None and np.isinf(found.to_numpy(dtype=np.float64)).any():
            fail("the score of one sample is infinite")
        return
    same(
        subject(data.iloc[[3]]),
        whole.iloc[[3]],
        tolerance=subject.tags.tolerance,
        what="one sample",
    )


def check_sample_order(subject: Subject) -> None:
    """The order of the samples does not matter."""
    data = matrix().iloc[::-1]
    same(
        subject(data).iloc[::-1],
        subject(matrix()),
        tolerance=subject.tags.tolerance,
        what="samples in reverse",
    )


def check_gene_order(subject: Subject) -> None:
    """The order of the genes of the matrix does not matter."""
    order = np.random.default_rng(5).permutation(matrix().shape[1])
    same(
        subject(matrix().iloc[:, order]),
        subject(matrix()),
        tolerance=subject.tags.tolerance,
        what="genes in any order",
    )


def check_list_order(subject: Subject) -> None:
    """The order of the genes of a list does not matter."""
    turned = {name: genes[::-1] for name, genes in sets().items()}
    same(
        subject(matrix(), turned),
        subject(matrix()),
        tolerance=subject.tags.tolerance,
        what="lists in reverse",
    )


def check_company(subject: Subject) -> None:
    """The score of a list does not depend on which others are asked for, nor in which order."""
    whole = subject(matrix())
    for names in (["some"], ["many", "few"]):
        found = subject(matrix(), {name: sets()[name] for name in names})
        same(found, whole[names], tolerance=subject.tags.tolerance, what=f"only {names}")


def check_gene_twice(subject: Subject) -> None:
    """A gene that a list names twice counts once, or is refused."""
    found = subject.answer(matrix(), {"few": [*sets()["few"], sets()["few"][0]]})
    if found is not None:
        same(
            found,
            subject(matrix())[["few"]],
            tolerance=subject.tags.tolerance,
            what="a gene twice in a list",
        )


def check_ranks(subject: Subject) -> None:
    """Where only ranks count, any monotone scale gives the same."""
    if subject.tags.ranks:
        found = subject(np.sqrt(matrix()))
        same(
            found,
            subject(matrix()),
            tolerance=subject.tags.tolerance,
            what="another monotone scale",
        )


def check_sparse(subject: Subject) -> None:
    """CSR, CSC, stored zeros and columns out of order give what the dense matrix gives, in an
    AnnData.
    """
    whole, csr = subject(matrix()), sp.csr_matrix(matrix().to_numpy())
    for what, values in {"CSR": csr, "CSC": csr.tocsc(), "untidy CSR": untidy(csr)}.items():
        same(subject(annotated(values)), whole, tolerance=subject.tags.tolerance, what=what)


def check_forms(subject: Subject) -> None:
    """Rows of another memory order, of another type of number and of another class of index give
    the same.
    """
    data = matrix()
    forms = {
        "Fortran order": pd.DataFrame(
            np.asfortranarray(data.to_numpy()), index=data.index, columns=data.columns
        ),
        "columns of objects": data.astype(object).astype(np.float64),
        "an AnnData": annotated(data.to_numpy()),
    }
    for what, form in forms.items():
        same(subject(form), subject(data), tolerance=subject.tags.tolerance, what=what)


def check_read_only(subject: Subject) -> None:
    """A matrix that must not be written to is scored."""
    data = matrix()
    values = data.to_numpy().copy()
    values.setflags(write=False)
    frame = pd.DataFrame(values, index=data.index, columns=data.columns, copy=False)
    same(subject(frame), subject(data), tolerance=subject.tags.tolerance, what="a read-only matrix")


def check_unchanged(subject: Subject) -> None:
    """Neither the matrix nor the lists are changed."""
    data, lists = matrix(), sets()
    subject(data, lists)
    if not data.equals(matrix()) or list(data.columns) != list(matrix().columns):
        fail("the matrix was changed")
    if lists != sets():
        fail("the gene lists were changed")


def check_missing_value(subject: Subject) -> None:
    """A value that is missing is refused, or leaves no number in its sample; other samples are
    as before.
    """
    data = matrix()
    data.iloc[2, 4] = np.nan
    found = subject.answer(data)
    if found is None:
        return
    if np.isfinite(found.loc[data.index[2]].to_numpy(dtype=np.float64)).any():
        fail("a missing value gave a score without a word")


def check_infinite_value(subject: Subject) -> None:
    """An infinite value is refused, or leaves no number in its sample."""
    data = matrix()
    data.iloc[2, 4] = np.inf
    found = subject.answer(data)
    if found is not None and np.isfinite(found.loc[data.index[2]].to_numpy(dtype=np.float64)).any():
        fail("an infinite value gave a score without a word")


def check_text(subject: Subject) -> None:
    """Text where a number belongs is refused."""
    data = matrix().astype(object)
    data.iloc[2, 4] = "high"
    if subject.answer(data) is not None:
        fail("text in the matrix gave scores")


def check_empty(subject: Subject) -> None:
    """A matrix without samples or without genes, and an empty list, are refused or leave no
    number.
    """
    data = matrix()
    for what, given, lists in (
        ("no samples", data.iloc[:0], sets()),
        ("no genes", data.iloc[:, :0], sets()),
        ("an empty list", data, {"none": []}),
    ):
        found = subject.answer(given, lists)
        if found is not None and np.isfinite(found.to_numpy(dtype=np.float64)).any():
            fail(f"{what} gave numbers")


def check_absent_genes(subject: Subject) -> None:
    """A list of which no gene is in the matrix has no score; the others are as before."""
    found = subject.answer(
        matrix(), {**sets(), "absent": ["NOSUCHGENE1", "NOSUCHGENE2", "NOSUCHGENE3"]}
    )
    if found is None:
        return
    if "absent" not in found.columns:
        fail("the list was left out without a word; wanted its column, without numbers")
    if np.isfinite(found["absent"].to_numpy(dtype=np.float64)).any():
        fail("a list of which no gene is there has scores")
    same(
        found[list(sets())],
        subject(matrix()),
        tolerance=subject.tags.tolerance,
        what="beside an absent list",
    )


def check_names_twice(subject: Subject) -> None:
    """Genes or samples that occur twice are refused."""
    data = matrix()
    genes, samples = (
        pd.concat([data, data.iloc[:, [0]] + 1], axis=1),
        pd.concat([data, data.iloc[[0]] + 1]),
    )
    for what, given in (("a gene", genes), ("a sample", samples)):
        if subject.answer(given) is not None:
            fail(f"{what} that occurs twice with other values gave scores")


def check_turned(subject: Subject) -> None:
    """A matrix with its genes in rows is refused, or has no scores."""
    found = subject.answer(matrix().T)
    if found is not None and np.isfinite(found.to_numpy(dtype=np.float64)).any():
        fail("a matrix with its genes in rows gave scores")


def check_flat_sample(subject: Subject) -> None:
    """A sample of zeros keeps its row, and the others their scores."""
    data = matrix()
    data.iloc[4] = 0.0
    found = subject.answer(data)
    if found is None:
        return
    if list(found.index) != list(data.index):
        fail("a sample of zeros was left out")
    if subject.tags.depends_on == "sample":
        rest = [name for name in data.index if name != data.index[4]]
        what = "beside a sample of zeros"
        same(
            found.loc[rest],
            subject(matrix()).loc[rest],
            tolerance=subject.tags.tolerance,
            what=what,
        )


# What a shipped method is known not to keep, and why.
KNOWN = {
    "score_genes": {
        "check_sample_order": (
            "as in scanpy, the last bit of a mean decides between genes of equal mean expression"
        ),
    }
}

SCORER_CHECKS: tuple[Callable[[Subject], None], ...] = (
    *(
        check_shape,
        check_varies,
        check_repeat,
        check_threads,
        check_subset,
        check_one_sample,
        check_sample_order,
    ),
    *(
        check_gene_order,
        check_list_order,
        check_company,
        check_gene_twice,
        check_ranks,
        check_sparse,
        check_forms,
    ),
    *(
        check_read_only,
        check_unchanged,
        check_missing_value,
        check_infinite_value,
        check_text,
        check_empty,
    ),
    *(check_absent_genes, check_names_twice, check_turned, check_flat_sample),
)


def check_scorer(
    scorer: Scorer | str, *, tags: Tags | None = None, skip: Mapping[str, str] | None = None
) -> tuple[Outcome, ...]:
    """Check that a scorer keeps what a user may expect of one.

    Parameters
    ----------
    scorer
        A function of a matrix (a DataFrame of samples × genes, shape (n_obs, n_genes), or an
        AnnData) and a mapping of names to lists of genes, that gives a DataFrame of samples ×
        names. Or the name of a shipped method.
    tags
        What it promises; of a shipped method known.
    skip
        Checks to leave out, each with the reason.

    Returns
    -------
    tuple of Outcome
        One a check.

    Raises
    ------
    CheckError
        An AssertionError with all checks that failed, and what each found.

    Examples
    --------
    >>> from resistype.testing import check_scorer
    >>> len(check_scorer("singscore"))
    24
    >>> def mean(data, signatures):
    ...     return data.T.reindex(next(iter(signatures.values()))).mean()
    >>> check_scorer(mean)
    Traceback (most recent call last):
    resistype.testing.signatures.CheckError: Scorer 'mean': 22 of 24 checks failed
    ...
    """
    if isinstance(scorer, str):
        subject, name = shipped(scorer), scorer
        skip = {**KNOWN.get(scorer, {}), **(skip or {})}
    else:
        subject, name = Subject(scorer), getattr(scorer, "__name__", type(scorer).__name__)
    subject = Subject(subject.scorer, tags or subject.tags)
    return run_checks(SCORER_CHECKS, subject, about=f"Scorer {name!r}", skip=skip)
