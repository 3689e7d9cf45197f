"""A matrix before its names and values were looked at, and the checks that make an Expression of it.

The order of the steps: names → unit → repeated genes → missing values. Every step leaves a sentence in the notes when
it found or did something. All ways in end here, so a file and the same matrix in memory are judged alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from resistype.expression.checks import (
    Names,
    check_flat,
    check_samples,
    check_values,
    clean_genes,
    gene_notes,
    not_empty,
)
from resistype.expression.duplicates import merge_duplicates
from resistype.expression.figures import figures
from resistype.expression.matrix import Expression
from resistype.expression.names import SampleNames, compact
from resistype.expression.options import ReadOptions
from resistype.expression.orientation import transposed
from resistype.expression.source import SourceFile
from resistype.expression.store import Backed, is_scipy
from resistype.expression.units import find_unit

__all__ = ["Raw", "bare_obs", "finish", "flip", "upright"]


@dataclass(frozen=True, eq=False)
class Raw:
    """Values (n_obs, n_genes) with the names as they were found."""

    values: Any
    genes: tuple[str, ...]
    samples: tuple[str, ...]
    obs: pd.DataFrame
    notes: tuple[str, ...] = ()
    source: str = "memory"
    file: SourceFile | None = None


def bare_obs(samples: tuple[str, ...]) -> pd.DataFrame:
    """A table of samples about which nothing is known."""
    return pd.DataFrame(index=pd.Index(samples, dtype=object))


def flip(raw: Raw) -> Raw:
    """The same matrix with rows and columns exchanged."""
    values = raw.values.T.tocsr() if is_scipy(raw.values) else raw.values.T
    return replace(raw, values=values, genes=tuple(raw.samples), samples=raw.genes, obs=bare_obs(raw.genes))


def upright(raw: Raw, options: ReadOptions, *, remedy: str) -> Raw:
    """A matrix in memory or of an h5ad, turned only when the user says so.

    Raises
    ------
    ExpressionError
        E301 when it is empty; E701 when its genes are in rows.
    """
    not_empty(len(raw.samples), len(raw.genes), raw.source if raw.source != "memory" else "The matrix")
    if options.orientation == "genes_x_samples":
        return flip(raw)
    error = transposed(raw.samples, raw.genes, remedy) if options.orientation == "auto" else None
    if error is not None:
        raise error
    return raw


def finish(raw: Raw, options: ReadOptions) -> Expression:
    """Check names and values and give the Expression.

    Raises
    ------
    ExpressionError
        With a code a kind of fault.
    """
    whole = isinstance(raw.samples, SampleNames) and isinstance(raw.values, Backed)
    samples = raw.samples if whole else tuple(name.strip() for name in raw.samples)
    check_samples(samples)
    genes, notes = clean_genes(raw.genes, options)
    values = _floats(raw.values)
    seen = figures(values)
    notes += check_values(values, Names(genes, samples), seen=seen, options=options)
    unit, why = find_unit(seen, options)
    values, genes, merged = merge_duplicates(values, genes, unit=unit, options=options)
    notes += [why, *merged, *gene_notes(genes), *check_flat(samples, seen, len(samples))]
    if isinstance(values, Backed):
        samples, index = compact(samples)
    else:
        index = pd.Index(samples, dtype=object)
    obs = raw.obs.set_axis(index, axis=0)
    return Expression(values, genes, samples, obs, unit, (*raw.notes, *notes), raw.source, raw.file)


def _floats(values: Any) -> Any:
    """Values as float32 or float64 in row order; what is so already is not copied."""
    if isinstance(values, Backed):
        return values
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float32 if values.dtype == np.float16 else np.float64)
    return values if is_scipy(values) else np.ascontiguousarray(values)
