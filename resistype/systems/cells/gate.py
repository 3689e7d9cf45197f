"""The gate of Haradhvala 2022: T-cell subtypes from markers averaged over neighbours, as in flow
cytometry.

Counts of one cell are too sparse to gate on. Per sample of 50 T cells and more, the cells get 15
principal components of log1p(CP10k); each marker becomes its mean over the 20 nearest cells, the
cell itself among them; then fixed cuts, in the order of the authors' notebook, where a later line
overwrites an earlier one.

Naive, CM, EM and EMRA need CD45RA, an isoform that 3′ counts cannot show. Without it the split is
not made and the message says what to use instead; it is never guessed from PTPRC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from resistype.errors import ExpressionError, SamplesError
from resistype.expression import Expression
from resistype.extras import needs

GENES = ("CD3D", "CD8A", "CD4", "CCR7", "NKG7", "FOXP3")
ISOFORM = "CD45RA"
NO_ISOFORMS = "memory split not resolvable; using CCR7/SELL/TCF7/IL7R score instead"
# Tcell_analyses/T_subtype_sorting.ipynb of getzlab/Haradhvala_et_al_2022, doi
# 10.1038/s41591-022-01959-0
CUTS: Mapping[str, float] = {
    "CD3D": 0.75,
    "CD8A": 0.75,
    "CD4": 0.25,
    "CD45RA": 0.5,
    "CCR7": 0.5,
    "NKG7": 1.0,
    "FOXP3": 0.75,
}
MIN_CELLS, NEIGHBOURS, COMPONENTS = 50, 20, 15


@dataclass(frozen=True, eq=False)
class Gated:
    """Cells that went through the gate."""

    cells: pd.DataFrame
    message: str = ""

    def counts(self) -> pd.Series:
        """Cells of every label, dropped ones included."""
        return self.cells["label"].fillna("dropped").value_counts()


def pseudo_flow(markers: pd.DataFrame, *, cuts: Mapping[str, float] = CUTS) -> Gated:
    """Gate cells on markers that were averaged over neighbours.

    Examples
    --------
    >>> cell = {
    ...     "CD3D": 1.2,
    ...     "CD8A": 1.1,
    ...     "CD4": 0.0,
    ...     "CD45RA": 0.8,
    ...     "CCR7": 0.9,
    ...     "NKG7": 0.2,
    ...     "FOXP3": 0.0,
    ... }
    >>> pseudo_flow(pd.DataFrame([cell])).cells["label"].tolist()
    ['CD8 Naive']
    """
    absent = [name for name in GENES if name not in markers.columns]
    if absent:
        message = f"The gate needs {', '.join(GENES)}; missing: {', '.join(absent)}."
        raise ExpressionError(message, code="E985")
    above = {name: markers[name].to_numpy() >= cuts[name] for name in GENES}
    kept = markers["CD3D"].to_numpy() > cuts["CD3D"]
    cd8, cd4 = above["CD8A"], above["CD4"]
    lineage = np.select([cd8 & ~cd4, cd4 & ~cd8], ["CD8", "CD4"], "Unknown").astype(object)
    kind = np.full(len(markers), "unresolved", dtype=object)
    resolved = ISOFORM in markers.columns
    if resolved:
        naive_like, homing = markers[ISOFORM].to_numpy() >= cuts[ISOFORM], above["CCR7"]
        for mask, name in (
            (naive_like, "EMRA"),
            (naive_like & homing, "Naive"),
            (~naive_like & homing, "CM"),
            (~naive_like & ~homing, "EM"),
        ):  # the order of the authors
            kind[mask] = name
    kind[cd4 & above["FOXP3"]] = "T-reg"
    kind[cd4 & above["NKG7"]] = "CD4 CTL"  # last, so it wins over T-reg
    frame = pd.DataFrame({"kept": kept, "lineage": lineage, "kind": kind}, index=markers.index)
    frame["label"] = pd.Series(
        _labels(lineage, kind, kept), frame.index, dtype=object
    )  # None stays None
    return Gated(frame, "" if resolved else NO_ISOFORMS)


def _labels(
    lineage: NDArray[np.object_], kind: NDArray[np.object_], kept: NDArray[np.bool_]
) -> list[str | None]:
    out: list[str | None] = []
    for line, one, keep in zip(lineage, kind, kept, strict=True):
        if not keep:
            out.append(None)
        elif line == "Unknown":
            out.append("Unknown")
        else:
            out.append(str(one) if one in ("T-reg", "CD4 CTL") else f"{line} {one}")
    return out


def smooth_markers(
    expression: Expression,
    sample: pd.Series,
    *,
    isoforms: pd.Series | None = None,
    min_cells: int = MIN_CELLS,
) -> pd.DataFrame:
    """Markers of the gate averaged over each cell's neighbours in its own sample."""
    if expression.unit != "counts":
        message = f"The gate starts from counts; these values are of unit '{expression.unit}'."
        raise ExpressionError(message, code="E404")
    columns = expression.index.match(list(GENES), species="human").columns
    absent = [name for name, column in zip(GENES, columns, strict=True) if column < 0]
    if absent:
        message = f"The gate needs {', '.join(GENES)}; not in the matrix: {', '.join(absent)}."
        raise ExpressionError(message, code="E985")
    labels, parts = sample.astype(str).to_numpy(), []
    sizes = pd.Series(labels).value_counts(sort=False)
    for name in sizes.index[sizes >= min_cells]:
        rows = np.flatnonzero(labels == name)
        own = None if isoforms is None else isoforms.to_numpy()[rows]
        parts.append(_one_sample(expression, rows, columns, own))
    if not parts:
        message = (
            f"No sample has {min_cells} T cells; the largest has {int(sizes.max())}. The gate is"
            " not applied."
        )
        raise SamplesError(message, code="E986")
    out = pd.concat(parts)
    out.attrs["left_out"] = {
        str(k): f"{n} cells, {min_cells} are needed" for k, n in sizes[sizes < min_cells].items()
    }
    return out


def _one_sample(
    expression: Expression,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    isoforms: NDArray[np.float64] | None,
) -> pd.DataFrame:
    names = [expression.samples[row] for row in rows]
    logs = _log_cp10k(expression.select(names))
    near = _neighbours(logs)
    markers = np.asarray(logs[:, columns].toarray(), np.float64)
    found = pd.DataFrame(markers[near].mean(axis=1), index=pd.Index(names), columns=list(GENES))
    if isoforms is not None:
        found[ISOFORM] = isoforms[near].mean(axis=1)
    return found


def _log_cp10k(cells: Expression) -> sp.csr_matrix:
    values: Any = cells.values
    counts = sp.csr_matrix(values).astype(np.float64)
    sizes = np.maximum(np.asarray(counts.sum(axis=1)).ravel(), 1e-12)
    return sp.csr_matrix((sp.diags(1e4 / sizes) @ counts).log1p())


def _neighbours(logs: sp.csr_matrix) -> NDArray[np.intp]:
    """The nearest cells of each, exactly, in scanpy's principal components; shape (n_cells, k),
    the cell included.
    """
    with needs("scanpy", extra="single-cell", what="The gate"):
        import scanpy as sc  # noqa: PLC0415  only where the gate is applied to a matrix
    n = min(COMPONENTS, min(logs.shape) - 1)
    components = sc.pp.pca(logs, n_comps=n, svd_solver="arpack", random_state=0)
    _, near = cKDTree(components).query(components, k=min(NEIGHBOURS, logs.shape[0]))
    return np.asarray(near)
