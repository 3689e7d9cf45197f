"""Nearest template prediction (Hoshida 2010) and correlation with centroids.

Published ways to name the nearest class.

`ntp` needs lists of marker genes only. It works on the differences within a cohort, so it refuses
one sample, and a cohort that holds one class is split all the same; the FDR is what keeps such a
split from being believed. `centroid` works on one sample and needs expression profiles of the
classes. Each may say "unassigned". A class of which fewer than half the genes are there gives no
label, for its absence would favour the others.

The template of a class is 1 at its own marker genes and 0 at those of the other classes; with two
classes −1 instead of 0. The similarity is the cosine between the row-centred values at these places
and the template, the distance √((1 − cosine) / 2). The null asks how near a sample comes to any
template with genes taken at random from all its genes; draws are made once for all samples, with
replacement, and sums run along the genes of one sample, so the p of a sample does not depend on
which other samples are asked about, on their order or on how the work is split.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from resistype.errors import (
    CohortWarning,
    CoverageWarning,
    ReferenceDataError,
    SchemeError,
    complain,
    warn,
)
from resistype.expression import Expression, ReadOptions, as_expression
from resistype.genes import GeneIndex
from resistype.library import Signature
from resistype.opinions.frame import (
    UNASSIGNED,
    Codes,
    Flags,
    Floats,
    Limit,
    check_coverage,
    check_limits,
    not_numbers,
    opinion_table,
    refuse_missing,
    repeated,
)
from resistype.scheme.reference import MIN_COHORT, SMALL_COHORT

Templates: TypeAlias = Mapping[str, Sequence[str] | Signature] | pd.DataFrame

MIN_FEATURES = 5
_GENE_COLUMNS = ("gene", "probe")


def read_templates(templates: Templates) -> dict[str, tuple[str, ...]]:
    """Marker genes of each class, each gene once a class.

    Parameters
    ----------
    templates
        A mapping of class names to genes or signatures (their `up` genes), or a table with the
        columns ``class`` and ``gene`` (or ``probe``), one marker a row.

    Raises
    ------
    SchemeError
        S121 with every complaint.

    Examples
    --------
    >>> read_templates({"inflamed": ["CD8A", "GZMA", "CD8A"], "cold": ["CTNNB1"]})
    {'inflamed': ('CD8A', 'GZMA'), 'cold': ('CTNNB1',)}
    """
    classes = (
        _from_table(templates) if isinstance(templates, pd.DataFrame) else _from_mapping(templates)
    )
    complaints = [
        f"class {name!r} has no marker gene" for name, genes in classes.items() if not genes
    ]
    if len(classes) < 2:
        complaints.append(f"{len(classes)} class(es); a classifier compares at least 2")
    complain(complaints, SchemeError, code="S121", subject="Templates")
    return classes


def _from_table(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    gene = next((name for name in _GENE_COLUMNS if name in table.columns), None)
    if gene is None or "class" not in table.columns:
        shown = ", ".join(str(name) for name in table.columns[:5])
        message = (
            "A table of templates has the columns 'class' and 'gene' (or 'probe'); this one has:"
            f" {shown}."
        )
        raise SchemeError(message, code="S121")
    empty = int(table[["class", gene]].isna().any(axis=1).sum())
    if empty:
        raise SchemeError(f"Table of templates: {empty} row(s) without class or gene.", code="S121")
    classes: dict[str, dict[str, None]] = {}
    for name, marker in zip(table["class"].astype(str), table[gene].astype(str), strict=True):
        classes.setdefault(name, {})[marker] = None
    return {name: tuple(genes) for name, genes in classes.items()}


def _from_mapping(templates: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(templates, Mapping):
        wanted = "a mapping of classes to genes, or a table with 'class' and 'gene'"
        message = f"Templates are {wanted}; got {_kind(templates)}."
        raise SchemeError(message, code="S121")
    found: dict[str, tuple[str, ...]] = {}
    complaints = []
    for name, given in templates.items():
        genes = given.up if isinstance(given, Signature) else given
        if isinstance(genes, str) or not isinstance(genes, Iterable):
            complaints.append(f"class {str(name)!r}: wanted a list of genes, got {_kind(genes)}")
            continue
        ordered = sorted(genes) if isinstance(genes, (set, frozenset)) else genes
        found[str(name)] = tuple(dict.fromkeys(str(gene) for gene in ordered))
    complain(complaints, SchemeError, code="S121", subject="Templates")
    return found


def _kind(value: object) -> str:
    return type(value).__name__


def match_templates(
    classes: Mapping[str, tuple[str, ...]], index: GeneIndex
) -> tuple[Places, dict[str, str]]:
    """Places of the marker genes in a matrix, and "found/asked" of each class."""
    columns = [_columns(genes, index) for genes in classes.values()]
    asked = {name: len(genes) for name, genes in classes.items()}
    found = dict(zip(classes, (len(one) for one in columns), strict=True))
    coverage = check_coverage(asked, found, minimum=2, code="S122", error=SchemeError)
    few = [f"{name} {n}" for name, n in found.items() if n < MIN_FEATURES]
    if few:
        message = (
            f"Fewer than {MIN_FEATURES} marker genes for: {', '.join(few)}. Labels from so few are"
            " unstable."
        )
        warn(message, CoverageWarning, code="W202", stacklevel=4)
    _warn_shared(columns, index)
    places = Places(np.concatenate(columns), tuple(found.values()))
    return places, coverage


def _columns(genes: Sequence[str], index: GeneIndex) -> Codes:
    """Columns of the genes that were found, ordered by the name of the column."""
    return np.array(
        sorted(index.match(genes).found.tolist(), key=lambda column: index.genes[column]),
        dtype=np.intp,
    )


def _warn_shared(columns: Sequence[Codes], index: GeneIndex) -> None:
    which, times = np.unique(np.concatenate(columns), return_counts=True)
    shared = [index.genes[column] for column in which[times > 1]]
    if shared:
        message = (
            f"{len(shared)} of {len(which)} marker genes stand in more than one template "
            f"({', '.join(sorted(shared)[:5])}); they cannot tell those classes apart."
        )
        warn(message, CoverageWarning, code="W203", stacklevel=5)


def match_centroids(centroids: Any, index: GeneIndex) -> tuple[Codes, pd.DataFrame, str]:
    """Columns of the genes of the centroids (n_genes, n_classes), the centroids at these genes,
    and "found/asked".
    """
    table = _checked_centroids(centroids)
    columns = index.match([str(gene) for gene in table.index]).columns
    here = columns >= 0
    asked, found = {"centroids": len(table)}, {"centroids": int(here.sum())}
    coverage = check_coverage(asked, found, minimum=3, code="S122", error=SchemeError)
    kept = table.loc[here].astype(np.float64)
    flat = [name for name in kept.columns if float(np.ptp(kept[name].to_numpy())) == 0.0]
    same = [f"centroid {str(name)!r} has the same value at every gene found" for name in flat]
    complain(same, SchemeError, code="S121", subject="Centroids")
    order = np.argsort(np.array([index.genes[column] for column in columns[here]]), kind="stable")
    return columns[here][order], kept.iloc[order], coverage["centroids"]


def _checked_centroids(centroids: Any) -> pd.DataFrame:
    if not isinstance(centroids, pd.DataFrame):
        message = (
            "method='centroid' needs a table of centroids, genes in rows and classes in columns;"
            f" got {_kind(centroids)}. For lists of marker genes use method='ntp'."
        )
        raise SchemeError(message, code="S121")
    complaints = []
    text = not_numbers(centroids)
    if text:
        complaints.append(
            f"not numbers: {', '.join(text[:5])}; for lists of marker genes use method='ntp'"
        )
    elif not np.isfinite(centroids.to_numpy(dtype=np.float64)).all():
        complaints.append("missing or infinite values; give centroids for whole genes only")
    if centroids.shape[1] < 2:
        complaints.append(f"{centroids.shape[1]} class(es); a classifier compares at least 2")
    complaints += [
        f"{what} given more than once: {repeated(names)}"
        for what, names in (("gene", centroids.index), ("class", centroids.columns))
        if names.has_duplicates
    ]
    complain(complaints, SchemeError, code="S121", subject="Centroids")
    return centroids


TIE = 1e-12
_CELLS = 2_000_000


@dataclass(frozen=True, eq=False)
class Places:
    """Where the marker genes of each class stand: the columns of all places, class after class."""

    columns: Codes
    sizes: tuple[int, ...]


def cosines(values: Floats, sizes: tuple[int, ...]) -> Floats:
    """Cosine of each row with each template."""
    values = np.ascontiguousarray(values)  # sums then run along a row, whatever the rows beside it
    edges = np.concatenate([[0], np.cumsum(sizes)])
    sums = np.stack([values[:, a:b].sum(axis=1) for a, b in pairwise(edges.tolist())], axis=1)
    lengths = np.sqrt(np.array(sizes, dtype=np.float64))
    if len(sizes) == 2:
        first = sums[:, 0] - sums[:, 1]
        sums = np.stack([first, -first], axis=1)
        lengths = np.full(2, np.sqrt(sum(sizes)))
    norms = np.sqrt((values * values).sum(axis=1))
    whole = norms > 0
    cosine = np.zeros_like(sums)
    cosine[whole] = sums[whole] / (norms[whole, None] * lengths)
    return cosine


def distances(cosine: Floats) -> Floats:
    """Distances between 0 (the template itself) and 1 (its opposite), one per cosine."""
    return np.sqrt(np.maximum(1.0 - cosine, 0.0) / 2.0)


def draws(columns: Codes, n_places: int, *, n_perm: int, seed: int) -> Codes:
    """Random genes for the null, shape (n_perm, n_places): columns drawn with replacement."""
    rng = np.random.default_rng(seed)
    return columns[rng.integers(0, columns.size, size=(n_perm, n_places))]


def random_p(row: Floats, drawn: Codes, sizes: tuple[int, ...], *, nearest: float) -> float:
    """Fraction of draws at which a sample comes as near to some template as it does with the
    markers.
    """
    step = max(_CELLS // drawn.shape[1], 1)
    reached = 0
    for start in range(0, len(drawn), step):
        best = cosines(row[drawn[start : start + step]], sizes).max(axis=1)
        reached += int((best >= nearest - TIE).sum())
    return (1 + reached) / (1 + len(drawn))


def pearson(values: Floats, centroids: Floats) -> Floats:
    """Pearson correlation of each row with each centroid."""
    rows = values - values.mean(axis=1, keepdims=True)
    wanted = centroids - centroids.mean(axis=1, keepdims=True)
    norms = np.sqrt((rows * rows).sum(axis=1))
    norms[norms <= TIE * np.abs(values).max(axis=1, initial=0.0)] = np.nan
    columns = [(rows * one).sum(axis=1) / (norms * np.sqrt((one * one).sum())) for one in wanted]
    return np.stack(columns, axis=1)


def separation(correlation: Floats) -> tuple[Floats, Floats]:
    """How far the nearest centroid is ahead."""
    behind = np.sort(correlation.max(axis=1, keepdims=True) - correlation, axis=1)
    margin = behind[:, 1]
    if correlation.shape[1] < 4:
        return margin, np.full(len(margin), np.nan)
    middle = np.median(behind, axis=1)
    return margin, np.divide(margin, middle, out=np.full(len(margin), np.nan), where=middle > 0)


_DOI = {"ntp": "10.1371/journal.pone.0015543", "centroid": "10.1016/j.eururo.2019.09.006"}
_COLUMNS, _ROWS = 2000, 16
_SPLIT = (
    "Nearest template prediction compares samples with the mean of their cohort: a cohort that"
    " holds one class only is split into all classes all the same."
)


@dataclass(frozen=True, kw_only=True)
class OpinionOptions:
    """How the nearest class is found; S123 for a value out of range.

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
    """

    n_perm: int = 1000
    seed: int = 0
    fdr: float = 0.05
    scale: bool = True
    min_cor: float = 0.2
    read: ReadOptions = field(default_factory=ReadOptions)

    def __post_init__(self) -> None:
        limits = {
            "n_perm": Limit(99, whole=True),
            "seed": Limit(0, whole=True),
            "fdr": Limit(0, 1, ends="(]"),
            "min_cor": Limit(-1, 1),
        }
        subject = "Options of the nearest class"
        check_limits(vars(self), limits, SchemeError, code="S123", subject=subject)


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
        Expression of shape (n_obs, n_genes): DataFrame (samples × genes), AnnData, Expression or
        path. It is compared in log2(x + 1).
    templates
        For ``"ntp"`` a mapping of class names to marker genes or signatures, or a table with the
        columns ``class`` and ``gene``. For ``"centroid"`` a table (n_genes, n_classes) of log2
        expression.
    method
        ``"ntp"``: nearest template prediction, Hoshida 2010, doi 10.1371/journal.pone.0015543.
        ``"centroid"``: largest Pearson correlation, in the manner of Kamoun 2020, doi
        10.1016/j.eururo.2019.09.006.
    n_jobs
        Threads; the result does not depend on it.
    options
        Draws, seed, thresholds.

    Returns
    -------
    DataFrame, one row per sample
        ``prediction`` (a class or ``"unassigned"``) and ``nearest`` (the class before any
        threshold). For ``"ntp"`` then ``p``, ``fdr`` and ``distance_<class>``, 0 to 1. For
        ``"centroid"`` then ``margin`` (r1 − r2), ``separation`` ((r1 − r2) / median(r1 − r); NaN
        below four classes, where it is a constant) and ``r_<class>``. ``attrs`` holds method, DOI,
        options and coverage.

    Raises
    ------
    ResistypeError
        R101 below 10 samples (ntp); S121 for templates that cannot be used, S122 when too few of
        their genes are there, S123 for an option; E501 when values that are needed are missing.

    Warns
    -----
    ResistypeWarning
        W303 always for ntp (a cohort of one class is split), W301 below 30 samples; W201, W202,
        W203: genes missing, few, or shared by classes.

    Notes
    -----
    p is (1 + k) / (1 + n_perm), where k random draws of genes from the sample come as near to any
    template; draws are with replacement, as in CMScaller (whose smallest p is 1 / n_perm), where
    Hoshida draws without. It says "this sample matches some template", not "it is this class".

    Examples
    --------
    >>> import pandas as pd
    >>> profiles = pd.DataFrame(
    ...     {"hot": [8.0, 9, 1, 2], "cold": [2.0, 1, 8, 9]}, index=["CD8A", "GZMA", "SOX2", "MYC"]
    ... )
    >>> sample = pd.DataFrame([[7.0, 7.5, 2.0, 1.0]], index=["P1"], columns=profiles.index)
    >>> second_opinion(sample, profiles, method="centroid")["prediction"].tolist()
    ['hot']
    """
    chosen = options or OpinionOptions()
    if method not in _DOI:
        message = f"There is no classifier {method!r}; there are 'ntp' and 'centroid'."
        raise SchemeError(message, code="S123")
    if method == "centroid":
        return _centroid(as_expression(data, chosen.read), templates, chosen)
    classes = read_templates(templates)
    expression = as_expression(data, chosen.read)
    _check_cohort(expression.n_obs)
    return _ntp(expression, classes, chosen, n_jobs=n_jobs)


def _check_cohort(n_obs: int) -> None:
    if n_obs < MIN_COHORT:
        samples = (
            "1 sample; centred on itself it is all zeros" if n_obs == 1 else f"{n_obs} samples"
        )
        message = (
            f"Nearest template prediction needs a cohort of at least {MIN_COHORT} samples, got"
            f" {samples}. Give the whole cohort, or use method='centroid', which works on one"
            " sample."
        )
        raise ReferenceDataError(message, code="R101")
    warn(_SPLIT, CohortWarning, code="W303", stacklevel=4)
    if n_obs < SMALL_COHORT:
        message = (
            f"The cohort has {n_obs} samples; below {SMALL_COHORT} labels move with the other"
            " samples."
        )
        warn(message, CohortWarning, code="W301", stacklevel=4)


def _ntp(
    expression: Expression,
    classes: dict[str, tuple[str, ...]],
    options: OpinionOptions,
    *,
    n_jobs: int,
) -> pd.DataFrame:
    from scipy.stats import false_discovery_control  # noqa: PLC0415  0.6 s

    places, coverage = match_templates(classes, expression.index)
    cosine, p = _nearest(expression, places, options, n_jobs=n_jobs)
    rate = false_discovery_control(p)
    columns = {**_named(list(classes), cosine, rate < options.fdr), "p": p, "fdr": rate}
    columns |= {
        f"distance_{name}": distances(cosine[:, number]) for number, name in enumerate(classes)
    }
    used = {name: getattr(options, name) for name in ("n_perm", "seed", "fdr", "scale")}
    about = {"method": "ntp", "doi": _DOI["ntp"], "coverage": coverage, **used, "caveats": [_SPLIT]}
    return opinion_table(expression.samples, columns, about)


def _nearest(
    expression: Expression, places: Places, options: OpinionOptions, *, n_jobs: int
) -> tuple[Floats, Floats]:
    """Cosines (n_obs, n_classes) and p (n_obs,)."""
    mean, spread = _moments(expression)
    scale = spread if options.scale else np.ones_like(spread)
    factor = np.divide(1.0, scale, out=np.zeros_like(scale), where=spread > 1e-12)
    in_order = sorted(range(expression.n_genes), key=lambda column: expression.genes[column])
    by_name = np.array(in_order, dtype=np.intp)
    drawn = draws(by_name, places.columns.size, n_perm=options.n_perm, seed=options.seed)

    def block(start: int) -> tuple[Floats, list[float]]:
        rows = expression.select(expression.samples[start : start + _ROWS])
        values = (rows.log2() - mean) * factor
        found = cosines(values[:, places.columns], places.sizes)
        tops = zip(values, found.max(axis=1).tolist(), strict=True)
        return found, [random_p(row, drawn, places.sizes, nearest=top) for row, top in tops]

    run = Parallel(n_jobs=n_jobs, prefer="threads")
    parts = run(delayed(block)(start) for start in range(0, expression.n_obs, _ROWS))
    return np.concatenate([one for one, _ in parts]), np.concatenate([p for _, p in parts])


def _moments(expression: Expression) -> tuple[Floats, Floats]:
    """Mean and SD (n − 1) of each gene over the samples, in log2, each of shape (n_genes,)."""
    means, spreads = [], []
    for start in range(0, expression.n_genes, _COLUMNS):
        values = expression.log2(np.arange(start, min(start + _COLUMNS, expression.n_genes)))
        refuse_missing(expression.samples, values)
        genes = np.ascontiguousarray(
            values.T
        )  # so that the sum of a gene never depends on its neighbours
        means.append(genes.mean(axis=1))
        spreads.append(genes.std(axis=1, ddof=1))
    return np.concatenate(means), np.concatenate(spreads)


def _centroid(expression: Expression, centroids: Any, options: OpinionOptions) -> pd.DataFrame:
    places, table, coverage = match_centroids(centroids, expression.index)
    values = expression.log2(places)
    refuse_missing(expression.samples, values)
    correlation = pearson(values, np.ascontiguousarray(table.to_numpy().T))
    classes = [str(name) for name in table.columns]
    with np.errstate(invalid="ignore"):
        near = correlation.max(axis=1) >= options.min_cor
    margin, level = separation(correlation)
    columns = _named(classes, np.nan_to_num(correlation, nan=-2.0), near)
    columns |= {"margin": margin, "separation": np.where(near, level, np.nan)}
    columns |= {f"r_{name}": correlation[:, number] for number, name in enumerate(classes)}
    about = {
        "method": "centroid",
        "doi": _DOI["centroid"],
        "coverage": dict.fromkeys(classes, coverage),
    }
    return opinion_table(expression.samples, columns, {**about, "min_cor": options.min_cor})


def _named(classes: list[str], closeness: Floats, near: Flags) -> dict[str, Any]:
    """The nearest class of each row, and the label where it is near enough."""
    nearest = np.array(classes, dtype=object)[closeness.argmax(axis=1)]
    return {"prediction": np.where(near, nearest, UNASSIGNED), "nearest": nearest}
