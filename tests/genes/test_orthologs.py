"""Human and mouse counterparts: the immune genes are there, and nothing is claimed twice."""

from __future__ import annotations

import pytest

from resistype.genes import orthologs, to_human, to_mouse
from resistype.genes.names import MOUSE_COLUMNS, gene_table, mouse_table, read_columns
from resistype.genes.orthologs import ranked_human
from resistype.library import load_library
from resistype.resources import signatures_dir

# What a table of one-to-one pairs loses.
IMMUNE = {
    "HLA-A": "H2-K1",
    "HLA-B": "H2-D1",
    "HLA-DQA1": "H2-Aa",
    "HLA-DQB1": "H2-Ab1",
    "HLA-DRB1": "H2-Eb1",
    "GZMB": "Gzmb",
    "OAS1": "Oas1a",
    "IFIT1": "Ifit1",
    "IFIT3": "Ifit3",
    "CCL3": "Ccl3",
    "CCL4": "Ccl4",
    "CD8B": "Cd8b1",
    "MX1": "Mx1",
    "MX2": "Mx2",
    "CXCL11": "Cxcl11",
    "IFI27": "Ifi27",
    "B2M": "B2m",
    "PDCD1": "Pdcd1",
    "TAP1": "Tap1",
}


@pytest.mark.parametrize(("human", "mouse"), IMMUNE.items())
def test_the_immune_genes_have_counterparts(human: str, mouse: str) -> None:
    assert to_mouse(human) == mouse
    assert to_human(mouse) == human


@pytest.mark.parametrize("gene", ["HLA-C", "GNLY", "CXCL8", "KIR2DL1", "NOT_A_GENE", ""])
def test_what_has_no_counterpart_has_none(gene: str) -> None:
    assert to_mouse(gene) is None
    assert orthologs(gene) == ()


def test_a_mouse_gene_belongs_to_one_human_gene() -> None:
    _, mouse, _, _ = read_columns("orthologs.tsv.gz", MOUSE_COLUMNS)

    assert len(mouse) == len(set(mouse))


def test_human_names_are_approved_today() -> None:
    human, _, _, _ = read_columns("orthologs.tsv.gz", MOUSE_COLUMNS)

    assert set(human) <= gene_table().approved


def test_curated_pairs_win() -> None:
    lines = (
        (signatures_dir() / "genes" / "orthologs_curated.tsv")
        .read_text(encoding="ascii")
        .splitlines()[1:]
    )
    for human, mouse, why in (line.split("\t") for line in lines):
        assert orthologs(human) == (mouse,)
        assert why


def test_support_is_stated_and_at_least_three_sources() -> None:
    _, _, _, support = read_columns("orthologs.tsv.gz", MOUSE_COLUMNS)
    numbers = {int(text) for text in support if text not in ("curated", "1:1")}

    assert min(numbers) == 3
    assert support.count("1:1") > 16_000


def test_ensembl_ids_of_the_mouse() -> None:
    assert to_human("ENSMUSG00000061232") == "HLA-A"


def test_outdated_mouse_names_are_read_by_their_human_history() -> None:
    assert to_human("Wars") == "WARS1"
    assert to_human("Ddx58") == "RIGI"
    assert ranked_human("Wars")[0] > ranked_human("Wars1")[0]


@pytest.mark.parametrize("name", ["WARS", "wars", "Gm12345", "Notagene", "ENSMUSG99999999999"])
def test_what_is_no_mouse_name(name: str) -> None:
    assert to_human(name) is None


def test_isg_rs_keeps_its_genes_in_the_mouse() -> None:
    genes = load_library()["benci_isg_rs"].genes

    assert sum(to_mouse(gene) is not None for gene in genes) >= 35


def test_both_directions_agree() -> None:
    table = mouse_table()

    for human, several in table.mouse_of.items():
        assert all(table.human_of[mouse] == human for mouse in several)
