"""What is known of cells before a scheme sees it: the samples table joined, one source of
states, clones by name.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SamplesError
from resistype.expression import Expression
from resistype.systems.cells import CellColumns, CellOptions
from resistype.systems.cells.measure import (
    classify_cells,
    prepare_clones,
    prepare_obs,
    prepare_states,
)

GENES = ("CCR7", "SELL", "TCF7", "IL7R", "GZMB", "PRF1", *(f"X{i}" for i in range(30)))


def cells(n: int = 80, **obs: object) -> Expression:
    rng = np.random.default_rng(0)
    names = tuple(f"c{i}" for i in range(n))
    table = pd.DataFrame({"patient": "A", "timepoint": "IP", **obs}, index=list(names))
    return Expression(rng.poisson(1.0, (n, len(GENES))) + 0.0, GENES, names, table, "counts")


def test_text_that_repeats_becomes_categories() -> None:
    obs, notes = prepare_obs(cells(barcode=[f"b{i}" for i in range(80)]), CellOptions())

    assert isinstance(obs["patient"].dtype, pd.CategoricalDtype)
    assert not isinstance(obs["barcode"].dtype, pd.CategoricalDtype)
    assert obs.index.tolist() == list(range(80))
    assert notes == ()


def test_columns_of_the_samples_table_are_joined_by_name() -> None:
    data = cells(library=["L1"] * 30 + ["L2"] * 50)
    table = pd.DataFrame({"id": ["L2", "L1", "L3"], "drug": ["tisa", "axi", "none"]})
    obs, notes = prepare_obs(data, CellOptions(samples=table, sample="library"))

    assert obs["drug"].astype(str).tolist() == ["axi"] * 30 + ["tisa"] * 50
    assert notes == ("1 columns of the samples table were joined by 'library'.",)


def test_the_column_that_names_the_sample_is_needed() -> None:
    with pytest.raises(SamplesError, match="E983 A table of samples needs the column of the cells"):
        prepare_obs(cells(), CellOptions(samples=pd.DataFrame({"id": ["L1"], "drug": ["x"]})))


def test_a_sample_that_the_table_lacks() -> None:
    data = cells(library=["L1"] * 40 + ["L9"] * 40)
    with pytest.raises(
        SamplesError,
        match=r"E904 1 samples of the cells are not in the samples table \(first: 'L9'\)",
    ):
        prepare_obs(
            data, CellOptions(samples=pd.DataFrame({"id": ["L1"], "drug": ["x"]}), sample="library")
        )


SCORES = pd.DataFrame({"memory": np.linspace(0, 1, 80), "exhaustion": np.linspace(1, 0, 80)})


def test_cuts_are_named_by_state_or_score() -> None:
    obs, _ = prepare_obs(cells(), CellOptions())
    options = CellOptions(cuts={"memory": 0.9, "exhausted": 0.9})
    made, columns, notes = prepare_states(cells(), obs, SCORES, options=options)

    assert columns.state == "state_by_cuts"
    assert made["state_by_cuts"].value_counts().to_dict() == {
        "exhausted": 8,
        "memory": 8,
        "several": 0,
    }
    assert notes[0].startswith("States by cuts that the user set: memory ≥ 0.9, exhausted ≥ 0.9")


def test_without_anything_there_are_no_states() -> None:
    obs, _ = prepare_obs(cells(), CellOptions())
    made, columns, notes = prepare_states(cells(), obs, SCORES, options=CellOptions())

    assert made is obs
    assert columns.state is None
    assert notes == ()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (CellOptions(columns=CellColumns(state="s"), cuts={"memory": 0.1}), "a column and cuts"),
        (CellOptions(columns=CellColumns(state="s"), gate=True), "a column and the gate"),
        (CellOptions(gate=True, cuts={"memory": 0.1}), "the gate and cuts"),
    ],
)
def test_two_sources_of_states_are_refused(options: CellOptions, words: str) -> None:
    with pytest.raises(SamplesError, match=f"E982 States come from one place; {words} were given"):
        prepare_states(cells(), pd.DataFrame(), SCORES, options=options)


def test_clones_are_joined_by_the_name_of_the_cell() -> None:
    table = pd.DataFrame({"cell": ["c3", "c1", "zz"], "clone": ["T1", "T2", "T3"]})
    found, notes = prepare_clones(cells(), CellOptions(clones=table))

    assert found is not None
    assert found.dropna().to_dict() == {1: "T2", 3: "T1"}
    assert "1 row of clones without cells: its cell is not in the matrix (zz)." in notes
    assert prepare_clones(cells(), CellOptions()) == (None, ())


def test_cells_mixed_with_their_names_give_the_same_patients() -> None:
    data = cells(120, state=["memory"] * 70 + ["effector"] * 50)
    order = np.random.default_rng(1).permutation(120)
    mixed = data.select([data.samples[i] for i in order])
    options = CellOptions(columns=CellColumns(state="state"), n_jobs=1)
    scheme = _only_memory()
    one, two = (classify_cells(one, scheme, options=options) for one in (data, mixed))

    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())
    pd.testing.assert_frame_equal(one.tables["scores"], two.tables["scores"])
    pd.testing.assert_frame_equal(one.tables["composition"], two.tables["composition"])


@pytest.mark.parametrize("jobs", [1, 2])
def test_jobs_change_nothing(jobs: int) -> None:
    data = cells(120, state=["memory"] * 70 + ["effector"] * 50)
    options = CellOptions(columns=CellColumns(state="state"), n_jobs=jobs, keep_cells=True)
    table = classify_cells(data, _only_memory(), options=options).tables["cells"]

    assert table["score_memory"].sum() == pytest.approx(36.33, abs=30)
    assert table["cell"].tolist() == list(data.samples)


def test_the_users_matrix_is_not_changed() -> None:
    data = cells(120, state=["memory"] * 70 + ["effector"] * 50)
    before = data.obs.copy()
    classify_cells(
        data, _only_memory(), options=CellOptions(columns=CellColumns(state="state"), n_jobs=1)
    )

    pd.testing.assert_frame_equal(data.obs, before)
    assert data.samples[0] == "c0"


def test_score_genes_beside_the_scores() -> None:
    data = cells(120, state=["memory"] * 70 + ["effector"] * 50)
    options = CellOptions(columns=CellColumns(state="state"), n_jobs=1, parity=True)
    found = classify_cells(data, _only_memory(), options=options).tables["parity"]

    assert found[["score", "signature", "n_cells"]].to_numpy().tolist() == [
        ["memory", "memory_core4", 120]
    ]
    assert found.loc[0, "spearman"] > 0.3 or found.loc[0, "reason"]


def _only_memory() -> object:
    from resistype.scheme import load_scheme as load_cell_scheme

    return load_cell_scheme("cart_product").model_copy(
        update={"signature_choices": {"memory": ("memory_core4",)}}
    )
