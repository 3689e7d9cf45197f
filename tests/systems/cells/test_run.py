"""From a matrix of cells to patients: backed as in memory, resumable, states from one place; and
the real cohorts.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import resistype as rt
from resistype.errors import ExpressionError, RunError, SamplesError
from resistype.expression import ReadOptions, as_expression, read_expression
from resistype.library import Signature
from resistype.scheme import load_scheme as load_cell_scheme
from resistype.score import RunOptions, ScoreOptions, listening
from resistype.stats import compare_patients, per_patient
from resistype.systems.cells import (
    CellColumns,
    CellOptions,
    classify_cells,
    compare_cells,
    cutoff_from_controls,
    scheme_signatures,
    states_by_cuts,
)
from tests.systems.cells.applied import caveats, notes, said
from tests.systems.cells.cells_file import write_study

STATE = CellColumns(state="state", clone="clone", lineage="lineage")
CUTS = {"memory": 0.8, "cytotoxic": 0.8, "exhausted": 0.8}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("cells") / "study.h5ad"
    write_study(file)
    return file


def backed(**more: object) -> ScoreOptions:
    return ScoreOptions(read=ReadOptions(backed=True, unit="counts"), memory="2MB", **more)  # type: ignore[arg-type]


def test_backed_and_in_memory_give_the_same(path: Path) -> None:
    memory = classify_cells(ad.read_h5ad(path), options=CellOptions(columns=STATE))
    disk = classify_cells(path, options=CellOptions(columns=STATE, score=backed(), n_jobs=2))

    assert set(memory.tables) == set(disk.tables)
    for name, table in memory.tables.items():
        pd.testing.assert_frame_equal(table, disk.tables[name], obj=name)
    pd.testing.assert_frame_equal(memory.to_frame(), disk.to_frame())


def test_a_run_that_was_stopped_goes_on(path: Path, tmp_path: Path) -> None:
    class Stop:
        n = 0

        def is_set(self) -> bool:
            self.n += 1
            return self.n > 12

    folder = tmp_path / "run"
    run = RunOptions(run_dir=folder, progress=None)
    with pytest.raises(RunError, match="E602"), listening(lambda _: None, Stop()):
        classify_cells(
            path,
            options=CellOptions(columns=STATE, score=backed(run=run, block_rows=200), n_jobs=1),
        )
    heard = []
    again = RunOptions(run_dir=folder, resume=True, progress=heard.append)
    resumed = classify_cells(
        path, options=CellOptions(columns=STATE, score=backed(run=again, block_rows=200))
    )
    whole = classify_cells(path, options=CellOptions(columns=STATE, score=backed()))

    assert heard[0].resumed > 0
    pd.testing.assert_frame_equal(resumed.tables["scores"], whole.tables["scores"])


def test_scores_follow_the_planted_states(path: Path) -> None:
    calls = classify_cells(path, options=CellOptions(columns=STATE, keep_cells=True))
    cells = calls.tables["cells"]
    for state, score in (
        ("memory", "memory"),
        ("cytotoxic", "cytotoxic"),
        ("exhausted", "exhaustion"),
    ):
        own = cells[f"score_{score}"]
        assert own[cells["state"] == state].min() > own[cells["state"] != state].median()


def test_states_by_cuts_that_the_user_sets(path: Path) -> None:
    by_cut = classify_cells(
        path, options=CellOptions(columns=CellColumns(clone="clone"), cuts=CUTS, keep_cells=True)
    )
    planted = classify_cells(path, options=CellOptions(columns=STATE))
    shares = [
        calls.tables["composition"].set_index(["patient", "timepoint", "kind"])["proportion"]
        for calls in (by_cut, planted)
    ]
    both = pd.concat(shares, axis=1, join="inner")

    assert (both.iloc[:, 0] - both.iloc[:, 1]).abs().max() < 0.05
    assert by_cut.tables["distributions"]["cut"].dropna().unique().tolist() == [0.8]
    assert any("States by cuts that the user set" in note for note in notes(by_cut))


def test_without_states_only_scores_are_reported(path: Path) -> None:
    calls = classify_cells(path, options=CellOptions(columns=CellColumns()))

    assert set(calls.to_frame()["product_balance"]) == {"not_assessable"}
    assert calls.tables["scores"]["mean"].notna().all()


def test_the_gate_needs_its_genes(path: Path) -> None:
    with pytest.raises(
        ExpressionError, match="E985 The gate needs CD3D, CD8A, CD4, CCR7, NKG7, FOXP3; not in the"
    ):
        classify_cells(ad.read_h5ad(path)[:200].copy(), options=CellOptions(gate=True))


def test_the_gate_from_a_matrix(path: Path) -> None:
    """With the lineage genes planted, states come from the gate, without the memory split that
    3′ counts lack.
    """
    adata = ad.read_h5ad(path)[:400].copy()
    filler = [name for name in adata.var_names if name.startswith("FILL")]
    names = dict(zip(filler, ["CD3D", "CD8A", "CD4"], strict=False))
    adata.var_names = [names.get(name, name) for name in adata.var_names]
    values = adata.X.toarray()
    for gene, level in (("CD3D", 9), ("CD8A", 9), ("CD4", 0)):
        values[:, adata.var_names.get_loc(gene)] = level
    adata.X = values
    calls = classify_cells(adata, options=CellOptions(gate=True))

    assert "memory split not resolvable; using CCR7/SELL/TCF7/IL7R score instead" in notes(calls)
    assert "NO_ISOFORMS" in caveats(calls)
    assert "LINEAGE_GIVEN_BY_NOBODY" not in caveats(calls)
    assert set(calls.tables["composition"]["kind"]) == {"CD8 unresolved"}


def test_a_curators_list_takes_the_slot() -> None:
    scheme = load_cell_scheme("tex_psr")
    mine = {"tex_psr": ["HSPA5", "HSP90B1", "CALR", "PDIA6"]}

    assert scheme_signatures(scheme)["psr"] == "tex_psr_core3"
    assert scheme_signatures(scheme, mine)["psr"] == "tex_psr"
    assert isinstance(rt.load_library()["tex_psr_core3"], Signature)


def test_a_table_of_samples_beside_the_cells(path: Path) -> None:
    adata = ad.read_h5ad(path)
    adata.obs["library"] = (
        adata.obs["patient"].astype(str) + "/" + adata.obs["timepoint"].astype(str)
    )
    table = adata.obs.drop_duplicates("library")[["library", "patient", "timepoint"]].reset_index(
        drop=True
    )
    table = table.rename(columns={"patient": "case", "timepoint": "visit"})
    adata.obs = adata.obs[["library", "state"]]
    columns = CellColumns(patient="case", timepoint="visit", state="state")
    calls = classify_cells(
        adata, options=CellOptions(columns=columns, samples=table, sample="library")
    )

    assert calls.to_frame().index.tolist() == ["SIM0", "SIM1", "SIM2"]
    with pytest.raises(
        SamplesError, match="E904 6 samples of the cells are not in the samples table"
    ):
        classify_cells(
            adata,
            options=CellOptions(
                columns=columns, samples=table.assign(library="x")[:1], sample="library"
            ),
        )


def test_states_come_from_one_place(path: Path) -> None:
    with pytest.raises(
        SamplesError, match="E982 States come from one place; a column and cuts were given"
    ):
        classify_cells(path, options=CellOptions(columns=STATE, cuts=CUTS))


def test_clones_of_a_table(path: Path, tmp_path: Path) -> None:
    adata = ad.read_h5ad(path)
    adata.obs["clone"].astype(str).rename_axis("barcode").to_csv(tmp_path / "clones.csv")
    columns = CellColumns(state="state")
    found = classify_cells(
        path, options=CellOptions(columns=columns, clones=tmp_path / "clones.csv")
    )
    column = classify_cells(path, options=CellOptions(columns=STATE))

    assert found.tables["clones"]["n_after"].sum() == column.tables["clones"]["n_after"].sum()
    assert found.to_frame()["plasticity"].tolist() == column.to_frame()["plasticity"].tolist()


# --- groups ---------------------------------------------------------------------------------------


def test_groups_are_compared_within_product_and_time(tmp_path: Path) -> None:
    file = tmp_path / "six.h5ad"
    write_study(file, n_patients=6, every=20)
    calls = classify_cells(file, options=CellOptions(columns=STATE))
    groups = pd.Series(["R", "NR"] * 3, index=[f"SIM{i}" for i in range(6)])
    products = pd.Series(["axi"] * 4 + ["tisa"] * 2, index=groups.index)
    found = compare_cells(calls, groups, first="R", strata=products)

    assert set(zip(found["product"], found["timepoint"], strict=True)) == {
        (p, t) for p in ("axi", "tisa") for t in ("IP", "day 14")
    }
    assert set(found.loc[found["product"] == "axi", "n_first"].dropna()) == {2}
    assert list(found.columns[:5]) == ["product", "timepoint", "value", "n_first", "n_second"]
    with pytest.raises(SamplesError, match="E931 No time point has patients of both groups"):
        compare_cells(calls, groups, first="nobody")


# --- real cells -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def melanoma(shared: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores of the axes of `cart_product` in T cells of 19 melanoma patients, and the table of
    the cells.
    """
    expression = read_expression(shared / "data" / "sadefeldman_cells" / "sadefeldman_550.h5ad")
    ids = scheme_signatures(load_cell_scheme("cart_product"))
    wanted = {name: ids[name] for name in ("memory", "cytotoxic", "exhaustion")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a subset of 3,523 genes
        scores = rt.score(expression, list(wanted.values()), method="ucell").to_frame()
    return scores.set_axis(list(wanted), axis=1), expression.obs


def test_memory_and_exhaustion_of_patients_are_in_their_ranges(
    melanoma: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    """Per patient: memory AUC above 0.75, exhaustion below 0.30 (measured with another scorer:
    0.86 and 0.18).
    """
    scores, obs = melanoma
    groups = obs.groupby("patient")["respond"].first()
    found = compare_patients(
        per_patient(scores, obs["patient"], min_cells=5), groups, first="Responder"
    )

    assert found[["n_first", "n_second"]].iloc[0].tolist() == [9, 10]
    assert found.loc["memory", "auc"] > 0.75
    assert found.loc["exhaustion", "auc"] < 0.30
    assert found.loc["cytotoxic", "auc"] < 0.30


def test_every_real_cell_ten_times_gives_the_same_p(
    melanoma: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    scores, obs = melanoma
    groups = obs.groupby("patient")["respond"].first()
    once = compare_patients(
        per_patient(scores, obs["patient"], min_cells=5), groups, first="Responder"
    )
    ten = pd.concat([scores] * 10, ignore_index=True)
    patient = pd.Series(np.tile(obs["patient"].to_numpy(), 10))
    copied = compare_patients(per_patient(ten, patient, min_cells=5), groups, first="Responder")

    pd.testing.assert_frame_equal(once, copied)


def test_states_of_the_authors_give_shares_only_where_there_are_fifty_cells(shared: Path) -> None:
    file = shared / "data" / "sadefeldman_cells" / "sadefeldman_550.h5ad"
    columns = CellColumns(timepoint=None, state="cellTypes", group="respond")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calls = classify_cells(file, options=CellOptions(columns=columns))

    assert set(said(calls, "sample")["balance"]) == {"not_assessable"}
    assert calls.tables["composition"]["proportion"].isna().all()
    assert said(calls, "sample")["balance_reason"].str.startswith("too few T cells (").all()


@pytest.fixture(scope="module")
def mouse(shared: Path) -> pd.DataFrame:
    folder = shared / "data" / "philip_mouse"
    table = pd.read_parquet(folder / "normalized_counts.symbols.parquet").T
    expression = as_expression(table, ReadOptions(unit="counts", duplicates="sum"))
    ids = scheme_signatures(load_cell_scheme("cart_product"))
    scores = rt.score(expression, [ids["exhaustion"], ids["cytotoxic"]], method="ucell").to_frame()
    states = pd.read_csv(folder / "samples.tsv", sep="\t").set_index("sample")["state"]
    return scores.set_axis(["exhaustion", "cytotoxic"], axis=1).assign(
        state=states.reindex(scores.index)
    )


def test_exhaustion_of_mouse_cells_has_its_order(mouse: pd.DataFrame) -> None:
    """Every sample from the tumour from day 14 on lies above every naive, effector and memory
    sample.
    """
    late = mouse[mouse["state"].isin(["L14", "L21", "L28", "L35", "L60"])]
    other = mouse[mouse["state"].isin(["N", "E5", "E7", "M"])]

    assert late["exhaustion"].min() > other["exhaustion"].max() + 0.2


def test_effectors_are_not_called_exhausted(mouse: pd.DataFrame) -> None:
    """A cut from naive and memory cells alone, with a margin: effectors kill and are not
    exhausted.
    """
    controls = mouse.loc[mouse["state"].isin(["N", "M"]), "exhaustion"]
    cut = cutoff_from_controls(controls, margin=0.1)
    called = states_by_cuts(mouse[["exhaustion"]], {"exhaustion": cut})
    effectors = mouse["state"].isin(["E5", "E7"])

    assert called[effectors].isna().all()
    assert (
        mouse.loc[effectors, "cytotoxic"].min()
        > mouse.loc[mouse["state"] == "N", "cytotoxic"].max()
    )
    assert called[mouse["state"].isin(["L14", "L21", "L28", "L35", "L60"])].eq("exhaustion").all()


def test_tcr_cells_of_wu_2020_through_the_scheme(shared: Path) -> None:
    """Receptor columns are found by themselves; tissues stand for time points; one sample is not
    two.
    """
    file = shared / "data" / "scirpy_tcr" / "wu2020_200_v0_6.h5ad"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calls = classify_cells(
            file,
            options=CellOptions(
                columns=CellColumns(timepoint="source", state="cluster_orig"),
                score=ScoreOptions(min_coverage=0.0, warn_below=0.0),
            ),
        )

    assert any(
        "have a clone, by IR_VJ_1_cdr3_nt and IR_VDJ_1_cdr3_nt" in note for note in notes(calls)
    )
    assert set(calls.tables["composition"]["timepoint"]) == {"Blood", "NAT", "Tumor"}
    assert set(calls.to_frame()["product_balance"]) == {"not_assessable"}
