"""The simulated cells: labelled as simulated; what is planted is what the cell schemes find."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from resistype.datasets import CellDemo, cell_demo
from resistype.datasets.cells import DEPTH, GROWTH, N_CLONES, N_GROW, PLAN, PROGRAMMES, STAGES
from resistype.library import load_library
from resistype.scheme import Calls
from resistype.systems.cells import CellColumns, CellOptions, classify_cells


@pytest.fixture(scope="module")
def cells() -> CellDemo:
    return cell_demo()


@pytest.fixture(scope="module")
def calls(cells: CellDemo) -> dict[str, Calls]:
    product = CellColumns(state="state", clone="clone", product="product", lineage="lineage")
    stress = CellColumns(state="state", lineage="lineage", stage="stage")
    adata = cells.to_anndata()
    return {
        "cart_product": classify_cells(adata, "cart_product", options=CellOptions(columns=product)),
        "tex_psr": classify_cells(adata, "tex_psr", options=CellOptions(columns=stress)),
    }


def fingerprint(cells: CellDemo) -> str:
    text = cells.obs.to_csv() + ",".join(cells.genes)
    return hashlib.sha256(cells.counts.tobytes() + text.encode()).hexdigest()


def test_a_seed_gives_the_same_cells(cells: CellDemo) -> None:
    assert fingerprint(cell_demo()) == fingerprint(cells)
    assert fingerprint(cell_demo(seed=6)) != fingerprint(cells)


def test_cells_of_each_sample(cells: CellDemo) -> None:
    sizes = cells.obs.groupby(["patient", "timepoint"]).size()

    assert sizes.to_dict() == {(one.name, time): n for one in PLAN for time, n in DEPTH.items()}
    assert cells.counts.shape == (len(cells.obs), len(cells.genes))
    assert len(set(cells.genes)) == len(cells.genes)


def test_everything_says_that_it_is_simulated(cells: CellDemo) -> None:
    assert cells.obs["simulated"].all()
    assert cells.truth["simulated"].all()
    assert cells.obs["patient"].str.startswith("SIM-").all()
    assert cells.obs.index.str.startswith("SIM-").all()
    assert cells.description.startswith("SIMULATED DATA.")
    assert cells.to_anndata().uns["description"] == cells.description


def test_only_exhausted_cells_have_a_stage(cells: CellDemo) -> None:
    exhausted = cells.obs["state"] == "exhausted"

    assert cells.obs["stage"].notna().equals(exhausted)
    assert set(cells.obs["stage"].dropna()) == set(STAGES)


def test_counts_are_whole_and_not_negative(cells: CellDemo) -> None:
    assert (cells.counts >= 0).all()
    assert np.array_equal(cells.counts, np.round(cells.counts))


@pytest.mark.parametrize("state", ["memory", "cytotoxic", "exhausted"])
def test_cells_of_a_state_have_more_of_its_genes(cells: CellDemo, state: str) -> None:
    own = set(load_library()[PROGRAMMES[state]].genes)
    others = {
        gene
        for name, one in PROGRAMMES.items()
        if name != state
        for gene in load_library()[one].genes
    }
    columns = [column for column, gene in enumerate(cells.genes) if gene in own - others]
    inside = (cells.obs["state"] == state).to_numpy()

    mean = cells.counts[:, columns].mean(axis=1)
    assert mean[inside].mean() > 5 * mean[~inside].mean()


@pytest.mark.parametrize("patient", [one.name for one in PLAN])
def test_the_last_clones_grow_where_it_is_planted(cells: CellDemo, patient: str) -> None:
    own = cells.obs[cells.obs["patient"] == patient]
    last = {f"{patient}:{number:03d}" for number in range(N_CLONES - N_GROW, N_CLONES)}
    shares = (
        own[own["clone"].notna()]
        .groupby("timepoint")["clone"]
        .agg(lambda clones: clones.isin(last).mean())
    )
    plan = next(one for one in PLAN if one.name == patient)

    ratio = shares["day 14"] / shares["IP"]
    assert (ratio > GROWTH / 2) == plan.grows


def test_a_tenth_of_the_cells_has_no_clone(cells: CellDemo) -> None:
    without = int(cells.obs["clone"].isna().sum())

    # binomial of 4,500 cells at 0.1: 450, with a standard deviation of 20
    assert 370 <= without <= 530


def test_what_is_planted_is_called(cells: CellDemo, calls: dict[str, Calls]) -> None:
    found = pd.concat([one.to_frame() for one in calls.values()], axis=1)
    wrong = [
        (row.patient, row.axis, row.label, found.loc[row.patient, row.axis])
        for row in cells.truth.itertuples()
        if found.loc[row.patient, row.axis] != row.label
    ]

    assert wrong == []


def test_where_nothing_rises_nothing_is_called(calls: dict[str, Calls]) -> None:
    flat = calls["tex_psr"].to_frame().loc["SIM-C3", "stages"]

    assert flat in {"does_not_increase", "indeterminate"}
