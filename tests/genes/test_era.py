"""Alias closure over the whole library: a list in the spelling of 2017 loses nothing, and no
name is guessed.
"""

from __future__ import annotations

import pytest

from resistype.genes import GeneIndex, orthologs, resolve
from resistype.genes.names import gene_table
from resistype.library import load_library

NAMED = {
    "WARS1": "WARS",
    "RIGI": "DDX58",
    "CCN2": "CTGF",
    "CCN1": "CYR61",
    "MARCHF1": "MARCH1",
    "VSIR": "C10orf54",
    "H2AZ1": "H2AFZ",
    "RFLNB": "FAM101B",
    "TMT1B": "METTL7B",
}


@pytest.fixture(scope="module")
def genes() -> list[str]:
    """Every human gene of the shipped library."""
    return sorted(
        {gene for item in load_library().values() if item.species == "human" for gene in item.genes}
    )


@pytest.fixture(scope="module")
def old(genes: list[str]) -> dict[str, str]:
    """Each gene with an earlier symbol that no other gene has or had; the well-known ones by
    hand.
    """
    earlier = {new: name for name, new in gene_table().previous.items() if "|" not in new}
    return {gene: earlier[gene] for gene in genes if gene in earlier} | {
        g: n for g, n in NAMED.items() if g in genes
    }


def test_exact_matching_misses_what_closure_recovers(genes: list[str], old: dict[str, str]) -> None:
    era = [old.get(gene, gene) for gene in genes]

    match = GeneIndex(era).match(genes)

    assert len(set(genes) - set(era)) > 1_000
    assert [era[column] for column in match.columns] == era
    assert set(match.how) == {"exact", "previous"}


def test_an_old_list_meets_a_matrix_of_today(genes: list[str], old: dict[str, str]) -> None:
    match = GeneIndex(genes).match([old.get(gene, gene) for gene in genes])

    assert [genes[column] for column in match.columns] == genes


@pytest.mark.parametrize(("new", "name"), NAMED.items(), ids=NAMED)
def test_the_well_known_ones(new: str, name: str) -> None:
    assert GeneIndex([name]).match([new]).how == ("previous",)
    assert GeneIndex([new]).match([name]).how == ("previous",)


def test_no_ambiguous_name_is_ever_guessed() -> None:
    table = gene_table()
    names = [
        n
        for n, owners in {**table.alias, **table.previous}.items()
        if "|" in owners and n not in table.approved
    ]

    found = resolve(names)

    assert len(names) > 2_000
    assert {item.status for item in found} == {"ambiguous"}
    assert all(item.symbol is None and len(item.candidates) > 1 for item in found)


def test_the_resistance_signature_in_the_mouse() -> None:
    genes = load_library()["benci_isg_rs"].genes

    assert sum(bool(orthologs(gene)) for gene in genes) == 37
