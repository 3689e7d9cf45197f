"""Driver genes of a selection: which genes set it apart, and how much.

A description of the selection, not a test: cells of one patient are not independent, so no p is
given.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from resistype.errors import InputError
from resistype.expression import Expression, as_expression
from resistype.library import Library
from resistype.session.data import align

BLOCK = 1024
COLUMNS = ("gene", "effect", "inside", "outside", "signatures", "shared")


def driver_genes(
    data: Any,
    selected: NDArray[np.bool_] | pd.Series,
    *,
    library: Library | None = None,
    top: int = 30,
) -> pd.DataFrame:
    """Genes whose mean log2 expression differs most between the selected and all others.

    Examples
    --------
    >>> import numpy as np, resistype as rt
    >>> demo = rt.datasets.demo()
    >>> selected = np.array([name.endswith("Post") for name in demo.expression.index])
    >>> driver_genes(demo.expression, selected, top=3).columns.tolist()
    ['gene', 'effect', 'inside', 'outside', 'signatures', 'shared']
    """
    expression = as_expression(data)
    try:
        mask = np.asarray(align(selected, expression.samples))
    except ValueError as error:
        raise InputError(f"The selection: {error}.", code="V112") from error
    if mask.dtype != bool or mask.shape != (expression.n_obs,):
        message = (
            f"The selection is {mask.dtype} of shape {mask.shape}; "
            f"a mask of {expression.n_obs} observations is needed."
        )
        raise InputError(message, code="V112")
    n_in = int(mask.sum())
    if not 0 < n_in < len(mask):
        message = (
            f"{n_in} of {len(mask)} observations are selected; "
            "some and not all are needed to compare."
        )
        raise InputError(message, code="V112")
    means, seen = _means(expression, mask)
    effect = means[0] - means[1]
    order = np.argsort(-np.abs(effect), kind="stable")[:top]
    of = _membership(library)
    genes = [expression.genes[i] for i in order]
    rows = [
        (
            gene,
            float(effect[i]),
            float(seen[0][i]),
            float(seen[1][i]),
            ", ".join(of.get(gene, ())),
            len(of.get(gene, ())) > 1,
        )
        for gene, i in zip(genes, order.tolist(), strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _means(expression: Expression, selected: NDArray[np.bool_]) -> tuple[list[Any], list[Any]]:
    """Mean log2 value and share above the floor of every gene, inside and outside, by blocks."""
    n_genes = len(expression.genes)
    blocks = [np.arange(start, min(start + BLOCK, n_genes)) for start in range(0, n_genes, BLOCK)]
    floor = np.zeros(len(selected))
    if not sparse.issparse(expression.values):
        floor = np.min([expression.log2(block).min(axis=1) for block in blocks], axis=0)
    means: list[list[Any]] = [[], []]
    seen: list[list[Any]] = [[], []]
    for block in blocks:
        values = expression.log2(block)
        above = values > floor[:, None]
        for side, rows in enumerate((selected, ~selected)):
            means[side].append(values[rows].mean(axis=0))
            seen[side].append(above[rows].mean(axis=0))
    return [np.concatenate(one) for one in means], [np.concatenate(one) for one in seen]


def _membership(library: Library | None) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    if library is not None:
        for name in library:
            for gene in library[name].genes:
                found.setdefault(gene, []).append(name)
    return {gene: tuple(names) for gene, names in found.items()}
