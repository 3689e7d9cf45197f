"""Thresholds, and the options that hold them. Every limit says whether it was published or is ours.

The widths and densities below were chosen to be round and to fit images of about a square
millimetre (imaging mass cytometry); none was tuned on patients and none comes from a paper. Change
them with your own, and they are printed as you set them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from resistype.errors import TissueError
from resistype.systems.tissue.tissue import TissueColumns


@dataclass(frozen=True)
class Threshold:
    """One limit, with its unit and where it comes from; a published one has its citation."""

    name: str
    value: float
    unit: str
    text: str
    source: Literal["published", "ours"] = "ours"
    citation: str = ""

    def __post_init__(self) -> None:
        if self.source == "published" and not self.citation:
            message = f"The threshold {self.name!r} is said to be published; name its citation."
            raise TissueError(message, code="P113")


def threshold_table(thresholds: Iterable[Threshold]) -> pd.DataFrame:
    """Thresholds as a table: name, value, unit, source, citation, text.

    Examples
    --------
    >>> threshold_table(MarginRule().thresholds())["source"].unique().tolist()
    ['ours']
    """
    names = ("name", "value", "unit", "source", "citation", "text")
    return pd.DataFrame(
        [[getattr(one, name) for name in names] for one in thresholds], columns=list(names)
    )


def _positive(**values: float) -> None:
    """Refuse what is not above 0 (P108), all at once."""
    wrong = [f"{name}={value!r}" for name, value in values.items() if not 0 < value < float("inf")]
    if wrong:
        raise TissueError(f"{', '.join(wrong)}: give a number above 0.", code="P108")


@dataclass(frozen=True)
class Roles:
    """Which kinds of cells play which part. A marker is not a state: CD163 alone does not prove an
    M2 macrophage.

    Parameters
    ----------
    tumour
        Kinds that are tumour cells.
    t_cells
        Kinds whose exclusion is asked for, for example CD8 T cells.
    macrophages
        CD163+ kinds; may be left empty where nobody asks for them.
    """

    tumour: tuple[str, ...]
    t_cells: tuple[str, ...]
    macrophages: tuple[str, ...] = ()


@dataclass(frozen=True)
class MarginRule:
    """Where the tumour ends, and how wide its margin is.

    The density of tumour cells is smoothed; a place belongs to the tumour where it reaches `part`
    of what is usual at the tumour cells of the same image (their median). At a straight border the
    smoothed density is half of that inside, so 0.5 puts the line where the border is. The margin is
    what lies within `width_um` of that line on either side; inside and outside are the rest. Tissue
    is where cells are and the gaps between them that a disc of radius `tissue_um` does not fit
    into.

    Parameters
    ----------
    width_um
        Width of the margin on each side of the border (ours: 30 µm, about two cells).
    smooth_um
        Standard deviation of the Gaussian kernel (ours: 15 µm).
    part
        Part of the usual tumour-cell density that makes tumour (ours: 0.5).
    step_um
        Side of a grid place (ours: 5 µm).
    tissue_um
        Radius of the smallest disc without a cell that is no tissue (ours: 50 µm).
    min_patch_mm2
        Patches of tumour that are smaller belong to what surrounds them (ours: 0.002 mm²).
    """

    width_um: float = 30.0
    smooth_um: float = 15.0
    part: float = 0.5
    step_um: float = 5.0
    tissue_um: float = 50.0
    min_patch_mm2: float = 0.002

    def __post_init__(self) -> None:
        _positive(
            width_um=self.width_um, smooth_um=self.smooth_um, part=self.part, step_um=self.step_um
        )
        _positive(tissue_um=self.tissue_um)

    def thresholds(self) -> tuple[Threshold, ...]:
        """The limits of the rule, to be shown beside what it gives."""
        return (
            Threshold(
                "margin width",
                self.width_um,
                "µm on each side",
                "margin: at most this far from the border",
            ),
            Threshold(
                "kernel", self.smooth_um, "µm", "standard deviation of the Gaussian on tumour cells"
            ),
            Threshold(
                "tumour",
                self.part,
                "of the median",
                "tumour: this part of the density at tumour cells",
            ),
            Threshold("grid", self.step_um, "µm", "side of a place"),
            Threshold(
                "tissue",
                self.tissue_um,
                "µm",
                "gaps between cells count as tissue unless a disc of this radius fits in",
            ),
            Threshold(
                "smallest patch",
                self.min_patch_mm2,
                "mm²",
                "smaller patches of tumour are not counted",
            ),
        )


@dataclass(frozen=True, kw_only=True)
class TissueOptions:
    """How an image is measured, where the defaults do not fit.

    Parameters
    ----------
    roles
        Which kinds are tumour and which are T cells; by default those that the scheme names in its
        states.
    margin
        Where the tumour ends.
    scale_um, columns
        Of cells that are no `Tissue` yet, as for `read_tissue`.
    """

    roles: Roles | None = None
    margin: MarginRule = MarginRule()
    scale_um: float | None = None
    columns: TissueColumns = field(default_factory=TissueColumns)


@dataclass(frozen=True)
class MapOptions:
    """Grid and kernel of a map.

    Parameters
    ----------
    step_um
        Side of a pixel of the map (ours: 10 µm).
    kernel_um
        Standard deviation of the Gaussian kernel (ours: 20 µm).
    min_cells
        Pixels with fewer cells under the kernel are NaN (ours: 2; a cell right there counts 1, one
        afar less).
    """

    step_um: float = 10.0
    kernel_um: float = 20.0
    min_cells: float = 2.0

    def __post_init__(self) -> None:
        _positive(step_um=self.step_um, kernel_um=self.kernel_um)

    def thresholds(self) -> tuple[Threshold, ...]:
        """Grid and kernel, to be shown beside the map."""
        return (
            Threshold("grid", self.step_um, "µm", "side of a pixel of the map"),
            Threshold("kernel", self.kernel_um, "µm", "standard deviation of the Gaussian kernel"),
            Threshold(
                "smallest weight", self.min_cells, "cells", "fewer under the kernel: no value"
            ),
        )
