"""Clones read from scirpy's columns and from plain tables, and what is not made into a clone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.errors import SamplesError
from resistype.expression import read_expression
from resistype.samples.composition import composition
from resistype.systems.cells.clones import (
    clone_change,
    clone_counts,
    clones_from_airr,
    clones_from_table,
)

AIRR = pd.DataFrame(
    {
        "patient": ["A", "A", "A", "A", "B", "B"],
        "IR_VJ_1_cdr3_nt": ["tgt", "tgt", None, "tga", "tgt", "nan"],
        "IR_VDJ_1_cdr3_nt": ["tgc", "tgc", "tgc", None, "tgc", "None"],
        "multi_chain": ["False", "False", "False", "False", "False", "True"],
    },
    index=list("abcdef"),
)


def test_junctions_of_scirpy_make_clones_inside_patients() -> None:
    found = clones_from_airr(AIRR)

    assert found.clone.tolist() == ["A:tgt|tgc", "A:tgt|tgc", "A:-|tgc", None, "B:tgt|tgc", None]
    assert found.n_tracked == 4
    assert found.notes[0] == "4 cells of 6 have a clone, by IR_VJ_1_cdr3_nt and IR_VDJ_1_cdr3_nt."
    assert found.notes[1] == "1 cell has more chains than one receptor and no clone."


def test_the_same_receptor_in_two_patients_is_two_clones() -> None:
    clone = clones_from_airr(AIRR).clone

    assert clone["a"] != clone["e"]
    assert (
        clones_from_airr(AIRR, patient=None).clone["a"]
        == clones_from_airr(AIRR, patient=None).clone["e"]
    )


def test_cells_without_a_receptor_are_never_one_clone() -> None:
    empty = pd.DataFrame({"patient": "A", "IR_VDJ_1_cdr3": ["None", "nan", "", None, np.nan]})

    assert clones_from_airr(empty).clone.isna().all()


@pytest.mark.parametrize(
    "columns",
    [("VJ_1_junction_aa", "VDJ_1_junction_aa"), ("IR_VJ_1_junction_aa", "IR_VDJ_1_junction_aa")],
)
def test_names_of_other_versions_of_scirpy(columns: tuple[str, str]) -> None:
    obs = pd.DataFrame({"patient": "A", columns[0]: ["CAV", "CAV"], columns[1]: ["CAS", "CAT"]})

    assert clones_from_airr(obs).clone.tolist() == ["A:CAV|CAS", "A:CAV|CAT"]


def test_clones_that_scirpy_defined_come_first() -> None:
    found = clones_from_airr(AIRR.assign(clone_id=["1", "1", "2", None, "1", "3"]))

    assert found.clone.tolist() == ["A:1", "A:1", "A:2", None, "B:1", None]


def test_a_column_by_name() -> None:
    found = clones_from_airr(AIRR.assign(mine=[1, 1, 1, 1, 2, 2]), column="mine")

    assert found.clone.tolist()[:5] == ["A:1", "A:1", "A:1", "A:1", "B:2"]


def test_a_plain_table(tmp_path: Path) -> None:
    path = tmp_path / "clones.csv"
    path.write_text("barcode,raw_clonotype_id\nc2,T1\nc1,T1\nc9,T7\nc3,None\n", encoding="utf-8")
    found = clones_from_table(path, ["c1", "c2", "c3", "c4"])

    assert found.clone.tolist() == ["T1", "T1", None, None]
    assert found.notes == (
        "2 of 4 cells have a clone, by column 'raw_clonotype_id'.",
        "1 row of clones without cells: its cell is not in the matrix (c9).",
    )


def test_order_of_the_table_does_not_matter() -> None:
    table = pd.DataFrame({"cell": ["a", "b", "c"], "clone": ["1", "2", "2"]})
    one, two = (
        clones_from_table(frame, list("cab")).clone.tolist() for frame in (table, table.iloc[::-1])
    )

    assert one == two == ["2", "1", "2"]


def test_counts() -> None:
    counts = clone_counts(
        pd.Series(["a", "a", None, "b", "a"]), pd.Series(["t", "s", "t", "t", "t"])
    )

    assert counts.columns.tolist() == ["t", "s"]
    assert counts.loc["a"].tolist() == [2, 1]
    assert counts.loc["b"].tolist() == [1, 0]
    assert counts.to_numpy().sum() == 4


def test_counts_keep_a_sample_without_clones() -> None:
    counts = clone_counts(pd.Series(["a", None]), pd.Series(["s", "t"]))

    assert counts["t"].tolist() == [0]


def test_real_cells_of_wu_2020(shared: Path) -> None:
    """Clonotypes read, the largest clones listed, and where they lie: tumour, adjacent tissue or
    blood.
    """
    expression = read_expression(shared / "data" / "scirpy_tcr" / "wu2020_200_v0_6.h5ad")
    obs = expression.obs
    found = clones_from_airr(obs)
    authors = clones_from_airr(obs, column="clonotype_orig", patient=None)
    counts = clone_counts(found.clone, obs["source"])
    sizes = counts.sum(axis=1).sort_values(ascending=False)
    tissue = (
        composition(obs.assign(all="cells"), "source", by=["all"])
        .set_index("kind")["numerator"]
        .to_dict()
    )

    assert found.n_tracked > 150
    assert sizes.iloc[0] >= 2
    assert set(tissue) == {"Blood", "NAT", "Tumor"}
    assert sum(tissue.values()) == 200
    # cells of one of our clones are of one clonotype of the authors, and they found no more of them
    # together
    together = pd.DataFrame({"ours": found.clone, "theirs": authors.clone}).dropna()
    assert together.groupby("ours")["theirs"].agg(lambda names: len(set(names)) == 1).mean() > 0.98


def test_a_clone_of_one_tissue_against_another_in_real_cells(shared: Path) -> None:
    obs = read_expression(shared / "data" / "scirpy_tcr" / "wu2020_200_v0_6.h5ad").obs
    counts = clone_counts(clones_from_airr(obs).clone, obs["source"])
    table = clone_change(counts["NAT"], counts["Tumor"])

    assert set(table["call"]) <= {"expanded", "contracted", "unchanged", "not_tested"}
    assert table["n_after"].sum() == counts["Tumor"].sum()


BAD = {
    "no receptor": (
        lambda: clones_from_airr(pd.DataFrame({"patient": ["A"]})),
        (
            "E971 The cells have no column of a receptor: neither 'clone_id' nor"
            " VDJ_1_junction(_aa) or IR_VDJ_1_cdr3(_nt). Run scirpy.get.airr or define_clonotypes,"
            " or give a table of clonotypes."
        ),
    ),
    "no such column": (
        lambda: clones_from_airr(AIRR[["patient"]], column="clone"),
        "E971 There is no column 'clone' among those of the cells (patient).",
    ),
    "no patient": (
        lambda: clones_from_airr(AIRR.drop(columns="patient")),
        (
            "E971 There is no column 'patient' among those of the cells (IR_VJ_1_cdr3_nt,"
            " IR_VDJ_1_cdr3_nt, multi_chain)."
        ),
    ),
    "cells without patient": (
        lambda: clones_from_airr(AIRR.assign(patient=[None, *"AAABB"])),
        "E962 1 of 6 cells have no patient. Give each cell its patient, or leave it out.",
    ),
    "clones without cells": (
        lambda: clones_from_table(pd.DataFrame({"cell": ["x-1"], "clone": ["1"]}), ["x", "y"]),
        (
            "E972 Clones without cells: none of the 1 cells of the clone table is in the matrix"
            " (table: x-1; matrix: x, y). Bring the barcodes to one form."
        ),
    ),
    "a cell twice": (
        lambda: clones_from_table(pd.DataFrame({"cell": ["x", "x"], "clone": ["1", "2"]}), ["x"]),
        (
            "E901 1 sample id occurs more than once in the samples table (x x2). The column of"
            " sample ids needs one row per sample; name another column with sample= (--sample), or"
            " remove the repeats."
        ),
    ),
    "no column of clones": (
        lambda: clones_from_table(pd.DataFrame({"cell": ["x"], "size": ["1"]}), ["x"]),
        "E971 There is no column 'clone_id' among those of the cells (size).",
    ),
}


@pytest.mark.parametrize(("act", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input(act: object, message: str) -> None:
    with pytest.raises(SamplesError) as caught:
        act()  # type: ignore[operator]

    assert str(caught.value) == message
