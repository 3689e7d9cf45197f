"""Second opinions: two published ways to name the nearest class, shown beside a call and never averaged with it.

`ntp`, nearest template prediction, needs lists of marker genes only. It works on the differences within a cohort, so
it refuses one sample, and a cohort that holds one class is split all the same; the FDR is what keeps such a split
from being believed. `centroid`, correlation with centroids, works on one sample and needs expression profiles of the
classes. Each may say "unassigned".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from resistype.errors import CohortWarning, ExpressionError, ReferenceError_, SchemeError, complain, warn
from resistype.expression import Expression, ReadOptions, as_expression
from resistype.scheme.nearest import Places, cosines, distances, draws, pearson, random_p, separation
from resistype.scheme.reference import MIN_COHORT, SMALL_COHORT
from resistype.scheme.templates import Templates, match_centroids, match_templates, read_templates

__all__ = ["UNASSIGNED", "OpinionOptions", "second_opinion"]

UNASSIGNED = "unassigned"
_DOI = {"ntp": "10.1371/journal.pone.0015543", "centroid": "10.1016/j.eururo.2019.09.006"}
_COLUMNS, _ROWS = 2000, 16
_SPLIT = (
    "Nearest template prediction compares samples with the mean of their cohort: a cohort that holds one class only is "
    "split into all classes all the same."
)


@dataclass(frozen=True, kw_only=True)
class OpinionOptions:
    """How a second opinion is formed.

    Parameters
    ----------
    n_perm
        Random draws of genes behind each p (ntp).
    seed
        Seed of the draws.
    fdr
        A sample with this false discovery rate or more is unassigned (ntp).
    scale
        Divide each gene by its SD in the cohort after centring (ntp).
    min_cor
        A sample whose best correlation is below this is unassigned (centroid).
    read
        How the matrix is read.

    Raises
    ------
    SchemeError
        S123 for a value out of range.

    Examples
    --------
    >>> OpinionOptions(n_perm=2000).fdr
    0.05
    """

    n_perm: int = 1000
    seed: int = 0
    fdr: float = 0.05
    scale: bool = True
    min_cor: float = 0.2
    read: ReadOptions = field(default_factory=ReadOptions)

    def __post_init__(self) -> None:
        complaints = []
        if self.n_perm < 99:
            complaints.append(f"n_perm={self.n_perm}: at least 99 draws are needed")
        if not 0 < self.fdr <= 1:
            complaints.append(f"fdr={self.fdr}: wanted more than 0 and at most 1")
        if not -1 <= self.min_cor <= 1:
            complaints.append(f"min_cor={self.min_cor}: wanted a correlation, −1 to 1")
        complain(complaints, SchemeError, code="S123", subject="Options of a second opinion")


def second_opinion(
    data: Any,
    templates: Templates,
    *,
    method: Literal["ntp", "centroid"] = "ntp",
    n_jobs: int = -1,
    options: OpinionOptions | None = None,
) -> pd.DataFrame:
    """Nearest class of each sample by another method, with how sure that method is.

    Parameters
    ----------
    data
        Expression of shape (n_obs, n_genes): DataFrame (samples × genes), AnnData, Expression or path. It is compared
        in log2(x + 1).
    templates
        For ``"ntp"`` a mapping of class names to marker genes or signatures, or a table with the columns ``class`` and
        ``gene``. For ``"centroid"`` a table (n_genes, n_classes) of log2 expression.
    method
        ``"ntp"``: nearest template prediction, Hoshida 2010, doi 10.1371/journal.pone.0015543. ``"centroid"``: largest
        Pearson correlation, in the manner of Kamoun 2020, doi 10.1016/j.eururo.2019.09.006.
    n_jobs
        Threads; the result does not depend on it.
    options
        Draws, seed, thresholds.

    Returns
    -------
    DataFrame, one row a sample
        ``prediction`` (a class or ``"unassigned"``) and ``nearest`` (the class before any threshold). For ``"ntp"``
        then ``p``, ``fdr`` and ``distance_<class>``, 0 to 1. For ``"centroid"`` then ``margin`` (r1 − r2),
        ``separation`` ((r1 − r2) / median(r1 − r); NaN below four classes, where it is a constant) and ``r_<class>``.
        ``attrs`` holds method, DOI, options and coverage.

    Raises
    ------
    ReferenceError_
        R101 below 10 samples (ntp).
    SchemeError
        S121 for templates that cannot be used, S122 when too few of their genes are there, S123 for an option.
    ExpressionError
        E501 when values that are needed are missing.

    Warns
    -----
    CohortWarning
        W303 always for ntp (a cohort of one class is split), W301 below 30 samples.
    CoverageWarning
        W201, W202, W203: genes missing, few, or shared by classes.

    Notes
    -----
    p is (1 + k) / (1 + n_perm), where k random draws of genes from the sample come as near to any template; draws are
    with replacement, as in CMScaller, where Hoshida draws without. It says "this sample matches some template", not
    "it is this class". CMScaller's p is the same but for its smallest value, 1 / n_perm in place of
    1 / (1 + n_perm).

    Examples
    --------
    >>> import pandas as pd
    >>> profiles = pd.DataFrame({"hot": [8.0, 9, 1, 2], "cold": [2.0, 1, 8, 9]}, index=["CD8A", "GZMA", "SOX2", "MYC"])
    >>> sample = pd.DataFrame([[7.0, 7.5, 2.0, 1.0]], index=["P1"], columns=profiles.index)
    >>> second_opinion(sample, profiles, method="centroid")["prediction"].tolist()
    ['hot']
    """
    chosen = options or OpinionOptions()
    if method not in _DOI:
        message = f"There is no second opinion {method!r}; there are 'ntp' and 'centroid'."
        raise SchemeError(message, code="S123")
    if method == "centroid":
        return _centroid(as_expression(data, chosen.read), templates, chosen)
    classes = read_templates(templates)
    expression = as_expression(data, chosen.read)
    _check_cohort(expression.n_obs)
    return _ntp(expression, classes, chosen, n_jobs=n_jobs)


def _check_cohort(n_obs: int) -> None:
    if n_obs < MIN_COHORT:
        samples = "1 sample; centred on itself it is all zeros" if n_obs == 1 else f"{n_obs} samples"
        message = (
            f"Nearest template prediction needs a cohort of at least {MIN_COHORT} samples, got {samples}. "
            "Give the whole cohort, or use method='centroid', which works on one sample."
        )
        raise ReferenceError_(message, code="R101")
    warn(_SPLIT, CohortWarning, code="W303", stacklevel=4)
    if n_obs < SMALL_COHORT:
        message = f"The cohort has {n_obs} samples; below {SMALL_COHORT} opinions move with the other samples."
        warn(message, CohortWarning, code="W301", stacklevel=4)


def _ntp(
    expression: Expression, classes: dict[str, tuple[str, ...]], options: OpinionOptions, *, n_jobs: int
) -> pd.DataFrame:
    from scipy.stats import false_discovery_control  # noqa: PLC0415  slow to load

    places, coverage = match_templates(classes, expression.index)
    cosine, p = _nearest(expression, places, options, n_jobs=n_jobs)
    rate = false_discovery_control(p)
    frame = _named(expression.samples, list(classes), cosine, rate < options.fdr)
    frame["p"], frame["fdr"] = p, rate
    for number, name in enumerate(classes):
        frame[f"distance_{name}"] = distances(cosine[:, number])
    frame.attrs.update(_about("ntp", coverage, options), caveats=[_SPLIT])
    return frame


def _nearest(
    expression: Expression, places: Places, options: OpinionOptions, *, n_jobs: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cosines (n_obs, n_classes) and p (n_obs,)."""
    mean, spread = _moments(expression)
    scale = spread if options.scale else np.ones_like(spread)
    factor = np.divide(1.0, scale, out=np.zeros_like(scale), where=spread > 1e-12)
    by_name = np.array(sorted(range(expression.n_genes), key=lambda column: expression.genes[column]), dtype=np.intp)
    drawn = draws(by_name, places.n_places, n_perm=options.n_perm, seed=options.seed)

    def block(start: int) -> tuple[NDArray[np.float64], list[float]]:
        values = (expression.select(expression.samples[start : start + _ROWS]).log2() - mean) * factor
        found = cosines(values[:, places.columns], places.sizes)
        tops = found.max(axis=1)
        return found, [
            random_p(row, drawn, places.sizes, nearest=float(top)) for row, top in zip(values, tops, strict=True)
        ]

    run = Parallel(n_jobs=n_jobs, prefer="threads")
    parts = run(delayed(block)(start) for start in range(0, expression.n_obs, _ROWS))
    return np.concatenate([one for one, _ in parts]), np.concatenate([p for _, p in parts])


def _moments(expression: Expression) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and SD (n − 1) of each gene over the samples, in log2, each of shape (n_genes,)."""
    means, spreads = [], []
    for start in range(0, expression.n_genes, _COLUMNS):
        values = expression.log2(np.arange(start, min(start + _COLUMNS, expression.n_genes)))
        _refuse_missing(expression, values)
        genes = np.ascontiguousarray(values.T)  # so that the sum of a gene never depends on its neighbours
        means.append(genes.mean(axis=1))
        spreads.append(genes.std(axis=1, ddof=1))
    return np.concatenate(means), np.concatenate(spreads)


def _refuse_missing(expression: Expression, values: NDArray[np.float64]) -> None:
    bad = np.flatnonzero(np.isnan(values).any(axis=1))
    if bad.size:
        first = ", ".join(expression.samples[row] for row in bad[:5])
        message = (
            f"{bad.size} of {expression.n_obs} samples have missing values or no counts at all ({first}); a second "
            "opinion compares whole samples. Leave these samples out."
        )
        raise ExpressionError(message, code="E501")


def _centroid(expression: Expression, centroids: Any, options: OpinionOptions) -> pd.DataFrame:
    columns, table, coverage = match_centroids(centroids, expression.index)
    values = expression.log2(columns)
    _refuse_missing(expression, values)
    correlation = pearson(values, np.ascontiguousarray(table.to_numpy().T))
    classes = [str(name) for name in table.columns]
    with np.errstate(invalid="ignore"):
        firm = correlation.max(axis=1) >= options.min_cor
    frame = _named(expression.samples, classes, np.nan_to_num(correlation, nan=-2.0), firm)
    margin, level = separation(correlation)
    frame["margin"], frame["separation"] = margin, np.where(firm, level, np.nan)
    for number, name in enumerate(classes):
        frame[f"r_{name}"] = correlation[:, number]
    frame.attrs.update(_about("centroid", dict.fromkeys(classes, coverage), options), caveats=[])
    return frame


def _named(
    samples: Sequence[str], classes: list[str], closeness: NDArray[np.float64], firm: NDArray[np.bool_]
) -> pd.DataFrame:
    nearest = np.array(classes, dtype=object)[closeness.argmax(axis=1)]
    columns = {"prediction": np.where(firm, nearest, UNASSIGNED), "nearest": nearest}
    return pd.DataFrame(columns, index=pd.Index(samples, name="sample"))


def _about(method: str, coverage: dict[str, str], options: OpinionOptions) -> dict[str, Any]:
    used = {"n_perm": options.n_perm, "seed": options.seed, "fdr": options.fdr, "scale": options.scale}
    mine = used if method == "ntp" else {"min_cor": options.min_cor}
    return {"method": method, "doi": _DOI[method], "coverage": coverage, **mine}
