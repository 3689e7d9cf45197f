"""The sample that napari opens from its menu.

Simulated imaging mass cytometry, said to be simulated in every name.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from resistype.datasets import tissue_demo

GAP = 60  # pixels between the images
COLORS = {"DNA": "gray", "panCK": "yellow", "CD8A": "cyan", "CD163": "magenta", "SMA": "green"}


def simulated_imc() -> list[tuple[Any, dict[str, Any], str]]:
    """Four images side by side: channels, a mask with its table. Nothing in them was measured.

    Examples
    --------
    >>> layers = simulated_imc()
    >>> sum(kind == "labels" for _, _, kind in layers)
    4
    """
    demo = tissue_demo()
    adata = demo.to_anndata()
    made: list[tuple[Any, dict[str, Any], str]] = []
    for number, (region, mask) in enumerate(demo.masks.items()):
        row, column = divmod(number, 2)
        shift = (
            np.array([row * (mask.shape[0] + GAP), column * (mask.shape[1] + GAP)]) * demo.scale_um
        )
        place = {
            "translate": shift,
            "scale": [demo.scale_um] * 2,
            "units": ("micrometer", "micrometer"),
        }
        for channel, image in zip(demo.channels, demo.images[region], strict=True):
            look = {
                "colormap": COLORS.get(channel, "gray"),
                "blending": "additive",
                "visible": False,
            }
            title = f"{region} {channel} (simulated)"
            made.append(
                (image, {"name": title, "metadata": {"simulated": True}, **look, **place}, "image")
            )
        meta = {"adata": adata, "region": region, "simulated": True}
        made.append(
            (
                mask,
                {"name": f"{region} (simulated)", "metadata": meta, "opacity": 1.0, **place},
                "labels",
            )
        )
    return made
