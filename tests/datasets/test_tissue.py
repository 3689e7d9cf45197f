"""The simulated tissue: what is planted is there, masks and tables fit, and everything says that it is simulated."""

from __future__ import annotations

import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pytest

from resistype.datasets import TissueDemo, tissue_demo
from resistype.datasets.tissue_plan import CHANNELS, IMAGES, KINDS, MEANS
from resistype.spatial import Roles, compartments, describe_regions, match_mask, read_tissue, rim_score

ROLES = Roles(tumour=("Tumour",), t_cells=("CD8 T cell",), macrophages=("CD163 macrophage",))


@pytest.fixture(scope="module")
def demo() -> TissueDemo:
    return tissue_demo()


def test_it_says_that_it_is_simulated(demo: TissueDemo) -> None:
    assert demo.description.startswith("SIMULATED DATA. Nothing here was measured")
    assert demo.table["simulated"].all()
    assert demo.truth["simulated"].all()
    assert all(name.startswith("sim_") for name in demo.masks)
    assert demo.table.attrs["simulated"]
    assert demo.to_anndata().uns["simulated"] == demo.description


def test_shapes(demo: TissueDemo) -> None:
    assert set(demo.masks) == set(demo.images) == set(demo.truth.index) == {plan.name for plan in IMAGES}
    for name, mask in demo.masks.items():
        assert mask.shape == (600, 600)
        assert demo.images[name].shape == (len(CHANNELS), 600, 600)
        assert demo.images[name].dtype == np.float32
    assert len(demo.markers) == len(demo.table)
    assert set(MEANS) == set(KINDS)
    assert all(abs(sum(shares) - 1) < 1e-9 for plan in IMAGES for shares in (plan.nest, plan.rim, plan.stroma))


def test_the_same_seed_gives_the_same_sample(demo: TissueDemo) -> None:
    again, other = tissue_demo(), tissue_demo(seed=5)

    assert again.table.equals(demo.table)
    assert all((again.masks[name] == demo.masks[name]).all() for name in demo.masks)
    assert all((again.images[name] == demo.images[name]).all() for name in demo.images)
    assert not other.table["x"].equals(demo.table["x"])


def test_ids_repeat_from_image_to_image(demo: TissueDemo) -> None:
    assert demo.table["instance_id"].duplicated().any()
    assert not demo.table.duplicated(["region", "instance_id"]).any()


def test_every_cell_lies_on_its_label(demo: TissueDemo) -> None:
    tissue = read_tissue(demo.to_anndata(), scale_um=demo.scale_um)
    for name, mask in demo.masks.items():
        found = match_mask(tissue, mask, region=name)

        assert (found.only_table, found.only_mask) == ((), ())
        assert found.agree_xy == 1.0
        assert found.agree_yx < 0.05


def test_cells_do_not_lie_outside_the_image(demo: TissueDemo) -> None:
    assert demo.table[["x", "y"]].to_numpy().min() >= 0
    assert demo.table[["x", "y"]].to_numpy().max() <= 599


def test_channels_show_their_kinds(demo: TissueDemo) -> None:
    means = demo.markers.groupby(demo.table["phenotype"], observed=True).mean()

    assert means["CD163"].idxmax() == "CD163 macrophage"
    assert means["CD8A"].idxmax() == "CD8 T cell"
    assert means["panCK"].idxmax() == "Tumour"
    name = "sim_excluded"
    image = demo.images[name][CHANNELS.index("CD163")]
    macrophages = demo.table.query("region == @name and phenotype == 'CD163 macrophage'")["instance_id"]
    on = np.isin(demo.masks[name], macrophages.to_numpy())
    assert image[on].mean() > 10 * image[~on].mean()


@pytest.mark.parametrize("seed", [11, 1, 2])
def test_planted_compartments_are_found(seed: int) -> None:
    demo = tissue_demo(seed=seed)
    tissue = read_tissue(demo.to_anndata(), scale_um=demo.scale_um)
    calls = describe_regions(tissue, ROLES)

    assert calls.to_frame()["label"].to_dict() == demo.truth["label"].to_dict()
    depth = calls.compartments.cells["depth_um"].to_numpy()
    nest = (demo.table["zone"] == "nest").to_numpy()
    known = np.isfinite(depth)
    right = ((depth > 0) == nest)[known]
    assert right.mean() > 0.98
    assert (~nest[~known]).all()


def test_only_the_excluded_nest_has_a_rim(demo: TissueDemo) -> None:
    tissue = read_tissue(demo.to_anndata(), scale_um=demo.scale_um)
    found = rim_score(tissue, ROLES, compartments(tissue, ROLES))

    assert found.loc["sim_excluded", "low"] > 3
    assert found.loc["sim_excluded", "lined"] > 0.98
    assert (found.loc[["sim_inflamed", "sim_desert"], "low"] < 1.5).all()
    assert found.loc["sim_stroma", ["ratio", "lined"]].isna().all()


def test_it_survives_a_file(demo: TissueDemo, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        demo.to_anndata().write_h5ad(tmp_path / "tissue.h5ad")
    back = ad.read_h5ad(tmp_path / "tissue.h5ad")
    tissue = read_tissue(back, scale_um=demo.scale_um)

    assert tissue.regions == tuple(demo.masks)
    assert tissue.xy.tolist() == demo.table[["x", "y"]].to_numpy().tolist()
