"""Which side holds the genes."""

from __future__ import annotations

import pytest

from resistype.expression.checks import Side, look_at, sides, transposed
from resistype.genes.names import gene_table
from tests.expression.build import GENES, SAMPLES

ENSEMBL = ("ENSG00000141510", "ENSG00000166710.12", "ENSG00000168394", "ENSG00000115415")
MOUSE = ("Gzmb", "Pdcd1", "Tox", "Havcr2", "Cd8a")
WELLS = tuple(f"{row}{column}" for row in "ABCDEFGH" for column in range(1, 13))


@pytest.mark.parametrize(
    ("names", "kind", "known"),
    [
        (GENES, "symbol", 8),
        (ENSEMBL, "ensembl", 4),
        (MOUSE, "mouse_symbol", 5),
        (tuple(name.lower() for name in GENES), "lower_case", 8),
        (SAMPLES, "unknown", 0),
        (tuple(f"P{n}" for n in range(1, 51)), "unknown", 0),
        (tuple(f"T{n}" for n in range(1, 21)), "unknown", 0),
        (tuple(str(n) for n in range(60)), "unknown", 0),
        (tuple(str(n) for n in range(1, 150)), "ncbi", 149),
        ((), "unknown", 0),
    ],
    ids=[
        "symbols",
        "ensembl",
        "mouse",
        "lower",
        "samples",
        "P1-P50",
        "T1-T20",
        "few numbers",
        "ncbi",
        "none",
    ],
)
def test_names_are_counted_by_kind(names: tuple[str, ...], kind: str, known: int) -> None:
    side = look_at(names)

    assert (side.kind, side.known, side.total) == (kind, known, len(names))


def test_aliases_do_not_make_a_side_of_genes() -> None:
    """P1 to P9 are all aliases of some gene; samples have such names."""
    assert sum(name in gene_table().alias for name in ("P1", "P2", "P3", "P4")) > 0
    assert sides(("P1", "P2", "P3"), GENES)[0] == "columns"


@pytest.mark.parametrize("names", [("a", "b"), ("n1", "t1"), ("p1", "p2", "p3")])
def test_short_names_in_lower_case_are_samples(names: tuple[str, ...]) -> None:
    assert look_at(names).known == 0


def test_wells_of_a_plate_are_samples() -> None:
    """Some wells are genes (C3, F9, H19), most are not."""
    assert 0 < look_at(WELLS).known < 30
    assert sides(WELLS, GENES)[0] == "columns"


@pytest.mark.parametrize("genes", [GENES, ENSEMBL, MOUSE])
def test_genes_are_found_on_either_side(genes: tuple[str, ...]) -> None:
    assert sides(genes, SAMPLES)[0] == "rows"
    assert sides(SAMPLES, genes)[0] == "columns"


def test_numbered_samples_beside_symbols() -> None:
    assert sides(tuple(map(str, range(1, 500))), GENES)[0] == "columns"


@pytest.mark.parametrize(
    ("rows", "columns"), [(SAMPLES, ("a", "b")), (GENES, GENES), (GENES, ENSEMBL), ((), ())]
)
def test_what_is_unclear_is_called_unclear(rows: tuple[str, ...], columns: tuple[str, ...]) -> None:
    assert sides(rows, columns)[0] == "unclear"


def test_the_counts_are_told() -> None:
    assert (
        sides(GENES, SAMPLES)[1]
        == "8 of 8 row names are approved gene symbols, 0 of 4 column names are known genes"
    )


def test_long_lists_are_sampled_and_say_so() -> None:
    symbols = sorted(gene_table().approved)[:9000]
    side = look_at(symbols)

    assert side.looked_at == 1800
    assert (
        side.sentence("row")
        == "1,800 of 1,800 row names (picked from 9,000) are approved gene symbols"
    )


def test_a_share_of_nothing_is_nothing() -> None:
    assert Side("unknown", 0, 0, 0).share == 0.0


def test_a_transposed_matrix_gets_the_remedy() -> None:
    error = transposed(GENES, SAMPLES)

    assert (
        str(error)
        == "E701 Genes seem to be in rows: 8 of 8 row names are approved gene symbols, 0 of 4"
        " column names are known genes. resistype wants samples x genes; pass"
        ' orientation="genes_x_samples".'
    )


@pytest.mark.parametrize("genes", [GENES, ("marker 1", "marker 2")])
def test_an_upright_or_unknown_matrix_is_let_through(genes: tuple[str, ...]) -> None:
    assert transposed(SAMPLES, genes) is None
