"""A prepared matrix: whatever it came from, in whatever order, the answers are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.curation import Members, Prepared, coherence, influence, prepare, quality, redundancy
from resistype.curation.quality import set_score
from resistype.errors import ExpressionError
from resistype.expression import ReadOptions, as_expression
from resistype.genes.names import gene_table
from resistype.library import Library, Signature

GENES = sorted(gene_table().approved)[2000:2150]
ONE = Signature(id="mine", name="Mine", up=tuple(GENES[:6]), down=tuple(GENES[6:9]))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    counts = rng.poisson(rng.gamma(2, 8, len(GENES)), (30, len(GENES)))
    counts[:, :6] += rng.poisson(30, (30, 1))
    return pd.DataFrame(counts.astype(float), columns=GENES, index=[f"s{n}" for n in range(30)])


def ready(data: Any, unit: Any = "counts") -> Prepared:
    return prepare(as_expression(data, ReadOptions(unit=unit)))


def answers(prepared: Prepared) -> dict[str, Any]:
    members = prepared.members(ONE)
    genes = influence(prepared, members).sort_index()
    controls = {"other": Signature(id="other", name="o", up=tuple(GENES[20:25]))}
    return {
        "coherence": coherence(prepared, members, n_random=20),
        "influence": genes[["r_with_rest", "coherence_without", "score_r", "mean", "detected"]],
        "redundancy": float(redundancy(prepared, members, controls)["r"].iloc[0]),
    }


def assert_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one["coherence"].mean_r == pytest.approx(other["coherence"].mean_r, abs=1e-10)
    assert one["coherence"].random_mean == pytest.approx(other["coherence"].random_mean, abs=1e-10)
    assert one["coherence"].p == other["coherence"].p
    pd.testing.assert_frame_equal(one["influence"], other["influence"], atol=1e-10)
    assert one["redundancy"] == pytest.approx(other["redundancy"], abs=1e-10)


def test_the_order_of_genes_does_not_matter(frame: pd.DataFrame) -> None:
    assert_same(answers(ready(frame)), answers(ready(frame[frame.columns[::-1]])))


def test_the_order_of_samples_does_not_matter(frame: pd.DataFrame) -> None:
    assert_same(answers(ready(frame)), answers(ready(frame.sample(frac=1, random_state=3))))


def test_sparse_is_dense(frame: pd.DataFrame) -> None:
    data = ad.AnnData(
        sp.csr_matrix(frame.to_numpy()),
        obs=pd.DataFrame(index=frame.index),
        var=pd.DataFrame(index=frame.columns),
    )

    assert_same(answers(ready(frame)), answers(ready(data)))


def test_a_file_is_the_frame(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    frame.rename_axis("sample").to_csv(path, sep="\t")

    assert_same(answers(ready(frame)), answers(prepare(path)))


def test_an_expression_is_not_changed_by_being_prepared(frame: pd.DataFrame) -> None:
    expression = as_expression(frame, ReadOptions(unit="counts"))
    before = np.array(expression.values, copy=True)

    prepare(expression)

    np.testing.assert_array_equal(np.asarray(expression.values), before)


def test_log2_values_are_not_written_over(frame: pd.DataFrame) -> None:
    logged = np.log2(frame + 1.5)
    expression = as_expression(logged, ReadOptions(unit="log2"))
    before = np.array(expression.values, copy=True)

    prepare(expression)

    np.testing.assert_array_equal(np.asarray(expression.values), before)


@pytest.mark.parametrize("unit", ["scaled", "unknown"])
def test_units_that_cannot_be_turned_into_log2(unit: str, frame: pd.DataFrame) -> None:
    with pytest.raises(ExpressionError) as caught:
        prepare(as_expression(frame, ReadOptions(unit=unit, allow_scaled=True)))  # type: ignore[arg-type]
    assert caught.value.code == "E404"


@given(factor=st.floats(0.1, 10), shift=st.floats(-2, 2), row=st.integers(0, 8))
@settings(deadline=None, max_examples=20)
def test_scale_and_shift_of_a_gene_do_not_matter(factor: float, shift: float, row: int) -> None:
    rng = np.random.default_rng(1)
    values = pd.DataFrame(
        rng.normal(10, 1, (20, 30)), columns=GENES[:30], index=[f"s{n}" for n in range(20)]
    )
    moved = values.copy()
    moved[GENES[row]] = (moved[GENES[row]] - 10) * factor + 40 + shift
    one, other = ready(values, "log2"), ready(moved, "log2")

    a, b = (coherence(each, each.members(ONE), n_random=1).mean_r for each in (one, other))

    assert a == pytest.approx(b, abs=1e-9)


def test_a_larger_score_is_more_of_the_genes_up_and_less_of_those_down(frame: pd.DataFrame) -> None:
    more, less = frame.copy(), frame.copy()
    more.loc["s0", list(ONE.up)] *= 20
    less.loc["s0", list(ONE.down)] *= 20
    plain, raised, lowered = (ready(each) for each in (frame, more, less))

    scores = [set_score(each, each.members(ONE))[0] for each in (plain, raised, lowered)]

    assert scores[1] > scores[0] > scores[2]


def test_an_empty_set_has_no_score(frame: pd.DataFrame) -> None:
    prepared = ready(frame)
    nothing = prepared.members(Signature(id="x", name="x", up=("NO_SUCH_GENE",)))

    assert len(nothing) == 0
    assert np.isnan(set_score(prepared, nothing)).all()


def test_members_know_their_coverage(frame: pd.DataFrame) -> None:
    members = ready(frame).members(Signature(id="x", name="x", up=(GENES[0], "NO_SUCH_GENE")))

    assert isinstance(members, Members)
    assert (members.coverage.found, members.coverage.missing) == (1, ("NO_SUCH_GENE",))
    assert members.signs.tolist() == [1.0]


def test_a_mouse_set_in_human_data(frame: pd.DataFrame) -> None:
    human = pd.DataFrame(frame.to_numpy()[:, :3], columns=["TOX", "GZMB", "B2M"], index=frame.index)
    mouse = Signature(id="m", name="m", species="mouse", up=("Tox", "Gzmb"))

    assert ready(human).members(mouse).genes == ("Tox", "Gzmb")


@pytest.mark.parametrize("n_random", [1, 50])
def test_p_is_never_zero(n_random: int, frame: pd.DataFrame) -> None:
    prepared = ready(frame)

    found = coherence(prepared, prepared.members(ONE), n_random=n_random)

    assert 1 / (n_random + 1) <= found.p <= 1
    assert found.n_random == n_random


def test_pairs_of_genes_have_an_influence_but_no_coherence_without_one(frame: pd.DataFrame) -> None:
    prepared = ready(frame)
    two = prepared.members(Signature(id="x", name="x", up=tuple(GENES[:2])))

    found = influence(prepared, two)

    assert found["coherence_without"].isna().all()
    assert np.ptp(found["r_with_rest"]) == pytest.approx(0, abs=1e-12)


def test_quality_takes_what_is_prepared_or_not(frame: pd.DataFrame) -> None:
    expression = as_expression(frame, ReadOptions(unit="counts"))

    one, other = (
        quality(ONE, prepare(expression), library=Library()),
        quality(ONE, expression, library=Library()),
    )

    assert str(one) == str(other)
    assert one.n_obs == 30


def test_notes_of_the_draw_reach_the_page(frame: pd.DataFrame) -> None:
    expression = as_expression(frame, ReadOptions(unit="counts"))

    page = str(quality(ONE, prepare(expression, most=10), library=Library()))

    assert "note        10 of 30 samples were drawn at random (seed 0)." in page


def test_importing_the_room_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    code = (
        "import sys, resistype.curation\n"
        "print(*[m for m in ('scanpy', 'gseapy', 'matplotlib', 'scipy.stats') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


def test_every_public_name_of_the_room_is_explained() -> None:
    import resistype.curation as room

    assert sorted(room.__all__) == sorted(set(room.__all__))
    assert all(getattr(room, name).__doc__ for name in room.__all__)
