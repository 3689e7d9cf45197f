"""The library by shared genes, and over-representation through gseapy without a connection."""

from __future__ import annotations

import socket
from typing import Any

import numpy as np
import pytest
from scipy.stats import hypergeom

from resistype.curation import over_representation, overlap
from resistype.curation.quality import human_genes
from resistype.errors import GeneError, MissingExtraError
from resistype.genes.names import gene_table
from resistype.library import Library, Signature, load_library

SHIPPED = load_library()
LIBRARY = Library(
    [
        Signature(id="same", name="s", up=("TOX", "LAG3", "PDCD1", "TIGIT")),
        Signature(
            id="large",
            name="l",
            up=("TOX", "LAG3", "PDCD1", "TIGIT", *(f"IL{n}" for n in (2, 4, 5, 6, 7, 10))),
        ),
        Signature(id="mouse", name="m", species="mouse", up=("Tox", "Klrh1")),
        Signature(id="far", name="f", up=("B2M",)),
    ]
)
MINE = Signature(id="mine", name="m", up=("TOX", "LAG3"), down=("PDCD1",))


def test_both_shares_are_given() -> None:
    found = overlap(MINE, LIBRARY)

    assert list(found.index) == ["same", "mouse", "large"]
    assert found.loc["same", ["shared", "jaccard", "inside", "holds"]].tolist() == [
        3,
        0.75,
        1.0,
        0.75,
    ]
    assert found.loc["large", ["jaccard", "inside", "holds"]].tolist() == [0.3, 1.0, 0.3]
    assert found.loc["same", "genes"] == ("LAG3", "PDCD1", "TOX")


def test_mouse_sets_are_met_through_orthologs() -> None:
    assert overlap(MINE, LIBRARY).loc["mouse", "genes"] == ("TOX",)
    assert human_genes(LIBRARY["mouse"]) == {"TOX"}


def test_few_shared_genes_can_be_left_out() -> None:
    assert list(overlap(MINE, LIBRARY, least=2).index) == ["same", "large"]


def test_nothing_shared_is_an_empty_table() -> None:
    found = overlap(Signature(id="x", name="x", up=("KRT5",)), LIBRARY)

    assert found.empty
    assert list(found.columns) == ["axis", "shared", "jaccard", "inside", "holds", "genes"]


def test_a_signature_is_not_compared_with_itself() -> None:
    assert "mhc1_core" not in overlap(SHIPPED["mhc1_core"]).index


def test_the_documented_overlaps_of_the_library() -> None:
    found = overlap(SHIPPED["benci_isg_rs"])

    assert found.loc["hallmark_interferon_gamma_response", "shared"] == 24
    assert found.loc["hallmark_interferon_alpha_response", "shared"] == 21


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def test_over_representation_is_the_hypergeometric_test(offline: None) -> None:
    pytest.importorskip("gseapy")
    background = sorted(gene_table().approved)[:2000]
    lists = {"first": background[:50], "second": background[1000:1100], "absent": ["NOT_MEASURED"]}
    one = Signature(id="x", name="x", up=tuple(background[:20]), down=tuple(background[1000:1003]))

    found = over_representation(one, background, lists)
    assert [text.split(";") for text in found["genes"]] == [
        sorted(text.split(";")) for text in found["genes"]
    ]

    assert list(found.index) == ["first", "second"]
    for name, k in (("first", 20), ("second", 3)):
        expected = hypergeom.sf(k - 1, 2000, len(lists[name]), 23)
        np.testing.assert_allclose(found.loc[name, "p"], expected, rtol=1e-6)
    assert found.loc["first", "overlap"] == "20/50"
    assert (found["fdr"] >= found["p"]).all()


def test_the_shipped_library_is_the_default(offline: None) -> None:
    pytest.importorskip("gseapy")

    found = over_representation(SHIPPED["zheng17_tex"], sorted(gene_table().approved))

    assert found.index[0] == "zheng17_tex"
    assert "dysfunction_core" in found.index[:5]


def test_no_gene_that_was_measured_is_an_error() -> None:
    pytest.importorskip("gseapy")

    with pytest.raises(
        GeneError, match="None of the 3 genes of mine is among the 1 of the background"
    ):
        over_representation(MINE, ["B2M"])


def test_without_gseapy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gseapy", None)

    wanted = r"^X101 Over-representation needs gseapy: pip install 'resistype\[gsea\]'\.$"
    with pytest.raises(MissingExtraError, match=wanted):
        over_representation(MINE, ["TOX"])


def test_nothing_over_represented_is_an_empty_table(offline: None) -> None:
    pytest.importorskip("gseapy")

    found = over_representation(MINE, ["TOX", "LAG3", "B2M"], {"other": ["B2M"]})

    assert list(found.columns) == ["overlap", "p", "fdr", "odds_ratio", "genes"]
