"""Gene sets as users hold them: signs, long names, tables of other packages, several clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import resistype as rt
from resistype.curation import draft_de
from resistype.curation.draft import Filters, parse_settings
from resistype.curation.editor import from_file
from resistype.errors import SignatureError

GENES = ["STAT1", "IRF1", "GBP1", *(f"FILL{i}" for i in range(100))]
RNG = np.random.default_rng(0)
METHODS = ("ssgsea", "singscore", "ucell", "zscore")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.DataFrame(RNG.poisson(50.0, (6, 103)), index=list("abcdef"), columns=GENES)


def scored(table: pd.DataFrame, sets: Any, method: str) -> np.ndarray:
    return np.asarray(rt.score(table, sets, method=method).to_frame().iloc[:, 0])


SIGNED = {
    "weights": {"x": {"STAT1": 1.0, "IRF1": 1.0, "GBP1": -1.0}},
    "a Series of weights": {"x": pd.Series([1.0, 1.0, -1.0], index=GENES[:3])},
    "one Series of weights": pd.Series([1.0, 1.0, -1.0], index=GENES[:3], name="x"),
    "signs of UCell": {"x": ["STAT1+", "IRF1+", "GBP1-"]},
    "signs of UCell for those down": {"x": ["STAT1", "IRF1", "GBP1-"]},
    "a net": pd.DataFrame({"source": "x", "target": GENES[:3], "weight": [1.0, 1.0, -1.0]}),
    "a net of mor": pd.DataFrame({"source": "x", "target": GENES[:3], "mor": [1, 1, -1]}),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", SIGNED)
def test_b2_a_sign_has_its_effect_in_every_method(
    table: pd.DataFrame, kind: str, method: str
) -> None:
    plain = scored(table, {"x": ["STAT1", "IRF1", "GBP1"]}, method)
    signed = scored(table, SIGNED["weights"], method)

    assert not np.allclose(signed, plain)
    assert np.allclose(scored(table, SIGNED[kind], method), signed)


def test_b3_long_names_stay_apart(tmp_path: Path) -> None:
    name = "GSE41978_ID2_KO_AND_BIM_KO_VS_BIM_KO_KLRG1_LOW_EFFECTOR_CD8_TCELL"
    file = tmp_path / "c7.gmt"
    file.write_text(f"{name}_UP\tx\tSTAT1\tIRF1\n{name}_DN\tx\tCD8A\tB2M\n")

    library = rt.load_library(file)

    assert [one.name for one in library.values()] == [f"{name}_UP", f"{name}_DN"]
    assert all(len(one) <= 64 for one in library)


PLAIN = {
    "a net": pd.DataFrame({"source": "a", "target": GENES[:3], "weight": 1.0}),
    "a net without weights": pd.DataFrame({"source": "a", "target": GENES[:3]}),
    "a Series of lists": pd.Series({"a": GENES[:3]}),
    "weights of 1": {"a": pd.Series([1.0, 1.0, 1.0], index=GENES[:3])},
}


@pytest.mark.parametrize("kind", PLAIN)
def test_b7_sets_of_pandas_are_read(table: pd.DataFrame, kind: str) -> None:
    wanted = scored(table, {"a": GENES[:3]}, "ssgsea")

    assert np.array_equal(scored(table, PLAIN[kind], "ssgsea"), wanted)


def test_b7_a_table_that_is_no_net_is_told_what_one_has(table: pd.DataFrame) -> None:
    with pytest.raises(SignatureError, match=r"E208 A table \(DataFrame\) .*source.*target"):
        rt.score(table, pd.DataFrame({"pathway": ["a"], "members": ["STAT1"]}))


def test_names_come_back_as_they_were_written(table: pd.DataFrame) -> None:
    sets = {"S1": GENES[:2], "CD8+": GENES[:3], "CD8-": GENES[1:3], "My set": GENES[:1]}

    scores = rt.score(table, sets)

    assert scores.to_frame().columns.tolist() == list(sets)
    assert scores.coverage.index.tolist() == list(sets)
    assert np.array_equal(scores.to_frame()["CD8-"], scored(table, {"a": GENES[1:3]}, "ssgsea"))


TEX, NAIVE = ["PDCD1", "TOX", "HAVCR2", "LAG3"], ["TCF7", "SELL", "CCR7", "LEF1"]
MARKERS = pd.DataFrame(
    {
        "p_val": 1e-9, "avg_log2FC": 2.0, "pct.1": 0.9, "pct.2": 0.1, "p_val_adj": 1e-7,
        "cluster": ["Tex"] * 4 + ["Tn"] * 4, "gene": TEX + NAIVE,
    }
)  # fmt: skip


@pytest.mark.parametrize("column", ["cluster", "group"])
def test_d1_markers_of_several_clusters_ask_for_one(column: str) -> None:
    given = MARKERS.rename(columns={"cluster": column})

    with pytest.raises(SignatureError, match=rf"E211 .*2 groups.*'{column}': Tex, Tn.*group=Tex"):
        from_file("markers.csv", given.to_csv(index=False), filters=Filters())
    with pytest.raises(SignatureError, match="E211"):
        draft_de(given, "late")


def test_d1_the_group_that_is_named_is_taken() -> None:
    filters = parse_settings(["group=Tn"])[1]

    rows, told = from_file("markers.csv", MARKERS.to_csv(index=False), filters=filters)

    assert [row.name for row in rows] == sorted(NAIVE)
    assert "Of the column 'cluster' the group Tn was taken." in told
    assert draft_de(MARKERS, "naive", filters=filters).signature.up == tuple(sorted(NAIVE))


def test_infinite_changes_and_missing_names_are_told() -> None:
    given = pd.DataFrame(
        {
            "gene": ["TOX", None, "PDCD1"],
            "log2FoldChange": [2.0, 3.0, np.inf],
            "padj": [1e-5, 1e-5, 1e-5],
        }
    )

    made = draft_de(given, "late")

    assert made.signature.up == ("TOX",)
    assert "1 row has no gene name and was left out." in made.signature.source.note
    assert "1 row has an infinite fold change and was left out." in made.signature.source.note
