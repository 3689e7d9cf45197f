"""Signatures in a matrix: what was found, what is said, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from resistype.errors import CoverageWarning, GeneError
from resistype.expression import Expression, ReadOptions, as_expression
from resistype.library import Library, Scoring, Signature, read_signatures
from resistype.score import ScoreOptions, score
from resistype.score.match import match_signatures

GENES = ["B2M", "TAP1", "TAP2", "CD8A", "CD8B", "ACTB", "GAPDH", "DDX58"]


def matrix(genes: list[str] = GENES) -> Expression:
    values = np.arange(2.0 * len(genes)).reshape(2, -1) / 3 + 0.1
    return as_expression(
        pd.DataFrame(values, index=["s1", "s2"], columns=genes), ReadOptions(unit="log2")
    )


def signature(name: str, up: tuple[str, ...], **more: object) -> Signature:
    return Signature(id=name, name=name, up=up, **more)


def test_columns_and_table() -> None:
    library = Library([signature("mhc", ("TAP2", "B2M", "RIGI"), down=("CD8A",))])

    found = match_signatures(matrix(), library)

    assert [GENES[column] for column in found.sets.indices] == ["B2M", "DDX58", "TAP2", "CD8A"]
    assert found.sets.sign.tolist() == [1, -1]
    row = found.coverage.loc["mhc"]
    assert (row["asked"], row["found"], row["fraction"], row["missing"]) == (4, 4, 1.0, ())
    assert row["by_alias"] == {"RIGI": "DDX58"}
    assert (row["direction"], row["reason"]) == ("up minus down", "")
    assert found.scorable.tolist() == [True]


@pytest.mark.parametrize(
    ("up", "down", "direction"),
    [(("B2M",), (), "up"), ((), ("B2M",), "minus down"), (("B2M",), ("CD8A",), "up minus down")],
)
def test_direction(up: tuple[str, ...], down: tuple[str, ...], direction: str) -> None:
    found = match_signatures(matrix(), Library([signature("one", up, down=down)]))

    assert found.coverage.loc["one", "direction"] == direction


@pytest.mark.parametrize(
    ("up", "down", "reason"),
    [
        (("ZNF1", "ZNF2"), (), "none of its 2 genes is in the data"),
        (("B2M", "ZNF1", "ZNF2"), (), "1 of 3 genes (33%) are in the data, under 50%"),
        (("B2M", "TAP1"), ("ZNF1",), "none of its 1 down genes is in the data"),
        (("ZNF1",), ("B2M", "TAP1"), "none of its 1 up genes is in the data"),
    ],
)
def test_reasons(up: tuple[str, ...], down: tuple[str, ...], reason: str) -> None:
    library = Library([signature("bad", up, down=down), signature("good", ("B2M",))])

    with pytest.warns(CoverageWarning, match="W201"):
        found = match_signatures(matrix(), library)

    assert found.coverage["reason"].to_dict() == {"bad": reason, "good": ""}
    assert found.scorable.tolist() == [False, True]


def test_the_warning_names_all_at_once() -> None:
    library = read_signatures(
        {
            "apm_loss": ["B2M", "TAP1", "TAP2", "ZNF1"],
            "texpsr": ["B2M", "ZNF1", "ZNF2"],
            "whole": ["CD8A", "CD8B"],
            "one_down": ["CD8A"],
        }
    )

    with pytest.warns(CoverageWarning) as told:
        match_signatures(matrix(), library)

    assert len(told) == 1
    assert (
        str(told[0].message)
        == "W201 1 of 4 signatures scored with reduced coverage: apm_loss 3/4 (75%); "
        "1 not scorable: texpsr 1/3 (33% < min_coverage 0.5). Missing genes: result.coverage. "
        "Scores of not-scorable signatures are NaN."
    )


def test_the_warning_stays_short() -> None:
    library = read_signatures({f"s{i}": ["B2M", "TAP1", "TAP2", "ZNF1"] for i in range(9)})

    with pytest.warns(CoverageWarning, match=r"9 of 9 .*s4 3/4 \(75%\) and 4 more\. Missing"):
        match_signatures(matrix(), library)


def test_bounds_can_be_moved() -> None:
    library = read_signatures({"one": ["B2M", "ZNF1", "ZNF2", "ZNF3"]})

    found = match_signatures(matrix(), library, min_coverage=0.25, warn_below=0.25)

    assert found.scorable.tolist() == [True]


def test_nothing_can_be_scored() -> None:
    library = read_signatures({"one": ["ZNF1", "ZNF2"], "two": ["ZNF3"]})

    with pytest.raises(GeneError) as error:
        match_signatures(matrix(), library)

    assert (
        str(error.value)
        == "E101 No signature can be scored: 0 of 3 signature genes are in the data. Data looks"
        " like gene symbols (B2M, TAP1, … 8 of 8); signatures use HGNC symbols (ZNF1, ZNF2, …)."
        " Check that the matrix holds these genes: a panel may lack whole signatures."
    )


def test_normaliser_becomes_controls() -> None:
    library = Library(
        [
            signature(
                "tis",
                ("B2M", "CD8A"),
                weights={"B2M": 0.5, "CD8A": 2.0},
                scoring=Scoring(normaliser="keep"),
            ),
            signature("keep", ("GAPDH", "ACTB")),
        ]
    )

    found = match_signatures(matrix(), library)

    assert found.sets.weights.tolist()[:2] == [0.5, 2.0]
    assert found.sets.controls is not None
    tis = found.sets.names.index("tis")
    assert found.sets.controls.sizes[tis] == 2


def test_a_gene_asked_for_twice_under_two_names_counts_once() -> None:
    found = match_signatures(matrix(), Library([signature("one", ("RIGI", "DDX58", "B2M"))]))

    assert sorted(GENES[column] for column in found.sets.indices) == ["B2M", "DDX58"]
    assert found.sets.asked.tolist() == [2]


@pytest.mark.parametrize("weight", [2.0, -2.0])
def test_a_gene_down_lowers_a_weighted_score_however_its_weight_is_signed(weight: float) -> None:
    table = pd.DataFrame(
        [[5.0, 5.0, 1.0], [5.0, 8.0, 1.0]], index=["a", "b"], columns=["B2M", "TAP1", "CD8A"]
    )
    one = Signature(
        id="x", name="x", up=("B2M",), down=("TAP1",), weights={"B2M": 1.0, "TAP1": weight}
    )
    found = score(
        table,
        Library([one]),
        method="weighted",
        options=ScoreOptions(read=ReadOptions(unit="log2")),
    )

    assert found.to_frame()["x"].tolist() == [0.0, -3.0]
