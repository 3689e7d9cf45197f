"""`resistype spatial`: the files it leaves, equal to the functions, and bad input by its exact
message.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pandas as pd
import pytest

from resistype.cli import main
from resistype.cli.spatial import spatial_command
from resistype.datasets import tissue_demo
from resistype.scheme import load_scheme
from resistype.systems.tissue import (
    MarginRule,
    Roi,
    Roles,
    compartments,
    describe_regions,
    in_roi,
    nearest,
    neighbourhood,
    read_cells,
    read_tissue,
    rim_score,
    roi_composition,
    write_rois,
)

ROLES = Roles(("Tumour",), ("CD8 T cell",), ("CD163 macrophage",))
KINDS = ("--tumour", "Tumour", "--t-cell", "CD8 T cell", "--macrophage", "CD163 macrophage")
FILES = {
    "regions.tsv",
    "evidence.tsv",
    "densities.tsv",
    "rim.tsv",
    "neighbours.tsv",
    "cells.csv",
    "thresholds.tsv",
}
BOX = Roi("nest", [[250, 230], [250, 350], [370, 350], [370, 230]], "sim_excluded")


def run(*words: str | Path) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    return int(caught.value.code or 0)


def table(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.tsv", sep="\t", keep_default_na=False, na_values=[""])


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tissue") / "tissue.h5ad"
    tissue_demo().to_anndata().write_h5ad(file)
    return file


@pytest.fixture(scope="module")
def out(path: Path) -> Path:
    folder = path.parent / "out"
    rois = write_rois(path.parent / "rois.geojson", [BOX], scale_um=1.0)
    assert (
        run(
            "spatial",
            path,
            "--out",
            folder,
            "--scale-um",
            "1",
            *KINDS,
            "--rois",
            rois,
            "--radius",
            "25",
        )
        == 0
    )
    return folder


def test_the_files(out: Path) -> None:
    assert {file.name for file in out.iterdir()} == FILES | {"composition.tsv", "run.json"}


def test_the_planted_compartments_are_described(out: Path) -> None:
    found = table(out, "regions").set_index("region")["label"]

    assert found.to_dict() == tissue_demo().truth["label"].to_dict()


def test_numbers_are_those_of_the_functions(out: Path) -> None:
    demo = tissue_demo()
    tissue = read_tissue(demo.to_anndata(), scale_um=1.0)
    calls = describe_regions(tissue, ROLES)
    evidence = table(out, "evidence")

    assert evidence["quantity"].tolist() == calls.evidence()["quantity"].tolist()
    assert evidence["value"].to_numpy() == pytest.approx(
        calls.evidence()["value"].to_numpy(), rel=1e-9, nan_ok=True
    )
    rim = rim_score(tissue, ROLES, compartments(tissue, ROLES))
    assert table(out, "rim")["ratio"].to_numpy() == pytest.approx(
        rim["ratio"].to_numpy(), rel=1e-9, nan_ok=True
    )
    around = neighbourhood(tissue, 25.0)
    own = tissue.of("CD163 macrophage")
    shown = table(out, "neighbours").set_index("cell")
    expected = around.fractions[own].mean()
    assert shown.loc["CD163 macrophage", list(tissue.kinds)].to_numpy(float) == pytest.approx(
        expected.to_numpy()
    )
    assert shown["n"].sum() == tissue.n_obs


def test_one_row_a_cell(out: Path) -> None:
    demo = tissue_demo()
    tissue = read_tissue(demo.to_anndata(), scale_um=1.0)
    cells = read_cells(out / "cells.csv")

    assert len(cells) == tissue.n_obs
    assert cells["instance_id"].tolist() == tissue.instance.tolist()
    assert cells["in nest"].tolist() == in_roi(tissue, BOX).tolist()
    expected = nearest(tissue, "Tumour").to_numpy()
    assert cells["nearest_tumour_um"].to_numpy() == pytest.approx(expected, rel=1e-9, nan_ok=True)
    assert cells["n_neighbours"].tolist() == neighbourhood(tissue, 25.0).n.tolist()


def test_drawn_regions(out: Path) -> None:
    tissue = read_tissue(tissue_demo().to_anndata(), scale_um=1.0)
    expected = roi_composition(tissue, BOX)
    found = table(out, "composition")

    assert found["numerator"].tolist() == expected["numerator"].tolist()
    assert found["low"].to_numpy() == pytest.approx(expected["low"].to_numpy())


def test_limits_stand_in_every_record(out: Path) -> None:
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    head = [
        line
        for line in (out / "cells.csv").read_text(encoding="utf-8").splitlines()
        if line.startswith("#")
    ]

    assert {one["source"] for one in record["thresholds"]} == {"ours"}
    assert len(record["thresholds"]) == len(table(out, "thresholds"))
    assert sum(line.startswith("# threshold ") for line in head) == len(record["thresholds"])
    assert (record["scale_um"], record["n_cells"]) == (1.0, 11758)
    assert "Research use only; not for treatment decisions." in record["caveats"].values()


def test_limits_are_the_users(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--margin", "15", "--dense", "9000")
    assert run("spatial", path, "--out", tmp_path / "o", "--scale-um", "1", *KINDS[:4], *words) == 0
    shown = capsys.readouterr().out
    limits = table(tmp_path / "o", "thresholds").set_index("name")["value"]

    assert (limits["margin width"], limits["dense"]) == (15.0, 9000.0)
    assert set(table(tmp_path / "o", "regions")["label"]) == {"desert", "not_assessable"}
    assert "Research use only" in shown
    assert not (tmp_path / "o" / "rim.tsv").exists()


def test_defaults_are_those_of_the_rules() -> None:
    defaults = {
        name: one.default for name, one in inspect.signature(spatial_command).parameters.items()
    }

    assert defaults["margin"] == MarginRule().width_um
    assert (
        defaults["dense"]
        == load_scheme("immune_phenotype").axis("phenotype").thresholds["dense"].value
    )
    assert defaults["radius"] == inspect.signature(neighbourhood).parameters["radius_um"].default


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no scale": (
        KINDS,
        (
            "error: P101 The coordinates are in pixels and no scale was given. Distances and"
            " densities need µm: give scale_um= (µm per pixel, from the microscope's file), or"
            " unit='um' when the coordinates are µm.\n"
        ),
    ),
    "no such kind": (
        ("--scale-um", "1", "--tumour", "HCC", "--t-cell", "CD8 T cell"),
        (
            "error: P105 There are no cells called 'HCC'; the kinds are: Tumour, CD8 T cell, CD163"
            " macrophage, Fibroblast, Endothelial.\n"
        ),
    ),
    "no such column": (
        ("--scale-um", "1", *KINDS, "--kind", "celltype"),
        (
            "error: P102 obs has no column 'celltype'; there are: region, instance_id, phenotype,"
            " zone, simulated. Say which column is what with columns=TissueColumns(...); None where"
            " there is none.\n"
        ),
    ),
    "no radius": (
        ("--scale-um", "1", *KINDS, "--radius", "0"),
        "error: P108 radius_um=0.0; give µm, a number above 0.\n",
    ),
    "no such axes": (
        ("--scale-um", "1", *KINDS, "--axes", "zx"),
        (
            "error: P106 axes='zx': 'xy' or 'yx', and for a table, whose columns x and y are named,"
            " 'xy'.\n"
        ),
    ),
}


@pytest.mark.parametrize(("words", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(
    words: tuple[str, ...],
    message: str,
    path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("spatial", path, "--out", tmp_path / "o", *words) == 2
    assert capsys.readouterr().err == message
    assert not (tmp_path / "o").exists()
