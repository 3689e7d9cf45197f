"""scanpy's score_genes (Satija 2015, Tirosh 2016). **Depends on the cohort**: values change with
its samples.

Mean log2 expression of a set, less that of control genes, which are drawn at random from the same
bins of mean expression over all samples. scanpy does it; this page hands over the values and takes
the scores back, so that they stand beside the others under one name.

The draw follows a seed (`Settings.seed`) and, in scanpy, the order of the genes in the matrix: the
same matrix with its genes in another order gets other controls. Whoever needs a value that stays
takes a method of the sample, such as ``ssgsea`` or ``zscore``, and for matched controls that are
seeded by name the null of `score`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.errors import ExpressionError
from resistype.expression.anndata import new_anndata
from resistype.extras import needs
from resistype.score.method import Method, Settings
from resistype.score.rows import CsrRows, Rows, as_scipy
from resistype.score.sets import IndexedSets

BINS = 25  # scanpy's default: a set that fills whole bins has no controls


def kernel(rows: Rows, sets: IndexedSets, settings: Settings) -> NDArray[np.float64]:
    """Scores of each part over the whole cohort, shape (n_obs, n_parts); rows in log2(x + 1)."""
    scanpy = _scanpy()
    data = rows.data if isinstance(rows, CsrRows) else rows.values
    if np.isnan(data).any():
        message = (
            "score_genes needs every gene in every sample, and values are missing. Leave those"
            " samples or genes out."
        )
        raise ExpressionError(message, code="E605")
    names = [f"g{column:08d}" for column in range(rows.n_genes)]
    adata = new_anndata(as_scipy(rows) if isinstance(rows, CsrRows) else rows.values, names)
    out = np.full((rows.n_obs, sets.n_parts), np.nan)
    for part in range(sets.n_parts):
        columns = sets.indices[sets.offsets[part] : sets.offsets[part + 1]]
        if columns.size:
            out[:, part] = _one(scanpy, adata, [names[column] for column in columns], settings.seed)
    return out


def _scanpy() -> Any:
    with needs("scanpy", extra="single-cell", what="score_genes"):
        import scanpy  # noqa: PLC0415  heavy, and optional
    return scanpy


def _one(scanpy: Any, adata: Any, genes: list[str], seed: int) -> NDArray[np.float64]:
    state = np.random.get_state()  # noqa: NPY002  scanpy seeds the global generator; it is put back
    try:
        scanpy.tl.score_genes(adata, genes, score_name="score", random_state=seed, use_raw=False)
    except (RuntimeError, ZeroDivisionError) as error:
        message = (
            f"score_genes finds no control genes for a set of {len(genes)} among {adata.n_vars:,}"
            f" genes: it takes them from the {BINS} bins of expression that the set lies in. Give"
            " all genes of the matrix, or take 'zscore'."
        )
        raise ExpressionError(message, code="E609") from error
    finally:
        np.random.set_state(state)  # noqa: NPY002
    return np.asarray(adata.obs["score"].to_numpy(), np.float64)


SCORE_GENES = Method(
    id="score_genes",
    spec="score_genes/1",
    title="Mean less that of control genes of like expression, by scanpy",
    doi="10.1126/science.aad0501",
    family="cohort",
    nan="refused",
    depends_on="cohort",
    pairwise=False,
    kernel=kernel,
)
