"""The simulated tissue: what is planted is there, masks and tables fit, and everything says that
it is simulated.
"""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from resistype.datasets import TissueDemo, tissue_demo, write_tissue_demo
from resistype.datasets.tissue import CHANNELS, IMAGES, KINDS, MEANS
from resistype.errors import OutputError
from resistype.systems.tissue import (
    Roi,
    Roles,
    compartments,
    describe_regions,
    exclusion_map,
    match_mask,
    read_tissue,
    rim_score,
    roi_composition,
)
from tests.systems.tissue.made import cast

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
    assert (
        set(demo.masks)
        == set(demo.images)
        == set(demo.truth.index)
        == {plan.name for plan in IMAGES}
    )
    for name, mask in demo.masks.items():
        assert mask.shape == (600, 600)
        assert demo.images[name].shape == (len(CHANNELS), 600, 600)
        assert demo.images[name].dtype == np.float32
    assert len(demo.markers) == len(demo.table)
    assert set(MEANS) == set(KINDS)
    assert all(
        abs(sum(shares) - 1) < 1e-9
        for plan in IMAGES
        for shares in (plan.nest, plan.rim, plan.stroma)
    )


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
    macrophages = demo.table.query("region == @name and phenotype == 'CD163 macrophage'")[
        "instance_id"
    ]
    on = np.isin(demo.masks[name], macrophages.to_numpy())
    assert image[on].mean() > 10 * image[~on].mean()


@pytest.mark.parametrize("seed", [11, 1, 2])
def test_planted_compartments_are_found(seed: int) -> None:
    demo = tissue_demo(seed=seed)
    tissue = read_tissue(demo.to_anndata(), scale_um=demo.scale_um)
    calls = describe_regions(tissue, ROLES)

    assert calls.to_frame()["phenotype"].to_dict() == demo.truth["label"].to_dict()
    depth = compartments(tissue, ROLES).cells["depth_um"].to_numpy()
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
    demo.to_anndata().write_h5ad(tmp_path / "tissue.h5ad")
    back = ad.read_h5ad(tmp_path / "tissue.h5ad")
    tissue = read_tissue(back, scale_um=demo.scale_um)

    assert tissue.regions == tuple(demo.masks)
    assert tissue.xy.tolist() == demo.table[["x", "y"]].to_numpy().tolist()


def test_it_is_written_whole(tmp_path: Path) -> None:
    files = write_tissue_demo(tmp_path / "new")
    demo = tissue_demo()

    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "tissue.h5ad",
        "truth.tsv",
        "README.txt",
    }
    tissue = read_tissue(files["cells"], scale_um=1.0)
    assert tissue.xy.tolist() == demo.table[["x", "y"]].to_numpy().tolist()
    assert (
        files["truth"].read_text(encoding="utf-8").splitlines()[1] == "sim_excluded\texcluded\tTrue"
    )
    assert files["description"].read_text(encoding="utf-8").startswith("SIMULATED DATA")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here first", encoding="utf-8")

    with pytest.raises(OutputError) as caught:
        write_tissue_demo(tmp_path / "file")
    assert (
        str(caught.value)
        == f"O101 The simulated tissue could not be written to '{tmp_path / 'file'}': File exists."
        " Choose a folder you may write to."
    )


@pytest.mark.parametrize("name", ["sim_excluded", "sim_inflamed"])
def test_a_drawn_region_is_that_of_pandas(demo: TissueDemo, name: str) -> None:
    lasso = [(120, 150), (300, 90), (480, 210), (420, 330), (500, 470), (260, 400), (110, 500)]
    tissue = read_tissue(demo.to_anndata(), scale_um=demo.scale_um)
    here = demo.table[demo.table["region"] == name]
    inside = np.array([cast((x, y), lasso) for x, y in zip(here["x"], here["y"], strict=True)])
    expected = {
        "lasso": here.loc[inside, "phenotype"].value_counts(),
        "rest": here.loc[~inside, "phenotype"].value_counts(),
    }
    found = roi_composition(tissue, Roi("lasso", lasso, name, axes="xy")).set_index(
        ["group", "kind"]
    )

    assert inside.sum() > 500
    for group, counts in expected.items():
        part = found.loc[group]
        assert part["numerator"].to_dict() == counts.reindex(part.index, fill_value=0).to_dict()
        assert part["proportion"].to_dict() == pytest.approx(
            (counts / counts.sum()).reindex(part.index).to_dict()
        )


def test_the_rim_stands_out_in_the_exclusion_map(demo: TissueDemo) -> None:
    tissue = read_tissue(demo.to_anndata(), scale_um=demo.scale_um)
    found = exclusion_map(tissue, ROLES, region="sim_excluded")
    cells = demo.table[demo.table["region"] == "sim_excluded"]
    y, x = (
        ((cells[axis] - start) / step).round().astype(int)
        for axis, start, step in zip(("y", "x"), found.translate, found.scale, strict=True)
    )
    values = pd.Series(found.image[y, x]).groupby(cells["zone"].to_numpy()).median()

    assert values["rim"] > 0.35
    assert abs(values["nest"]) < 0.05
    assert values["stroma"] < -0.1
