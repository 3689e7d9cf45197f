"""Coherence, influence and redundancy beside their obvious slow versions; planted sets; the
clock.
"""

from __future__ import annotations

import time
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.curation import Prepared, coherence, influence, prepare, redundancy
from resistype.curation.quality import CONTROLS, set_score
from resistype.errors import GeneError, SamplesError
from resistype.expression import ReadOptions, as_expression
from resistype.genes.names import gene_table
from resistype.library import Signature, load_library

GENES = sorted(gene_table().approved)[1000:1600]
SET = tuple(GENES[:10])


def data(
    n: int = 60, *, seed: int = 0, shared: float = 1.0, members: tuple[str, ...] = SET
) -> pd.DataFrame:
    """Noise over 600 genes, with one factor behind a set."""
    rng = np.random.default_rng(seed)
    values = rng.normal(6, 1, (n, len(GENES)))
    frame = pd.DataFrame(values, columns=GENES, index=[f"s{k}" for k in range(n)])
    frame[list(members)] += shared * rng.normal(0, 1, (n, 1))
    return frame.clip(lower=0)


def ready(frame: pd.DataFrame) -> Prepared:
    return prepare(as_expression(frame, ReadOptions(unit="log2")))


def signature(up: tuple[str, ...] = SET, down: tuple[str, ...] = ()) -> Signature:
    return Signature(id="mine", name="Mine", up=up, down=down)


@pytest.fixture(scope="module")
def planted() -> Prepared:
    return ready(data())


# beside the obvious


def slow_mean_r(frame: pd.DataFrame, signs: dict[str, float]) -> float:
    pairs = combinations(signs, 2)
    return float(
        np.mean([signs[a] * signs[b] * np.corrcoef(frame[a], frame[b])[0, 1] for a, b in pairs])
    )


@given(k=st.integers(2, 8), n_down=st.integers(0, 3), seed=st.integers(0, 20))
@settings(deadline=None, max_examples=20)
def test_coherence_is_the_mean_over_all_pairs(k: int, n_down: int, seed: int) -> None:
    frame = data(20, seed=seed)
    one = signature(tuple(GENES[5 : 5 + k]), tuple(GENES[40 : 40 + n_down]))
    prepared = ready(frame)

    found = coherence(prepared, prepared.members(one), n_random=3)

    signs = {**dict.fromkeys(one.up, 1.0), **dict.fromkeys(one.down, -1.0)}
    assert found.mean_r == pytest.approx(slow_mean_r(frame, signs), abs=1e-10)


def test_influence_leaves_each_gene_out(planted: Prepared) -> None:
    frame = data()
    one = signature(SET[:5], SET[5:7])
    signs = {**dict.fromkeys(one.up, 1.0), **dict.fromkeys(one.down, -1.0)}
    z = (frame - frame.mean()) / frame.std(ddof=0)

    found = influence(planted, planted.members(one))

    for gene, row in found.iterrows():
        rest = {name: sign for name, sign in signs.items() if name != gene}
        others = sum(z[name] * sign for name, sign in rest.items())
        whole = others + z[gene] * signs[str(gene)]
        assert row["coherence_without"] == pytest.approx(slow_mean_r(frame, rest), abs=1e-10)
        assert row["r_with_rest"] == pytest.approx(
            np.corrcoef(z[gene] * signs[str(gene)], others)[0, 1], abs=1e-10
        )
        assert row["score_r"] == pytest.approx(np.corrcoef(others, whole)[0, 1], abs=1e-10)
        assert row["change"] == pytest.approx(
            row["coherence_without"] - slow_mean_r(frame, signs), abs=1e-10
        )


def test_the_score_is_the_mean_of_z(planted: Prepared) -> None:
    frame = data()
    z = (frame - frame.mean()) / frame.std(ddof=0)
    one = signature(SET[:4], SET[4:6])

    found = set_score(planted, planted.members(one))

    expected = (z[list(SET[:4])].sum(axis=1) - z[list(SET[4:6])].sum(axis=1)) / 6
    np.testing.assert_allclose(found, expected, atol=1e-12)


# planted sets


def test_a_planted_set_stands_out(planted: Prepared) -> None:
    found = coherence(planted, planted.members(signature()))

    assert found.mean_r > 0.35
    assert abs(found.random_mean) < 0.02
    assert found.p == pytest.approx(1 / 201)
    assert (found.mean_r - found.random_mean) / found.random_sd > 5


def test_genes_without_a_bond_do_not(planted: Prepared) -> None:
    found = coherence(planted, planted.members(signature(tuple(GENES[100:110]))))

    assert found.p > 0.05
    assert abs(found.mean_r) < 0.05


def test_a_gene_that_does_not_belong_comes_first(planted: Prepared) -> None:
    found = influence(planted, planted.members(signature((*SET, GENES[300]))))

    assert found.index[0] == GENES[300]
    assert found["change"].iloc[0] > 0
    assert (found["change"].iloc[1:] < 0).all()


def test_a_gene_that_pulls_the_other_way_is_negative() -> None:
    frame = data()
    frame[GENES[300]] = 12 - frame[SET[0]]
    prepared = ready(frame)

    assert (
        influence(prepared, prepared.members(signature((*SET, GENES[300])))).iloc[0]["r_with_rest"]
        < -0.4
    )
    assert (
        influence(prepared, prepared.members(signature(SET, (GENES[300],))))["r_with_rest"].min()
        > 0.3
    )


def test_down_genes_count_with_a_minus() -> None:
    frame = data()
    for gene in SET[5:]:
        frame[gene] = 12 - frame[gene]
    prepared = ready(frame)

    signed = coherence(prepared, prepared.members(signature(SET[:5], SET[5:])))
    unsigned = coherence(prepared, prepared.members(signature()))

    assert signed.mean_r > 0.3
    assert unsigned.mean_r < 0.1


def test_the_same_seed_gives_the_same_figures(planted: Prepared) -> None:
    members = planted.members(signature())

    assert coherence(planted, members, seed=3) == coherence(planted, members, seed=3)
    assert coherence(planted, members, seed=3) != coherence(planted, members, seed=4)


@pytest.mark.parametrize("genes", [(), (SET[0],)])
def test_too_few_genes_have_no_coherence(genes: tuple[str, ...], planted: Prepared) -> None:
    one = signature(genes or ("NO_SUCH_GENE",))

    found = coherence(planted, planted.members(one))

    assert np.isnan(found.mean_r)
    assert len(influence(planted, planted.members(one))) == len(genes)


def test_genes_that_never_vary_take_no_part() -> None:
    frame = data()
    frame[SET[0]] = 5.0
    prepared = ready(frame)

    members = prepared.members(signature())

    assert members.genes == SET[1:]
    assert members.coverage.found == 10


# redundancy


def test_a_set_that_follows_a_control() -> None:
    frame = data()
    control = Signature(id="other", name="Other", up=tuple(GENES[50:55]))
    frame[list(control.up)] = frame[list(SET[:5])].to_numpy()
    prepared = ready(frame)

    found = redundancy(prepared, prepared.members(signature()), {"other": control})

    assert bool(found.loc["other", "redundant"]) is True
    assert found.loc["other", "shared"] == 0


def test_shared_genes_are_left_out_of_both(planted: Prepared) -> None:
    control = Signature(id="other", name="Other", up=(*SET[:5], *GENES[200:205]))

    found = redundancy(planted, planted.members(signature()), {"other": control})

    assert found.loc["other", ["shared", "used"]].tolist() == [5, 5]
    assert abs(found.loc["other", "r"]) < 0.4


def test_a_control_that_is_all_shared_says_nothing(planted: Prepared) -> None:
    found = redundancy(planted, planted.members(signature()), {"same": signature()})

    assert np.isnan(found.loc["same", "r"])
    assert bool(found.loc["same", "redundant"]) is False


def test_a_set_without_genes_cannot_be_redundant(planted: Prepared) -> None:
    with pytest.raises(GeneError, match="nothing to correlate"):
        redundancy(planted, planted.members(signature(("NO_SUCH_GENE",))))


def test_the_controls_are_in_the_library() -> None:
    assert [key for key in CONTROLS.values() if key not in load_library()] == []


# preparing


def test_rows_are_standardised(planted: Prepared) -> None:
    np.testing.assert_allclose(planted.z.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(planted.z.var(axis=1), 1, atol=1e-12)
    assert planted.n_obs == 60


def test_means_and_detection_are_of_the_house_scale() -> None:
    frame = pd.DataFrame(
        {"TOX": [0.0, 0.0, 3.0, 5.0], "B2M": [9.0, 9.5, 9.0, 9.5]}, index=list("abcd")
    )

    prepared = ready(frame)

    assert prepared.mean.tolist() == [2.0, 9.25]
    assert prepared.detected.tolist() == [0.5, 1.0]


def test_many_cells_are_drawn_and_told() -> None:
    prepared = prepare(as_expression(data(50), ReadOptions(unit="log2")), most=20, seed=1)

    assert prepared.n_obs == 20
    assert prepared.notes == ("20 of 50 samples were drawn at random (seed 1).",)


def test_two_samples_are_too_few() -> None:
    with pytest.raises(
        SamplesError, match="The data have 2 samples; correlations need at least 3"
    ) as caught:
        ready(data(2))
    assert caught.value.code == "E925"


def test_genes_are_found_by_other_names() -> None:
    frame = pd.DataFrame({"DDX58": [1.0, 2, 4], "B2M": [9.0, 8, 9]}, index=list("abc"))
    prepared = ready(frame)

    assert prepared.members(signature(("RIGI", "B2M"))).genes == ("RIGI", "B2M")


def test_members_can_be_taken_out(planted: Prepared) -> None:
    members = planted.members(signature())

    assert members.without(members.rows[:3]).genes == SET[3:]


# the clock, on real tumours


def test_two_hundred_genes_on_472_tumours(shared: Path) -> None:
    matrix: Any = pd.read_parquet(shared / "data" / "tcga_skcm" / "log2tpm1.parquet")
    frame = matrix if matrix.shape[0] == 472 else matrix.T
    expression = as_expression(frame, ReadOptions(unit="log2"))
    one = load_library()["hallmark_interferon_gamma_response"]
    coherence(
        ready(data()), ready(data()).members(signature())
    )  # what is loaded once is not measured

    start = time.perf_counter()
    prepared = prepare(expression)
    members = prepared.members(one)
    whole, genes = coherence(prepared, members), influence(prepared, members)
    spent = time.perf_counter() - start

    assert (len(members), prepared.n_obs) == (200, 472)
    assert whole.mean_r > whole.random_mean + 5 * whole.random_sd
    assert len(genes) == 200
    print(f"200 genes on 472 tumours: {spent:.2f} s")
