"""Real tissue: the scimap example, and the mouse tumours of Mariathasan et al. (2018).

Scales: scimap's example is CyCIF, read here at 0.65 µm per pixel. The script of the mouse study's
authors gives 337 pixels for 150 µm (SiYangming/IMvigor210CoreBiologies,
inst/mouse/matlab/JZiai_MSR9005_1436_cd3_clean.m).
"""

from __future__ import annotations

import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from resistype.errors import TissueWarning
from resistype.systems.tissue import (
    Roi,
    Roles,
    Tissue,
    TissueColumns,
    describe_regions,
    fraction_map,
    infiltration,
    neighbourhood,
    read_tissue,
    roi_composition,
)
from tests.systems.tissue.made import cast

COLUMNS = TissueColumns(region="ImageId", kind="phenotype", x="X_position", y="Y_position")
TUMOUR = ("Tumor CD45- CD30+", "Tumor CD30+", "Tumor CD30+ KI67+")
T_CELLS = ("CD8 T cells", "CD4 T cells", "PD1+ T cells", "T cells", "Regulatory T cells")


@pytest.fixture(scope="module")
def scimap(shared: Path) -> Tissue:
    path = shared / "data" / "scimap_spatial" / "scimap_example.h5ad"
    return read_tissue(path, scale_um=0.65, columns=COLUMNS, markers=["CD163"])


def test_phenotypes_are_counted(scimap: Tissue) -> None:
    counts = pd.Series(scimap.kind).value_counts()

    assert (scimap.n_obs, scimap.regions, len(scimap.kinds)) == (3029, ("230",), 25)
    assert counts["M2 Macrophages"] == 169
    assert counts["Tumor CD45- CD30+"] == 1169


def test_m2_macrophages_live_beside_each_other(scimap: Tissue) -> None:
    found = neighbourhood(scimap, 30.0)
    own = scimap.of("M2 Macrophages")
    beside = found.fractions["M2 Macrophages"]

    assert (found.n > 0).all()
    assert beside[own].mean() == pytest.approx(0.166, abs=0.002)
    assert beside[~own].mean() == pytest.approx(0.049, abs=0.002)


def test_neighbours_of_a_few_cells_are_counted_by_hand(scimap: Tissue) -> None:
    found = neighbourhood(scimap, 30.0).counts
    for row in (0, 17, 1500, 3028):
        near = np.hypot(*(scimap.um - scimap.um[row]).T) <= 30.0
        near[row] = False
        expected = pd.Series(scimap.kind)[near].value_counts()

        assert found.iloc[row].to_dict() == expected.reindex(found.columns, fill_value=0).to_dict()


def test_m2_macrophages_are_mapped_where_their_marker_is(scimap: Tissue) -> None:
    found = fraction_map(scimap, "M2 Macrophages")
    assert scimap.markers is not None
    own = scimap.of("M2 Macrophages")

    assert np.nanmax(found.image) > 0.5
    assert scimap.markers.loc[own, "CD163"].mean() > scimap.markers.loc[~own, "CD163"].mean()


def test_the_description_is_open_where_the_interval_crosses(scimap: Tissue) -> None:
    calls = describe_regions(scimap, Roles(TUMOUR, T_CELLS, ("M2 Macrophages",)))

    assert calls.to_frame()["phenotype"].tolist() == ["indeterminate"]


def test_a_drawn_region_is_that_of_pandas(scimap: Tissue, shared: Path) -> None:
    corners = [(300, 250), (820, 330), (760, 900), (480, 640), (250, 820)]
    path = shared / "data" / "scimap_spatial" / "scimap_example.h5ad"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ad.OldFormatWarning)
        obs = ad.read_h5ad(path).obs
    inside = [
        cast((x, y), corners) for x, y in zip(obs["X_position"], obs["Y_position"], strict=True)
    ]
    expected = obs.loc[inside, "phenotype"].value_counts()
    found = roi_composition(scimap, Roi("drawn", corners, axes="xy"))
    drawn = found[found["group"] == "drawn"].set_index("kind")

    assert drawn["denominator"].iloc[0] == sum(inside)
    assert drawn["numerator"].to_dict() == expected.reindex(drawn.index, fill_value=0).to_dict()


@pytest.fixture(scope="module")
def mice(shared: Path) -> pd.DataFrame:
    """One row a tumour: depth of its CD3 cells, treatment."""
    folder = shared / "data" / "mouse_cd3_points"
    points = pd.read_csv(folder / "dat25_cd3_points.tsv.gz", sep="\t")
    drawn = pd.read_csv(folder / "dat25_windows.tsv.gz", sep="\t")
    columns = TissueColumns(region="Barcode", kind=None)
    tissue = read_tissue(points, scale_um=150 / 337, columns=columns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TissueWarning)  # four of the outlines cross themselves
        rois = [
            Roi(f"{name} {part}", piece[["x", "y"]].to_numpy(), str(name), axes="xy")
            for (name, part), piece in drawn.groupby(["Barcode", "poly"])
        ]
        found = infiltration(tissue, rois)
    return found.assign(group=points.drop_duplicates("Barcode").set_index("Barcode")["Group"])


@pytest.mark.slow
def test_depth_of_t_cells_by_treatment(mice: pd.DataFrame) -> None:
    """Vehicle < aPD-L1 < aTGFb < both, relative to the size of the tumour as the authors measured
    it.

    In µm the order of the last two is the other way round (445 and 363): the tumours of the
    combination are smaller.
    """
    assert len(mice) == 25
    assert mice["n_beyond"].sum() == 0
    means = mice.groupby("group")[["depth_um", "relative"]].mean()

    assert means["relative"].loc[[1, 2, 3, 4]].to_numpy() == pytest.approx(
        [0.129, 0.143, 0.167, 0.263], abs=0.002
    )
    assert means["relative"].loc[[1, 2, 3, 4]].is_monotonic_increasing
    assert means["depth_um"].loc[[1, 2, 3, 4]].to_numpy() == pytest.approx(
        [289, 333, 445, 363], abs=2
    )
