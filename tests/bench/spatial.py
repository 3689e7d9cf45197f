"""Cost of tissue, beside the neighbours of others: `python -m tests.bench.spatial [--cells N]
[--peers NAME …]`.

Cells at random in one image at 2,500 cells/mm² with five kinds; a radius of 30 µm has about seven
neighbours, one of 60 µm about 28. Peers run in the same process on the same cells, where they are
installed; what they count is compared with what we count.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.systems.tissue import (
    Roi,
    Roles,
    Tissue,
    TissueColumns,
    compartments,
    describe_regions,
    exclusion_map,
    fraction_map,
    in_roi,
    nearest,
    neighbourhood,
    read_tissue,
    roi_composition,
)
from tests.bench.data import seconds

KINDS = ("tumour", "T cell", "macrophage", "fibroblast", "endothelial")
ROLES = Roles(("tumour",), ("T cell",), ("macrophage",))
DENSITY = 2500.0


def table(n_cells: int) -> pd.DataFrame:
    """Cells at random; tumour in a disc in the middle."""
    rng = np.random.default_rng(0)
    side = 1000 * np.sqrt(n_cells / DENSITY)
    xy = rng.uniform(0, side, (n_cells, 2))
    kind = rng.choice(np.array(KINDS[1:]), n_cells)
    nest = (np.hypot(*(xy - side / 2).T) < side / 3) & (rng.random(n_cells) < 0.85)
    return pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "phenotype": np.where(nest, KINDS[0], kind)})


def lasso(side: float) -> Roi:
    """A drawn region of 400 corners over a quarter of the image."""
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    radius = side / 4 * (1 + 0.2 * np.sin(7 * angle))
    return Roi(
        "lasso",
        np.column_stack([side / 2 + radius * np.sin(angle), side / 2 + radius * np.cos(angle)]),
    )


def by_sklearn(tissue: Tissue, radius: float) -> NDArray[np.int64]:
    """Neighbours by kind from scikit-learn's graph."""
    from sklearn.neighbors import NearestNeighbors

    graph = NearestNeighbors(radius=radius, n_jobs=-1).fit(tissue.um).radius_neighbors_graph()
    return _by_kind(graph, tissue)


def by_squidpy(tissue: Tissue, radius: float) -> NDArray[np.int64]:
    """Neighbours by kind from squidpy's graph."""
    import anndata
    import squidpy

    adata = anndata.AnnData(obs=pd.DataFrame(index=np.arange(tissue.n_obs).astype(str)))
    adata.obsm["spatial"] = tissue.um
    squidpy.gr.spatial_neighbors_radius(adata, radius=radius)
    return _by_kind(adata.obsp["spatial_connectivities"], tissue)


def _by_kind(graph: object, tissue: Tissue) -> NDArray[np.int64]:
    one_hot = np.eye(len(tissue.kinds))[tissue.kind.codes]
    return np.rint(graph @ one_hot).astype(np.int64)  # type: ignore[operator]


def peers() -> dict[str, tuple[str, Callable[[Tissue, float], NDArray[np.int64]]]]:
    """Those that are installed."""
    known = {"sklearn": ("scikit-learn", by_sklearn), "squidpy": ("squidpy", by_squidpy)}
    return {module: one for module, one in known.items() if importlib.util.find_spec(module)}


def line(what: str, took: float, note: str = "") -> None:
    """One row."""
    print(f"| {what} | {took:.2f} | {note} |", flush=True)


def neighbours(tissue: Tissue, radius: float, chosen: list[str]) -> None:
    """Ours beside the peers, and whether they agree."""
    ours = neighbourhood(tissue, radius).counts.to_numpy()
    mean = ours.sum() / tissue.n_obs
    took = seconds(lambda: neighbourhood(tissue, radius), times=2)
    line(f"neighbours by kind, {radius:g} µm", took, f"{mean:.1f} neighbours a cell")
    for module, (name, count) in peers().items():
        if module not in chosen:
            continue
        start = time.perf_counter()
        theirs = count(tissue, radius)
        took = time.perf_counter() - start
        same = (
            "same counts"
            if (theirs == ours).all()
            else f"{int((theirs != ours).sum())} counts differ"
        )
        line(f"the same, {name}", took, same)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=500_000)
    parser.add_argument("--peers", nargs="*", default=["sklearn", "squidpy"])
    given = parser.parse_args()
    n_cells = given.cells
    cells = table(n_cells)
    print(f"{n_cells:,} cells\n\n| what | seconds | |\n|---|---|---|")
    columns = TissueColumns()
    line(
        "read_tissue",
        seconds(lambda: read_tissue(cells, unit="um", columns=columns), times=2),
        "from a table",
    )
    tissue = read_tissue(cells, unit="um", columns=columns)
    for radius in (30.0, 60.0):
        neighbours(tissue, radius, given.peers)
    line(
        "nearest tumour cell of each T cell",
        seconds(lambda: nearest(tissue, "tumour", of="T cell"), times=2),
    )
    side = float(tissue.um.max())
    places = compartments(tissue, ROLES).grounds["image"].grid.shape
    line(
        "compartments",
        seconds(lambda: compartments(tissue, ROLES), times=2),
        f"{places[0]} × {places[1]} places",
    )
    line("description of the region", seconds(lambda: describe_regions(tissue, ROLES), times=2))
    line("share map", seconds(lambda: fraction_map(tissue, "macrophage"), times=2))
    line("exclusion map", seconds(lambda: exclusion_map(tissue, ROLES), times=2))
    roi = lasso(side)
    line("cells in a lasso of 400 corners", seconds(lambda: in_roi(tissue, roi), times=2))
    line("its composition against the rest", seconds(lambda: roi_composition(tissue, roi), times=2))


if __name__ == "__main__":
    main()
