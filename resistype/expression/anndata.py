"""The one module that touches AnnData objects: reading a matrix out of one, and writing results into one.

Results are written under fixed keys: ``obs["resistype_<axis>"]``, ``obsm["resistype_scores"]`` and
``uns["resistype"]``. Everything is joined by sample name, never by position.
"""

from __future__ import annotations

import sys
from typing import Any, TypeGuard

import numpy as np
import pandas as pd
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression.checks import listed
from resistype.expression.options import ReadOptions

__all__ = ["is_anndata", "parts"]


def is_anndata(data: object) -> TypeGuard[Any]:
    """Whether `data` is an AnnData, without importing anndata when nobody has."""
    module = sys.modules.get("anndata")
    return module is not None and isinstance(data, module.AnnData)


def parts(adata: Any, options: ReadOptions) -> tuple[Any, list[str], list[str], pd.DataFrame]:
    """Matrix, genes, samples and the table of samples of an AnnData; nothing is copied.

    Raises
    ------
    ExpressionError
        E311 when the column with gene names is not in `var`; E312 when the layer is not there.
    """
    if options.layer is not None and options.layer not in adata.layers:
        message = f"There is no layer {options.layer!r}; the layers are: {listed(adata.layers) or 'none'}."
        raise ExpressionError(message, code="E312")
    if options.gene_names is not None and options.gene_names not in adata.var:
        message = f"There is no column {options.gene_names!r} in var; the columns are: {listed(adata.var) or 'none'}."
        raise ExpressionError(message, code="E311")
    values = adata.X if options.layer is None else adata.layers[options.layer]
    genes = adata.var_names if options.gene_names is None else adata.var[options.gene_names]
    if values is None:
        message = "The AnnData has no X. Name a layer with layer=."
        raise ExpressionError(message, code="E312")
    if not (sp.issparse(values) or isinstance(values, np.ndarray)):
        values = values.to_memory() if hasattr(values, "to_memory") else np.asarray(values)
    return values, [str(name) for name in genes], [str(name) for name in adata.obs_names], adata.obs
