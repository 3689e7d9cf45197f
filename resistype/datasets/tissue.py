"""A simulated imaging mass cytometry sample with planted compartments: four images, a label mask
each, one table.

Nothing in it was measured. Each image is 600 × 600 µm at 1 µm per pixel, the size and resolution of
imaging mass cytometry. Cells are places of a jittered grid; what stands where is planted:

- ``sim_excluded``: a tumour nest, a closed rim of CD163+ macrophages around it, T cells beyond the
  rim;
- ``sim_inflamed``: the same nest, T cells all through it and around it, macrophages here and there;
- ``sim_desert``: the same nest, hardly a T cell anywhere;
- ``sim_stroma``: no tumour, so nothing can be said about exclusion.

Instance ids are 1, 2, 3, … in every image, so they repeat: a cell is (region, instance_id). The
coordinates in ``obsm["spatial"]`` are (x, y) in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import OutputError
from resistype.extras import needs
from resistype.safe.files import replace_file

if TYPE_CHECKING:
    from anndata import AnnData


# What is planted in the simulated tissue: the images, their zones, and which kinds of cells live in
# each zone.

Floats = NDArray[np.float64]

KINDS: Final = ("Tumour", "CD8 T cell", "CD163 macrophage", "Fibroblast", "Endothelial")
CHANNELS: Final = ("DNA", "panCK", "CD8A", "CD163", "SMA")
# mean signal of each channel in a cell of each kind
MEANS: Final = {
    "Tumour": (2.0, 5.0, 0.1, 0.1, 0.1),
    "CD8 T cell": (2.5, 0.1, 4.0, 0.1, 0.1),
    "CD163 macrophage": (1.8, 0.2, 0.1, 4.5, 0.2),
    "Fibroblast": (1.5, 0.1, 0.1, 0.2, 4.0),
    "Endothelial": (1.6, 0.1, 0.1, 0.1, 1.0),
}
# fraction of each kind, in the order of KINDS
STROMA: Final = (0.0, 0.02, 0.04, 0.76, 0.18)
RIM_UM: Final = 35.0


@dataclass(frozen=True)
class Plan:
    """One image: what is planted, where the nest lies (pixels), and who lives in nest, rim and
    stroma.
    """

    name: str
    label: str
    centre: tuple[float, float]
    radius: float
    nest: tuple[float, ...]
    rim: tuple[float, ...]
    stroma: tuple[float, ...]
    side: int = 600
    pitch: float = 11.0


IMAGES: Final = (
    Plan(
        "sim_excluded",
        "excluded",
        (290.0, 310.0),
        165.0,
        (0.985, 0.0, 0.005, 0.005, 0.005),
        (0.0, 0.02, 0.80, 0.13, 0.05),
        (0.0, 0.25, 0.04, 0.56, 0.15),
    ),
    Plan(
        "sim_inflamed",
        "inflamed",
        (310.0, 290.0),
        170.0,
        (0.74, 0.22, 0.03, 0.0, 0.01),
        (0.0, 0.20, 0.08, 0.55, 0.17),
        (0.0, 0.15, 0.05, 0.62, 0.18),
    ),
    Plan(
        "sim_desert",
        "desert",
        (300.0, 300.0),
        170.0,
        (0.985, 0.001, 0.004, 0.005, 0.005),
        (0.0, 0.003, 0.07, 0.747, 0.18),
        (0.0, 0.003, 0.05, 0.767, 0.18),
    ),
    Plan("sim_stroma", "not_assessable", (300.0, 300.0), 0.0, STROMA, STROMA, STROMA),
)


def zones(plan: Plan, xy: Floats) -> NDArray[Any]:
    """Zone of each cell: nest, rim or stroma. The outline of the nest is a circle with three
    soft lobes.
    """
    if plan.radius == 0:
        return np.full(len(xy), "stroma", dtype=object)
    x, y = (xy - plan.centre).T
    outline = plan.radius * (1 + 0.10 * np.cos(3 * np.arctan2(y, x)))
    beyond = np.hypot(x, y) - outline
    return np.where(beyond <= 0, "nest", np.where(beyond <= RIM_UM, "rim", "stroma")).astype(object)


def kinds_of(plan: Plan, zone: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Kind of each cell, drawn from the shares of its zone."""
    kinds = np.empty(len(zone), dtype=object)
    for name, shares in (("nest", plan.nest), ("rim", plan.rim), ("stroma", plan.stroma)):
        here = zone == name
        kinds[here] = rng.choice(np.array(KINDS, dtype=object), size=int(here.sum()), p=shares)
    return kinds


SCALE_UM = 1.0
DESCRIPTION = """\
SIMULATED DATA. Nothing here was measured; no patient exists.
Four images of 600 × 600 µm, 1 µm per pixel, as of imaging mass cytometry: a label mask, five
channels and a table.
Planted: a nest with a CD163 rim and T cells excluded, an inflamed nest, a desert, and stroma
without tumour.
"""


@dataclass(frozen=True, eq=False)
class TissueDemo:
    """The simulated sample.

    Attributes
    ----------
    table
        One row per cell: region, instance_id, x, y (pixels), phenotype, zone (planted), simulated.
    markers
        Mean of each channel in each cell, shape (n_cells, n_channels), in the order of `table`.
    masks
        Label mask of each image, int32, shape (600, 600); 0 is background.
    images
        Channels of each image, float32, shape (n_channels, 600, 600), in the order of `channels`.
    channels
        Names of the channels.
    scale_um
        µm per pixel.
    truth
        What was planted in each image: one row an image, label, simulated.
    description
        What it is, in words.
    """

    table: pd.DataFrame
    markers: pd.DataFrame
    masks: Mapping[str, NDArray[np.int32]]
    images: Mapping[str, NDArray[np.float32]]
    channels: tuple[str, ...]
    scale_um: float
    truth: pd.DataFrame
    description: str

    def to_anndata(self) -> AnnData:
        """The table as an AnnData: X the markers, obsm["spatial"] the coordinates, keys as
        spatialdata names them.

        Raises
        ------
        MissingExtraError
            X101 without anndata.
        """
        with needs("anndata", extra="h5ad", what="An AnnData"):
            import anndata  # noqa: PLC0415  only where an AnnData is asked for
        names = [f"{one.region}_{one.instance_id}" for one in self.table.itertuples()]
        obs = self.table.drop(columns=["x", "y"]).set_index(pd.Index(names))
        made = anndata.AnnData(
            self.markers.to_numpy(np.float32), obs, pd.DataFrame(index=list(self.channels))
        )
        made.obsm["spatial"] = self.table[["x", "y"]].to_numpy()
        keys = {"region": list(self.masks), "region_key": "region", "instance_key": "instance_id"}
        made.uns["spatialdata_attrs"] = keys
        made.uns["simulated"] = self.description
        return made


def tissue_demo(*, seed: int = 11) -> TissueDemo:
    """Simulated imaging mass cytometry sample with planted compartments.

    Parameters
    ----------
    seed
        The same seed gives the same sample. The default is the one whose planted compartments are
        tested.

    Returns
    -------
    TissueDemo
        Four images of about 2,900 cells each.

    Examples
    --------
    >>> from resistype import datasets
    >>> demo = datasets.tissue_demo()
    >>> demo.truth["label"].to_dict()  # doctest: +NORMALIZE_WHITESPACE
    {'sim_excluded': 'excluded', 'sim_inflamed': 'inflamed', 'sim_desert': 'desert', 'sim_stroma':
    'not_assessable'}
    >>> demo.masks["sim_excluded"].shape
    (600, 600)
    """
    made = {
        plan.name: _image(plan, np.random.default_rng([seed, number]))
        for number, plan in enumerate(IMAGES)
    }
    table = pd.concat([one.table for one in made.values()], ignore_index=True)
    markers = pd.concat([one.markers for one in made.values()], ignore_index=True)
    truth = pd.DataFrame(
        {"label": [plan.label for plan in IMAGES], "simulated": True}, index=list(made)
    )
    demo = TissueDemo(
        table,
        markers,
        {name: one.mask for name, one in made.items()},
        {name: one.image for name, one in made.items()},
        CHANNELS,
        SCALE_UM,
        truth.rename_axis("region"),
        DESCRIPTION,
    )
    for frame in (demo.table, demo.markers, demo.truth):
        frame.attrs["simulated"] = True
    return demo


def write_tissue_demo(folder: str | Path) -> dict[str, Path]:
    """Write the simulated tissue as files, as a study would come: the table as h5ad, what was
    planted as tsv.

    Parameters
    ----------
    folder
        Made where it does not exist. Each file appears whole or not at all.

    Returns
    -------
    dict
        Path of `cells`, `truth` and `description`.

    Raises
    ------
    OutputError
        O101 when the folder cannot be written to.
    MissingExtraError
        X101 without anndata.

    Examples
    --------
    >>> from resistype import datasets
    >>> sorted(path.name for path in datasets.write_tissue_demo("tissue-demo").values())
    ['README.txt', 'tissue.h5ad', 'truth.tsv']
    """
    made, target = tissue_demo(), Path(folder)
    table = made.to_anndata()
    truth = made.truth.reset_index().to_csv(sep="\t", index=False, lineterminator="\n")
    files = {"cells": "tissue.h5ad", "truth": "truth.tsv", "description": "README.txt"}
    try:
        target.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target, prefix=".resistype-") as stage:
            table.write_h5ad(Path(stage) / "tissue.h5ad")
            cells = (Path(stage) / "tissue.h5ad").read_bytes()
        texts = {"cells": cells, "truth": truth.encode(), "description": made.description.encode()}
        for key, content in texts.items():
            replace_file(target / files[key], partial(_fill, content))
    except OSError as error:
        message = (
            f"The simulated tissue could not be written to '{target}': {error.strerror or error}."
            " Choose a folder you may write to."
        )
        raise OutputError(message, code="O101") from error
    return {key: target / name for key, name in files.items()}


def _fill(content: bytes, stream: BinaryIO) -> None:
    stream.write(content)


@dataclass(frozen=True, eq=False)
class _Image:
    table: pd.DataFrame
    markers: pd.DataFrame
    mask: NDArray[np.int32]
    image: NDArray[np.float32]


def _image(plan: Plan, rng: np.random.Generator) -> _Image:
    xy = _cells(plan, rng)
    zone = zones(plan, xy)
    kind = kinds_of(plan, zone, rng)
    mask = _discs(plan, xy, rng)
    markers = _markers(kind, rng)
    image = _channels(mask, markers, rng)
    table = pd.DataFrame(
        {
            "region": plan.name,
            "instance_id": np.arange(1, len(xy) + 1),
            "x": xy[:, 0],
            "y": xy[:, 1],
            "phenotype": pd.Categorical(kind, categories=list(KINDS)),
            "zone": zone,
            "simulated": True,
        }
    )
    return _Image(table, pd.DataFrame(markers, columns=list(CHANNELS)), mask, image)


def _cells(plan: Plan, rng: np.random.Generator) -> Floats:
    """Centres of cells in pixels, shape (n, 2): a grid of 11 µm, each moved a little, a few left
    out.
    """
    steps = np.arange(plan.pitch / 2, plan.side, plan.pitch)
    grid = np.array([(x, y) for y in steps for x in steps])
    moved = grid + rng.uniform(-1.6, 1.6, grid.shape)
    kept = moved[rng.random(len(moved)) > 0.03]
    return np.asarray(np.clip(kept, 0, plan.side - 1))


def _discs(plan: Plan, xy: Floats, rng: np.random.Generator) -> NDArray[np.int32]:
    """Label mask: a disc of 3.4 to 4.2 px around every centre; a pixel of two belongs to the
    nearer centre.
    """
    mask = np.zeros((plan.side, plan.side), dtype=np.int32)
    nearest = np.full(mask.shape, np.inf)
    around = np.arange(-5, 6)
    dy, dx = np.meshgrid(around, around, indexing="ij")
    for label, ((x, y), radius) in enumerate(
        zip(xy, rng.uniform(3.4, 4.2, len(xy)), strict=True), start=1
    ):
        rows, columns = round(y) + dy, round(x) + dx
        distance = np.hypot(rows - y, columns - x)
        fits = (
            (distance <= radius)
            & (rows >= 0)
            & (columns >= 0)
            & (rows < plan.side)
            & (columns < plan.side)
        )
        rows, columns, distance = rows[fits], columns[fits], distance[fits]
        nearer = distance < nearest[rows, columns]
        mask[rows[nearer], columns[nearer]] = label
        nearest[rows[nearer], columns[nearer]] = distance[nearer]
    return mask


def _markers(kind: NDArray[Any], rng: np.random.Generator) -> Floats:
    """Mean signal of each channel in each cell: gamma around the mean of its kind."""
    means = np.array([MEANS[one] for one in kind])
    return rng.gamma(6.0, means / 6.0)


def _channels(
    mask: NDArray[np.int32], markers: Floats, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Images of the channels: each cell's mean in its pixels, with counting noise, and a low
    background.
    """
    lookup = np.vstack([np.full(len(CHANNELS), 0.05), markers])
    return rng.poisson(8.0 * lookup[mask].transpose(2, 0, 1)).astype(np.float32) / np.float32(8.0)
