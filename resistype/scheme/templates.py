"""Templates and centroids of a second opinion, matched to a matrix: every gene found once, or the reason told.

A template is a list of marker genes of a class; a centroid is an expression profile of a class. Both are matched by
alias closure. A class of which fewer than half the genes are there gives no opinion, for its absence would favour the
others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import CoverageWarning, SchemeError, complain, warn
from resistype.genes import GeneIndex
from resistype.library import Signature
from resistype.scheme.nearest import Places

__all__ = ["MIN_FEATURES", "Templates", "match_centroids", "match_templates", "read_templates"]

Templates: TypeAlias = Mapping[str, Sequence[str] | Signature] | pd.DataFrame

MIN_FEATURES = 5
MIN_COVERAGE, WARN_COVERAGE = 0.5, 0.8
_GENE_COLUMNS = ("gene", "probe")


def read_templates(templates: Templates) -> dict[str, tuple[str, ...]]:
    """Marker genes of each class, each gene once a class.

    Parameters
    ----------
    templates
        A mapping of class names to genes or signatures (their `up` genes), or a table with the columns ``class`` and
        ``gene`` (or ``probe``), one marker a row.

    Raises
    ------
    SchemeError
        S121 with every complaint.

    Examples
    --------
    >>> read_templates({"inflamed": ["CD8A", "GZMA", "CD8A"], "cold": ["CTNNB1"]})
    {'inflamed': ('CD8A', 'GZMA'), 'cold': ('CTNNB1',)}
    """
    classes = _from_table(templates) if isinstance(templates, pd.DataFrame) else _from_mapping(templates)
    complaints = [f"class {name!r} has no marker gene" for name, genes in classes.items() if not genes]
    if len(classes) < 2:
        complaints.append(f"{len(classes)} class(es); a second opinion compares at least 2")
    complain(complaints, SchemeError, code="S121", subject="Templates")
    return classes


def _from_table(table: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    gene = next((name for name in _GENE_COLUMNS if name in table.columns), None)
    if gene is None or "class" not in table.columns:
        shown = ", ".join(str(name) for name in table.columns[:5])
        message = f"A table of templates has the columns 'class' and 'gene' (or 'probe'); this one has: {shown}."
        raise SchemeError(message, code="S121")
    empty = int(table[["class", gene]].isna().any(axis=1).sum())
    if empty:
        raise SchemeError(f"Table of templates: {empty} row(s) without class or gene.", code="S121")
    pairs = zip(table["class"].astype(str), table[gene].astype(str), strict=True)
    classes: dict[str, dict[str, None]] = {}
    for name, marker in pairs:
        classes.setdefault(name, {})[marker] = None
    return {name: tuple(genes) for name, genes in classes.items()}


def _from_mapping(templates: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(templates, Mapping):
        message = (
            f"Templates are a mapping of classes to genes, or a table with 'class' and 'gene'; got {_kind(templates)}."
        )
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


def match_templates(classes: Mapping[str, tuple[str, ...]], index: GeneIndex) -> tuple[Places, dict[str, str]]:
    """Places of the marker genes in a matrix, and "found/asked" of each class.

    Raises
    ------
    SchemeError
        S122 when a class has fewer than half its genes, or fewer than 2.

    Warns
    -----
    CoverageWarning
        W201 below 80 % of the genes of a class, W202 below 5 genes, W203 when classes share genes.
    """
    columns = [_columns(genes, index) for genes in classes.values()]
    asked = {name: len(genes) for name, genes in classes.items()}
    found = dict(zip(classes, (len(one) for one in columns), strict=True))
    _check_coverage(asked, found, minimum=2)
    few = [f"{name} {n}" for name, n in found.items() if n < MIN_FEATURES]
    if few:
        message = f"Fewer than {MIN_FEATURES} marker genes for: {', '.join(few)}. Opinions of so few are unstable."
        warn(message, CoverageWarning, code="W202", stacklevel=4)
    _warn_shared(columns, index)
    places = Places(np.concatenate(columns), tuple(found.values()))
    return places, {name: f"{found[name]}/{asked[name]}" for name in classes}


def _columns(genes: Sequence[str], index: GeneIndex) -> NDArray[np.intp]:
    """Columns of the genes that were found, ordered by the name of the column."""
    return np.array(sorted(index.match(genes).found.tolist(), key=lambda column: index.genes[column]), dtype=np.intp)


def _warn_shared(columns: Sequence[NDArray[np.intp]], index: GeneIndex) -> None:
    which, times = np.unique(np.concatenate(columns), return_counts=True)
    shared = [index.genes[column] for column in which[times > 1]]
    if shared:
        message = (
            f"{len(shared)} of {len(which)} marker genes stand in more than one template "
            f"({', '.join(sorted(shared)[:5])}); they cannot tell those classes apart."
        )
        warn(message, CoverageWarning, code="W203", stacklevel=5)


def _check_coverage(asked: Mapping[str, int], found: Mapping[str, int], *, minimum: int) -> None:
    complaints = [
        f"{name}: {found[name]} of {n} genes are in the data; at least half, and {minimum}, are needed"
        for name, n in asked.items()
        if found[name] < max(MIN_COVERAGE * n, minimum)
    ]
    complain(complaints, SchemeError, code="S122", subject="Too few genes for a second opinion")
    low = [f"{name} {found[name]}/{n}" for name, n in asked.items() if found[name] < WARN_COVERAGE * n]
    if low:
        message = f"Reduced coverage: {', '.join(low[:5])}. The opinion rests on the genes found."
        warn(message, CoverageWarning, code="W201", stacklevel=5)


def match_centroids(centroids: Any, index: GeneIndex) -> tuple[NDArray[np.intp], pd.DataFrame, str]:
    """Columns of the genes of the centroids, the centroids at these genes, and "found/asked".

    Parameters
    ----------
    centroids
        Table (n_genes, n_classes) of log2 expression, genes in its index.
    index
        Genes of the matrix.

    Raises
    ------
    SchemeError
        S121 for a table that is no set of centroids; S122 when fewer than half of its genes are in the matrix.

    Warns
    -----
    CoverageWarning
        W201 below 80 % of the genes.
    """
    table = _checked_centroids(centroids)
    columns = index.match([str(gene) for gene in table.index]).columns
    here = columns >= 0
    _check_coverage({"centroids": len(table)}, {"centroids": int(here.sum())}, minimum=3)
    kept = table.loc[here].astype(np.float64)
    flat = [str(name) for name in kept.columns if float(np.ptp(kept[name].to_numpy())) == 0.0]
    complain(
        [f"centroid {name!r} has the same value at every gene found" for name in flat],
        SchemeError,
        code="S121",
        subject="Centroids",
    )
    order = np.argsort(np.array([index.genes[column] for column in columns[here]]), kind="stable")
    return columns[here][order], kept.iloc[order], f"{int(here.sum())}/{len(table)}"


def _checked_centroids(centroids: Any) -> pd.DataFrame:
    if not isinstance(centroids, pd.DataFrame):
        message = (
            f"method='centroid' needs a table of centroids, genes in rows and classes in columns; got "
            f"{_kind(centroids)}. For lists of marker genes use method='ntp'."
        )
        raise SchemeError(message, code="S121")
    complaints = []
    text = [str(name) for name, kind in centroids.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    if text:
        complaints.append(f"not numbers: {', '.join(text[:5])}; for lists of marker genes use method='ntp'")
    elif not np.isfinite(centroids.to_numpy(dtype=np.float64)).all():
        complaints.append("missing or infinite values; give centroids for whole genes only")
    if centroids.shape[1] < 2:
        complaints.append(f"{centroids.shape[1]} class(es); a second opinion compares at least 2")
    for what, names in (("gene", centroids.index), ("class", centroids.columns)):
        twice = names[names.duplicated()].unique()
        if len(twice):
            complaints.append(f"{what} given more than once: {', '.join(str(name) for name in twice[:5])}")
    complain(complaints, SchemeError, code="S121", subject="Centroids")
    return centroids
