"""A napari window with the simulated sample, on the display that test_screen.py made."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistype.datasets import TissueDemo, tissue_demo
from resistype.napari_plugin.dock import ResistanceDock


@pytest.fixture(scope="session")
def demo() -> TissueDemo:
    return tissue_demo()


@pytest.fixture
def window(make_napari_viewer: Any) -> Any:
    return make_napari_viewer(show=True)


@pytest.fixture
def excluded(window: Any, demo: TissueDemo) -> Any:
    """The excluded image with its table."""
    adata = demo.to_anndata()
    adata = adata[adata.obs["region"] == "sim_excluded"].copy()
    place = {"scale": (1.0, 1.0), "units": ("um", "um")}
    return window.add_labels(
        demo.masks["sim_excluded"], name="sim_excluded", metadata={"adata": adata}, **place
    )


@pytest.fixture
def dock(window: Any, excluded: Any) -> ResistanceDock:
    panel = ResistanceDock(window)
    window.window.add_dock_widget(panel, name="resistype")
    window.layers.selection = {excluded}
    panel._classify()
    return panel


@pytest.fixture
def shot(window: Any, qtbot: Any) -> Callable[..., np.ndarray]:
    """Pixels of the canvas, drawn; kept as PNG where RESISTYPE_SHOTS names a folder."""

    def take(name: str, *, canvas_only: bool = True) -> np.ndarray:
        for _ in range(4):
            qtbot.wait(30)
        pixels = window.screenshot(canvas_only=canvas_only, flash=False)
        if os.environ.get("RESISTYPE_SHOTS"):
            import imageio.v3 as imageio

            imageio.imwrite(Path(os.environ["RESISTYPE_SHOTS"]) / f"{name}.png", pixels)
        return np.asarray(pixels)

    return take
