"""Layers, tables and a viewer without a window. napari is imported once, here, its warnings off."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import napari.layers
    from napari.components import ViewerModel

from resistype.datasets import TissueDemo, tissue_demo
from resistype.napari_plugin.classify import classify_layers
from resistype.napari_plugin.view import TissueView

collect_ignore = ["screen"]  # needs a display: test_screen.py runs it


@pytest.fixture(scope="session")
def demo() -> TissueDemo:
    return tissue_demo()


@pytest.fixture
def viewer() -> Any:
    return ViewerModel()


@pytest.fixture
def sample(viewer: Any, demo: TissueDemo) -> list[Any]:
    """Masks of the simulated sample in the viewer, with one table behind them."""
    adata = demo.to_anndata()
    return [
        viewer.add_labels(
            mask, name=name, metadata={"adata": adata, "region": name}, translate=(0, 700 * at)
        )
        for at, (name, mask) in enumerate(demo.masks.items())
    ]


@pytest.fixture
def view(viewer: Any, sample: list[Any]) -> TissueView:
    """The sample, called, with the scale of its images."""
    made = classify_layers(viewer, sample)
    made.scale_um = 1.0
    return made


@pytest.fixture(scope="session")
def scimap(shared: Path) -> ad.AnnData:
    """33-marker imaging of 3,029 cells; labsyspharm/scimap, MIT."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ad.read_h5ad(shared / "data" / "scimap_spatial" / "scimap_example.h5ad")


def small_table(
    ids: list[Any], *, region: list[str] | None = None, column: str = "cell_id"
) -> ad.AnnData:
    """An AnnData with two markers, of which the first is high in every second cell."""
    n = len(ids)
    values = np.tile([[0.9, 0.1], [0.1, 0.2]], (n, 1))[:n].astype(np.float32)
    obs = pd.DataFrame({column: ids}, index=[f"c{at}" for at in range(n)])
    if region is not None:
        obs["region"] = region
    return ad.AnnData(values, obs, pd.DataFrame(index=["panCK", "CD163"]))


def squares(ids: list[int], *, side: int = 4) -> np.ndarray:
    """A mask with a row of squares, one an id."""
    return np.repeat(
        np.kron(np.array([ids], dtype=np.int32), np.ones((1, side), dtype=np.int32)), side, axis=0
    )


def labels(mask: np.ndarray, **options: Any) -> Any:
    return napari.layers.Labels(mask, **options)


def points(data: Any, **options: Any) -> Any:
    return napari.layers.Points(np.asarray(data, dtype=float), **options)
