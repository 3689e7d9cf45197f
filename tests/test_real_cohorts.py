"""What real cohorts must show: the figures that were measured once, within ranges that leave room
for another scorer.

The cohorts are public and lie beside the checkout; none of them is shipped.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kruskal

from resistype.report.cohort import compare_groups, paired_changes, patient_changes
from resistype.samples import pair_samples, read_samples
from resistype.score import score

SETS = (
    "ss_cyt_rooney",
    "imv_cd_8_t_effector",
    "ss_ifn_ayers",
    "hallmark_ifng_without_ap",
    "mhc1_core",
)
METHODS = ("ssgsea", "singscore", "weighted", "zscore")


@cache
def scores(path: Path, method: str) -> pd.DataFrame:
    return score(path, list(SETS), method=method).to_frame()


def response(path: Path, samples: pd.Index) -> pd.Series:
    found = read_samples(path)["response"].reindex(samples)
    return found[found.isin(["R", "NR"])]


def auc(table: pd.DataFrame, labels: pd.Series, name: str) -> dict[str, float]:
    return compare_groups(table.loc[labels.index, name], labels, first="R", second="NR")


@pytest.mark.parametrize("method", METHODS)
def test_gide_interferon_goes_with_response(shared: Path, method: str) -> None:
    folder = shared / "data" / "gide"
    table = scores(folder / "Gide_melanoma_PD1.expr.parquet", method)
    labels = response(folder / "Gide_melanoma_PD1.clinical.tsv", table.index)

    assert labels.value_counts().to_dict() == {"R": 19, "NR": 19}
    for name in ("ss_ifn_ayers", "hallmark_ifng_without_ap", "ss_cyt_rooney", "mhc1_core"):
        assert 0.75 <= auc(table, labels, name)["auc"] <= 0.90


@pytest.mark.parametrize("method", METHODS)
def test_hugo_shows_nothing_and_nothing_is_called_significant(shared: Path, method: str) -> None:
    folder = shared / "data" / "hugo"
    table = scores(folder / "Hugo_melanoma_PD1.expr.parquet", method)
    labels = response(folder / "Hugo_melanoma_PD1.clinical.tsv", table.index)

    assert 0.35 <= auc(table, labels, "ss_cyt_rooney")["auc"] <= 0.60
    assert min(auc(table, labels, name)["p"] for name in SETS) > 0.05


@pytest.mark.filterwarnings("ignore::resistype.errors.CoverageWarning")
@pytest.mark.parametrize("method", METHODS)
def test_bladder_desert_excluded_inflamed(shared: Path, method: str) -> None:
    folder = shared / "data" / "mariathasan_bladder"
    table = scores(folder / "Mariathasan_bladder_small.expr.parquet", method)
    kind = read_samples(folder / "Mariathasan_bladder_small.clinical.tsv")[
        "Immune.phenotype"
    ].reindex(table.index)
    for name in ("imv_cd_8_t_effector", "ss_ifn_ayers"):
        z = (table[name] - table[name].mean()) / table[name].std()
        groups = [z[kind == word] for word in ("desert", "excluded", "inflamed")]
        means = [group.mean() for group in groups]

        assert means == sorted(means)
        assert kruskal(*groups).pvalue < 1e-10
        assert means[2] - means[0] == pytest.approx(1.8, abs=0.3)


@pytest.mark.parametrize("method", METHODS)
def test_riaz_effector_genes_rise_on_treatment(shared: Path, method: str) -> None:
    folder = shared / "data" / "riaz_pairs"
    table = scores(folder / "counts.symbols.parquet", method)
    samples = read_samples(folder / "samples.tsv")
    pairing = pair_samples(samples, patient="patient", timepoint="timepoint", baseline="Pre")
    before = samples.index[samples["timepoint"] == "Pre"]
    changes = (patient_changes(table, pairing) / table.loc[before].std()).droplevel("timepoint")
    tested = paired_changes(changes)
    group = (
        samples.drop_duplicates("patient").set_index("patient")["response"].reindex(changes.index)
    )
    mean = changes["ss_cyt_rooney"].groupby(group).mean()

    assert len(changes) == 43
    assert tested.loc["ss_cyt_rooney", "p"] < 1e-3
    assert tested.loc["ss_cyt_rooney", "mean"] > 0
    assert mean["R"] > mean["NR"]
    assert mean["SD"] > mean["NR"]
    # Six interferon genes do not separate those who respond from those who progress.
    assert compare_groups(changes["ss_ifn_ayers"], group, first="R", second="NR")["p"] > 0.1


def test_a_score_does_not_know_its_cohort(shared: Path) -> None:
    path = shared / "data" / "gide" / "Gide_melanoma_PD1.expr.parquet"
    frame = pd.read_parquet(path).T
    whole = scores(path, "ssgsea")
    some = frame.iloc[[5, 3, 30]]

    pd.testing.assert_frame_equal(
        score(some, list(SETS)).to_frame(),
        whole.loc[some.index],
        check_exact=True,
        check_names=False,
    )


def test_columns_come_in_the_order_asked_for(shared: Path) -> None:
    table = scores(shared / "data" / "gide" / "Gide_melanoma_PD1.expr.parquet", "ssgsea")

    assert table.columns.tolist() == list(SETS)
    assert np.isfinite(table.to_numpy()).all()
