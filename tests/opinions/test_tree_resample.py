"""Bootstrap and shuffled labels: against a plain loop, the same for any number of jobs, and
whether alpha holds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config

from resistype.errors import SamplesError
from resistype.opinions import (
    ConditionalInferenceTree,
    TreeBootstrap,
    bootstrap_tree,
    shuffled_roots,
)
from resistype.opinions.tree_fit import Column, Cut
from resistype.opinions.tree_show import NO_SPLIT, Resampled, ShuffledRoots


def cohort(n: int = 120, push: float = 1.0) -> tuple[pd.DataFrame, pd.Series]:
    """Two covariates that tell the same about the label, one that tells nothing."""
    rng = np.random.default_rng(1)
    hidden = rng.normal(size=n)
    table = pd.DataFrame(
        {
            "ifng": (hidden + rng.normal(scale=0.6, size=n)).round(2),
            "nlr": (hidden + rng.normal(scale=0.6, size=n)).round(2),
            "afp": rng.normal(size=n),
        }
    )
    return table, pd.Series(np.where(push * hidden + rng.logistic(size=n) > 0, "PRef", "Resp"))


def test_against_a_plain_loop() -> None:
    table, label = cohort()
    tree = ConditionalInferenceTree(min_bucket=10)
    boot = bootstrap_tree(tree, table, label, n=15, seed=3)
    for stream, one in zip(np.random.SeedSequence(3).spawn(15), boot.trees, strict=True):
        rows = np.random.default_rng(stream).integers(len(label), size=len(label))
        again = ConditionalInferenceTree(min_bucket=10, max_depth=2).fit(
            table.iloc[rows].reset_index(drop=True), label.iloc[rows].reset_index(drop=True)
        )
        nodes = again.tree_.nodes
        below = {
            nodes[child - 1].cut.column.name for child in nodes[0].children if nodes[child - 1].cut
        }  # type: ignore[union-attr]
        assert repr(one.root) == repr(nodes[0].cut)
        assert set(one.second) == below


@pytest.mark.parametrize("jobs", [2, 3])
def test_jobs_change_nothing(jobs: int) -> None:
    tree = ConditionalInferenceTree(min_bucket=10)

    assert repr(bootstrap_tree(tree, *cohort(), n=9, n_jobs=jobs)) == repr(
        bootstrap_tree(tree, *cohort(), n=9)
    )
    assert shuffled_roots(tree, *cohort(), n=9, n_jobs=jobs) == shuffled_roots(tree, *cohort(), n=9)


def test_the_backend_of_the_user_changes_nothing() -> None:
    tree = ConditionalInferenceTree(min_bucket=10)
    with parallel_config(backend="loky", n_jobs=2):
        other = bootstrap_tree(tree, *cohort(), n=4)

    assert repr(other) == repr(bootstrap_tree(tree, *cohort(), n=4))


def test_the_seed_decides() -> None:
    tree = ConditionalInferenceTree(min_bucket=10)

    assert repr(bootstrap_tree(tree, *cohort(), n=9, seed=1)) != repr(
        bootstrap_tree(tree, *cohort(), n=9, seed=2)
    )


def test_more_resamples_begin_with_the_same_ones() -> None:
    tree = ConditionalInferenceTree(min_bucket=10)

    assert repr(bootstrap_tree(tree, *cohort(), n=9).trees[:5]) == repr(
        bootstrap_tree(tree, *cohort(), n=5).trees
    )


def test_two_covariates_that_say_the_same_share_the_root() -> None:
    """One tree would have named one of them."""
    roots = bootstrap_tree(ConditionalInferenceTree(min_bucket=10), *cohort(push=1.5), n=60).roots()

    assert min(roots["ifng"], roots["nlr"]) > 0.1
    assert roots.get("afp", 0.0) < 0.1


def test_the_tree_given_is_not_changed() -> None:
    tree = ConditionalInferenceTree()
    bootstrap_tree(tree, *cohort(), n=2)

    assert not hasattr(tree, "tree_")


def test_a_resample_with_one_class_only_has_no_split() -> None:
    boot = bootstrap_tree(ConditionalInferenceTree(), [[1.0], [2.0], [3.0]], ["a", "a", "b"], n=30)

    assert boot.roots() == {NO_SPLIT: 1.0}
    assert boot.second() == {}
    assert "at the root: no split 100%\n  right below it (on either side): none" in boot.to_text()


@pytest.mark.parametrize("run", [bootstrap_tree, shuffled_roots])
def test_refusals(run: object) -> None:
    with pytest.raises(SamplesError) as caught:
        run(ConditionalInferenceTree(), *cohort(), n=0)  # type: ignore[operator]
    assert str(caught.value) == "E945 0 resamples; 1 or more were wanted."
    with pytest.raises(SamplesError, match="E940"):
        run(ConditionalInferenceTree(alpha=7), *cohort(), n=2)  # type: ignore[operator]
    with pytest.raises(SamplesError, match="E941"):
        run(ConditionalInferenceTree(), [[1.0]], ["a"], n=2)  # type: ignore[operator]


# --- what is said of resamples --------------------------------------------------------------------


def made() -> TreeBootstrap:
    """20 trees: nlr at the root of 14, site of 5, one without a split."""
    nlr, site = Column("nlr", "numeric"), Column("site", "categorical", ("liver", "lung", "skin"))
    trees = [
        Resampled(Cut(nlr, 9.0, low=2.0 + number / 10, high=9.0), ("albi",)) for number in range(14)
    ]
    trees += [Resampled(Cut(site, 9.0, left=(0,), right=(1, 2)), ("nlr", "albi"))] * 5
    return TreeBootstrap((*trees, Resampled(None)), seed=8)


def test_shares_count_every_resample() -> None:
    boot = made()

    assert boot.n == 20
    assert boot.roots() == {"nlr": 0.7, "site": 0.25, NO_SPLIT: 0.05}
    assert boot.second() == {"albi": 0.95, "nlr": 0.25}


def test_the_range_of_the_cut() -> None:
    boot = made()
    cuts = 2.0 + np.arange(14) / 10

    assert boot.cut_range("nlr") == pytest.approx(tuple(np.quantile(cuts, [0.05, 0.5, 0.95])))
    assert boot.cut_range("site") is None
    assert boot.cut_range("albi") is None
    assert boot.usual_rule("site") == ("site in {liver}", 1.0)


def test_the_range_of_an_ordered_cut_is_one_of_its_levels() -> None:
    stage = Column("stage", "ordered", ("I", "II", "III"))
    boot = TreeBootstrap(
        tuple(Resampled(Cut(stage, 9.0, low=float(number % 2), high=2.0)) for number in range(40)),
        0,
    )

    assert boot.cut_range("stage") == (0.0, 0.0, 1.0)
    assert boot.to_frame().loc[0, ["cut_05", "cut_50", "cut_95"]].tolist() == ["I", "I", "II"]


def test_as_a_table() -> None:
    frame = made().to_frame()

    assert frame["covariate"].tolist() == ["nlr", "site", NO_SPLIT, "albi"]
    assert frame["root"].tolist() == [0.7, 0.25, 0.05, 0.0]
    assert frame["second"].tolist() == [0.25, 0.0, 0.0, 0.95]
    assert frame.loc[0, ["cut_05", "cut_50", "cut_95"]].tolist() == ["2.065", "2.65", "3.235"]
    assert frame.loc[1, "cut_50"] == ""


def test_in_words() -> None:
    assert made().to_text().splitlines()[:3] == [
        "Bootstrap of 20 samples of the same cohort (seed 8):",
        "  at the root: nlr 70% (cut 2.65, 5–95 % range 2.065 to 3.235); site 25%; no split 5%",
        "  right below it (on either side): albi 95%, nlr 25%",
    ]
    rare = TreeBootstrap((*[Resampled(None)] * 399, made().trees[0]), seed=0)
    assert "at the root: no split 100%; nlr < 1%\n" in rare.to_text()
    many = TreeBootstrap(made().trees * 2, seed=8).to_text()
    assert "site 25% (site in {liver} in 100% of them)" in many


# --- does alpha hold ------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.05, 0.2])
@pytest.mark.parametrize("classes", [2, 3])
def test_shuffled_labels_split_the_root_at_the_nominal_rate(alpha: float, classes: int) -> None:
    """Independent covariates, so that Šidák's adjustment is exact: within the 99.9 % binomial
    bounds of alpha.
    """
    rng = np.random.default_rng(10 * classes)
    table = rng.normal(size=(150, 6))
    label = np.arange(150) % classes
    found = shuffled_roots(ConditionalInferenceTree(alpha=alpha), table, label, n=400, seed=5)

    assert found.within(0.999), found


@pytest.mark.parametrize("label", ["pref", "three"])
def test_shuffled_labels_of_the_shared_cohort(label: str, shared: Path) -> None:
    table = pd.read_csv(shared / "science" / "golden" / "synthetic_hcc.csv")
    covariates = table[["ifng", "nlr", "cd163", "treg_teff", "afp", "albi", "ecog"]]
    found = shuffled_roots(ConditionalInferenceTree(), covariates, table[label], n=400, seed=1)

    assert found.within(0.99), found


def test_a_real_association_does_not_pass_for_chance() -> None:
    """The count itself must be able to fail: labels that are not shuffled split every time."""
    table, label = cohort(push=3.0)

    assert not ShuffledRoots(100, 100, 0.05, 0).within()
    assert (
        bootstrap_tree(ConditionalInferenceTree(), table, label, n=20).roots().get(NO_SPLIT, 0.0)
        == 0.0
    )


def test_bounds_hold_what_a_binomial_gives() -> None:
    draws = np.random.default_rng(0).binomial(200, 0.05, 20_000)
    low, high = ShuffledRoots(200, 0, 0.05, 0).bounds(0.99)

    assert ((draws >= low) & (draws <= high)).mean() >= 0.99
    assert ((draws > low) & (draws < high)).mean() < 0.99
