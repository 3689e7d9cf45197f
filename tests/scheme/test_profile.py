"""What a reference keeps: the usual profile and the ranks, against slow versions and the shipped
scores.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resistype.library import load_library
from resistype.scheme.profile import FROM_RANKS, Tumours, fit_profile, likeness
from resistype.scheme.reference import Reference, find_reference
from resistype.score import score
from resistype.systems.bulk.reference import fit_reference
from tests.scheme.build import wide_cohort


def values(n_obs: int = 24, n_genes: int = 700, seed: int = 0) -> np.ndarray:
    """Log2 values with steady and varying genes, no two alike in a sample."""
    rng = np.random.default_rng(seed)
    usual, spread = rng.uniform(0.0, 10.0, n_genes), rng.uniform(0.1, 2.0, n_genes)
    return np.abs(usual + spread * rng.normal(0.0, 1.0, (n_obs, n_genes)))


# ---------------------------------------------------------------- the usual profile


def slow_distance(sample: np.ndarray, usual: np.ndarray) -> float:
    off = [float(a - b) for a, b in zip(sample, usual, strict=True)]
    middle = float(np.median(off))
    return 1.4826 * float(np.median([abs(one - middle) for one in off]))


def test_the_two_figures_by_hand() -> None:
    log2 = values()
    usual = log2[:20].mean(axis=0)
    found = likeness(
        log2[20:][:, :50], usual[:50], varying=log2[20:][:, 50:90], usual_varying=usual[50:90]
    )
    for row in range(4):
        sample = log2[20 + row]
        assert found.distance[row] == pytest.approx(slow_distance(sample[:50], usual[:50]))
        slow = np.corrcoef(sample[50:90], usual[50:90])[0, 1]
        assert found.likeness[row] == pytest.approx(slow)


def test_an_offset_of_the_whole_sample_is_no_distance() -> None:
    log2 = values()
    usual = log2.mean(axis=0)
    one = likeness(log2[:, :90], usual[:90], varying=log2[:, 90:], usual_varying=usual[90:])
    moved = likeness(
        log2[:, :90] + 3.0, usual[:90], varying=log2[:, 90:] + 3.0, usual_varying=usual[90:]
    )

    np.testing.assert_allclose(moved.distance, one.distance)
    np.testing.assert_allclose(moved.likeness, one.likeness)


def test_the_lists_and_limits_by_hand() -> None:
    log2 = values()
    inside = np.zeros(700, dtype=bool)
    inside[::7] = True
    found = fit_profile(log2, inside)
    mean, spread = log2.mean(axis=0), log2.std(axis=0, ddof=1)
    limit = np.quantile(spread[(mean >= 4.0) & ~inside], 0.2)
    steady = [k for k in range(700) if k % 7 and mean[k] >= 4.0 and spread[k] <= limit]

    assert np.flatnonzero(found.steady).tolist() == steady
    assert found.varying.tolist() == [bool(k % 7) and mean[k] >= 2.0 for k in range(700)]
    fifth = np.quantile(log2, 0.8, axis=0) >= 1.0
    assert found.expressed.tolist() == fifth.tolist()
    own = likeness(
        log2[:, found.steady],
        mean[found.steady],
        varying=log2[:, found.varying],
        usual_varying=mean[found.varying],
    )
    assert found.max_distance > np.median(own.distance)
    assert found.min_likeness < np.median(own.likeness)


def test_a_planted_loss_of_signature_genes_changes_nothing() -> None:
    log2 = values()
    inside = np.zeros(700, dtype=bool)
    inside[:30] = True
    lost = log2.copy()
    lost[3, :30] = 0.0
    one, other = fit_profile(log2, inside), fit_profile(lost, inside)

    assert one.max_distance == other.max_distance
    assert one.min_likeness == other.min_likeness


# ---------------------------------------------------------------- scores in other genes


def test_every_method_from_ranks_is_the_shipped_one() -> None:
    """In all genes of the universe: to the rounding of one rank."""
    expression, _ = wide_cohort()
    reference = fit_reference(expression, name="wide", n_jobs=1)
    assert reference.tumours is not None
    assert reference.profile is not None
    here = np.flatnonzero(reference.profile.expressed)
    inside = expression.restrict(here)
    signature = load_library()["hallmark_ifng_without_ap"]
    for method in (*FROM_RANKS, "zscore"):
        mine = reference.tumours.scores(
            method, signature.up, signature.down, measured=np.ones(here.size, dtype=bool)
        )
        theirs = score(inside, [signature.id], method=method, n_jobs=1).to_frame().iloc[:, 0]
        np.testing.assert_allclose(np.sort(mine), np.sort(theirs), atol=6e-4)


@pytest.mark.parametrize("method", [*FROM_RANKS, "zscore"])
@pytest.mark.parametrize("gone", [0.1, 0.3])
def test_without_some_genes_the_scores_are_those_of_the_rest(method: str, gone: float) -> None:
    log2 = values(40, 2000, seed=2)
    names = tuple(f"G{k}" for k in range(2000))
    places = np.arange(0, 2000, 40)
    kept = Tumours.fit(log2, names, places)
    left = np.random.default_rng(3).random(2000) >= gone
    left[places[::5]] = True
    wanted = [names[place] for place in places]
    mine = kept.scores(method, wanted, [], measured=left)
    again = Tumours.fit(
        log2[:, left],
        tuple(np.array(names)[left]),
        np.flatnonzero(np.isin(np.flatnonzero(left), places)),
    )
    slow = again.scores(method, wanted, [], measured=np.ones(int(left.sum()), dtype=bool))

    assert np.corrcoef(mine, slow)[0, 1] > 0.98
    assert abs(np.median(mine - slow)) < 0.1 * slow.std()


def test_genes_down_are_subtracted_and_absent_sets_have_no_score() -> None:
    log2 = values(12, 300)
    names = tuple(f"G{k}" for k in range(300))
    kept, every = Tumours.fit(log2, names, np.arange(40)), np.ones(300, dtype=bool)
    up, down = ["G1", "G5", "G9"], ["G2", "G11"]

    np.testing.assert_allclose(
        kept.scores("ssgsea", up, down, measured=every),
        kept.scores("ssgsea", up, [], measured=every)
        - kept.scores("ssgsea", down, [], measured=every),
    )
    assert np.isnan(kept.scores("ssgsea", ["ABSENT"], [], measured=every)).all()
    nothing = np.zeros(300, dtype=bool)
    assert np.isnan(kept.scores("ssgsea", up, down, measured=nothing)).all()


# ---------------------------------------------------------------- the file


def test_saved_and_read_again(tmp_path: Path) -> None:
    expression, _ = wide_cohort()
    for figures_only in (False, True):
        made = fit_reference(expression, name="wide", figures_only=figures_only, n_jobs=1)
        made.save(tmp_path / "wide.json")
        again = Reference.load(tmp_path / "wide.json")

        assert again.digest == made.digest
        assert again.universe == made.universe
        assert (again.tumours is None) == figures_only
        assert again.format_version == 2


def test_no_name_of_a_sample_is_inside(tmp_path: Path) -> None:
    """Nor their order: the rows are shuffled."""
    expression, _ = wide_cohort()
    made = fit_reference(expression, name="wide", n_jobs=1)
    made.save(tmp_path / "wide.json")
    data = (tmp_path / "wide.json").read_bytes() + (tmp_path / "wide.npz").read_bytes()
    assert made.tumours is not None
    column = expression.index.match(made.tumours.genes[:1]).columns
    in_order = np.sort(np.asarray(expression.samples, dtype=object))
    values_in_order = expression.select(list(in_order)).log2(column)[:, 0]

    assert b"P00-Pre" not in data
    assert not np.allclose(made.tumours.values[:, 0], values_in_order, atol=0.006)
    np.testing.assert_allclose(
        np.sort(made.tumours.values[:, 0]), np.sort(values_in_order), atol=0.006
    )


def test_the_shipped_ones() -> None:
    """TCGA is open and kept whole; of the patients of a study only figures are kept."""
    whole, figures = find_reference("tcga_skcm"), find_reference("riaz_pre")

    assert whole.tumours is not None
    assert figures.tumours is None
    assert len(whole.universe) == 14_080
    for one in (whole, figures):
        assert one.profile is not None
        assert 0.7 < one.profile.max_distance < 0.8
        assert 0.5 < one.profile.min_likeness < 0.6
        assert {"tumour_type", "library", "quantification", "unit"} <= one.about.keys()
