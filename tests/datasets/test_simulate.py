"""The simulated counts: their shape, their genes, and that each effect stands where it was
planted.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.datasets import bulk as plan
from resistype.datasets import demo
from resistype.datasets.bulk import ROLES, gene_roles, simulate
from resistype.genes import resolve
from resistype.library import load_library
from resistype.resources import signatures_dir

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    return demo().expression


@pytest.fixture(scope="module")
def log2(counts: pd.DataFrame) -> pd.DataFrame:
    return np.log2(counts.div(counts.sum(axis=1), axis=0) * 1e6 + 1.0)


@pytest.fixture(scope="module")
def axes(log2: pd.DataFrame) -> pd.DataFrame:
    """Mean log2 expression of each role's first signature."""
    library = load_library()
    return pd.DataFrame(
        {role: log2[list(library[names[0]].genes)].mean(axis=1) for role, names in ROLES.items()}
    )


def change(axes: pd.DataFrame, role: str) -> pd.Series:
    """Post minus Pre by patient number."""
    values = axes[role].to_numpy().reshape(plan.N_PATIENTS, 2)
    return pd.Series(values[:, 1] - values[:, 0], index=range(1, plan.N_PATIENTS + 1))


def test_counts_are_whole_numbers_in_samples_by_genes(counts: pd.DataFrame) -> None:
    assert counts.shape == (2 * plan.N_PATIENTS, plan.N_GENES)
    assert counts.index.tolist() == plan.samples_table().index.tolist()
    assert (counts.dtypes == np.int64).all()
    assert (counts.to_numpy() >= 0).all()


def test_library_sizes_and_zeros_are_those_of_bulk_sequencing(counts: pd.DataFrame) -> None:
    totals = counts.sum(axis=1)

    assert totals.between(4.5e6, 10.5e6).all()
    assert 0.001 < (counts == 0).to_numpy().mean() < 0.05


def test_expression_spreads_over_three_orders_of_magnitude(counts: pd.DataFrame) -> None:
    low, high = np.quantile(counts.mean(axis=0), [0.02, 0.98])

    assert high / max(low, 0.1) > 1e3


def test_the_genes_are_approved_symbols_and_hold_every_signature_of_the_scheme(
    counts: pd.DataFrame,
) -> None:
    assert counts.columns.is_unique
    assert {found.status for found in resolve(list(counts.columns))} == {"approved"}

    scheme = tomllib.loads(
        (signatures_dir() / "schemes" / "acquired_resistance.toml").read_text(encoding="utf-8")
    )
    wanted = {
        quantity["signature"]
        for quantity in scheme["quantities"].values()
        if "signature" in quantity
    }
    library = load_library()
    missing = {name: set(library[name].genes) - set(counts.columns) for name in wanted}

    assert {name: genes for name, genes in missing.items() if genes} == {}


def test_the_signatures_of_the_roles_are_those_of_the_scheme() -> None:
    scheme = tomllib.loads(
        (signatures_dir() / "schemes" / "acquired_resistance.toml").read_text(encoding="utf-8")
    )
    wanted = {
        quantity["signature"]
        for quantity in scheme["quantities"].values()
        if "signature" in quantity
    }

    assert wanted <= {name for names in ROLES.values() for name in names}


def test_every_gene_has_one_role_and_mhc_genes_are_never_interferon_genes() -> None:
    roles = gene_roles()

    assert len(roles) == plan.N_GENES
    assert list(roles) == sorted(roles)
    assert {gene for gene, role in roles.items() if role == "mhc1"} == set(
        load_library()["mhc1_core"].genes
    )


def test_the_same_seed_gives_the_same_counts_and_another_seed_others(counts: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(simulate(11), counts)
    assert (simulate(12).to_numpy() != counts.to_numpy()).mean() > 0.5


def test_the_counts_do_not_depend_on_the_hash_seed(counts: pd.DataFrame) -> None:
    code = (
        "import hashlib; from resistype.datasets import demo;"
        "print(hashlib.sha256(demo().expression.to_numpy().tobytes()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "123", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )

    assert done.stdout.strip() == hashlib.sha256(counts.to_numpy().tobytes()).hexdigest()


def test_raw_axes_go_together_as_in_real_tumours(axes: pd.DataFrame) -> None:
    before = axes[axes.index.str.endswith("-Pre")]
    correlation = before[["ifng", "tcell", "mhc1"]].corr("spearman").to_numpy()

    assert correlation[np.triu_indices(3, k=1)].min() > 0.7
    assert correlation[np.triu_indices(3, k=1)].max() < 0.97


@pytest.mark.parametrize(
    ("role", "numbers", "low", "high"),
    [
        ("ifng", plan.IFNG_UP, 1.0, 2.0),
        ("ifng", plan.IFNG_DOWN, -2.0, -1.0),
        ("dysfunction", plan.DYSFUNCTION, 0.9, 2.0),
    ],
)
def test_planted_changes_are_large_and_no_other_patient_comes_near(
    axes: pd.DataFrame, role: str, numbers: tuple[int, ...], low: float, high: float
) -> None:
    moved = change(axes, role)
    planted = set(plan.IFNG_UP + plan.IFNG_DOWN) if role == "ifng" else set(numbers)

    assert moved[list(numbers)].between(low, high).all()
    assert moved.drop(list(planted)).abs().max() < 0.5


def test_mhc_class_i_is_divided_by_twelve_where_planted(axes: pd.DataFrame) -> None:
    beyond_ifng = change(axes, "mhc1") - 0.6 * change(axes, "ifng")

    assert (
        beyond_ifng[list(plan.MHC1_LOSS)].between(-np.log2(12.0) - 0.6, -np.log2(12.0) + 0.6).all()
    )
    assert beyond_ifng.drop(list(plan.MHC1_LOSS)).abs().max() < 0.6


def test_patients_without_t_cells_are_the_lowest_of_all(axes: pd.DataFrame) -> None:
    cold = [
        f"SIM-P{number:02}-{timepoint}" for number in plan.COLD for timepoint in plan.TIMEPOINTS
    ]
    tcell = axes["tcell"]

    assert tcell[cold].max() < tcell.drop(cold).quantile(0.05)


def test_t_cells_stay_as_they_are_when_other_axes_move(axes: pd.DataFrame) -> None:
    assert change(axes, "tcell").abs().max() < 0.5
