"""GeneIndex: columns of wanted genes, in both directions of time, across species, and never by
guessing.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.genes import GeneIndex, clean, resolve
from resistype.genes.names import gene_table
from resistype.library import load_library
from tests.strategies import gene_names


def matched_slowly(genes: list[str], wanted: list[str]) -> list[int]:
    """The rule as two loops: the same name first, then the best column that means the same gene;
    each column once.
    """
    columns = [-1] * len(wanted)
    taken: set[int] = set()
    for place, name in enumerate(wanted):
        same = [column for column, gene in enumerate(genes) if clean(gene) == clean(name)]
        if len(same) == 1 and same[0] not in taken:
            columns[place] = same[0]
            taken.add(same[0])
    meaning = resolve(genes)
    rank = {"approved": 0, "previous": 1, "alias": 2, "ensembl": 3, "ncbi": 4}
    for place, item in enumerate(resolve(wanted)):
        if any(clean(gene) == clean(item.name) for gene in genes) or item.symbol is None:
            continue
        claims = [
            (rank[m.status], column) for column, m in enumerate(meaning) if m.symbol == item.symbol
        ]
        best = [column for level, column in claims if level == min(claims)[0]]
        if len(best) == 1 and best[0] not in taken:
            columns[place] = best[0]
            taken.add(best[0])
    return columns


@pytest.mark.parametrize(
    ("genes", "wanted", "how"),
    [
        (["TP53"], ["TP53"], "exact"),
        (["WARS"], ["WARS1"], "previous"),
        (["WARS1"], ["WARS"], "previous"),
        (["PD-L1"], ["CD274"], "alias"),
        (["CD274"], ["PD-L1"], "alias"),
        (["ENSG00000141510.18"], ["TP53"], "ensembl"),
        (["TP53"], ["ENSG00000141510"], "ensembl"),
        (["ENSG00000141510.18"], ["ENSG00000141510.2"], "exact"),
        (["7157", "567"], ["TP53"], "ncbi"),
        (["STRA13"], ["CENPX"], "absent"),
        (["CENPX"], ["STRA13"], "ambiguous"),
        (["TP53"], ["B2M"], "absent"),
        (["tp53"], ["TP53"], "absent"),
        ([" TP53 "], ["TP53"], "exact"),
        (["H2-K1", "Tap1"], ["HLA-A"], "ortholog"),
        (["HLA-A", "TAP1"], ["H2-K1"], "ortholog"),
        (["1-Mar"], ["MARCHF1"], "absent"),
        ([], ["TP53"], "absent"),
        (["TP53", "TP53"], ["TP53"], "ambiguous"),
    ],
)
def test_how_a_gene_is_found(genes: list[str], wanted: list[str], how: str) -> None:
    match = GeneIndex(genes).match(wanted)

    assert match.how == (how,)
    assert (match.columns[0] >= 0) == (how not in ("absent", "ambiguous"))


def test_approved_wins_over_previous_wins_over_alias() -> None:
    genes = ["PD-L1", "PDCD1LG1", "CD274"]

    assert GeneIndex(genes).match(["CD274"]).columns.tolist() == [2]
    assert GeneIndex(genes[:2]).match(["CD274"]).columns.tolist() == [1]
    assert GeneIndex(genes[:1]).match(["CD274"]).columns.tolist() == [0]


def test_two_columns_with_the_same_right_are_ambiguous() -> None:
    index = GeneIndex(["PD-L1", "B7-H1", "TP53"])

    match = index.match(["CD274", "TP53"])

    assert match.how == ("ambiguous", "exact")
    assert index.coverage(["CD274", "TP53"]).ambiguous == ("CD274",)


def test_a_column_serves_one_gene() -> None:
    index = GeneIndex(["CXCL8", "TP53"])

    match = index.match(["IL8", "CXCL8", "TP53", "TP53"])

    assert match.how == ("duplicate", "exact", "exact", "duplicate")
    assert match.found.tolist() == [0, 1]


def test_a_gene_named_twice_is_asked_once() -> None:
    cover = GeneIndex(["CXCL8"]).coverage(["IL8", "CXCL8"])

    assert (cover.asked, cover.found, cover.fraction) == (1, 1, 1.0)


def test_coverage_says_what_is_missing_and_what_was_found_otherwise() -> None:
    cover = GeneIndex(["DDX58", "B2M", "CENPX"]).coverage(["RIGI", "B2M", "GZMB", "STRA13"])

    assert cover.asked == 4
    assert cover.found == 2
    assert cover.fraction == 0.5
    assert cover.missing == ("GZMB", "STRA13")
    assert cover.ambiguous == ("STRA13",)
    assert cover.by_alias == {"RIGI": "DDX58"}


def test_nothing_asked_is_nothing_found() -> None:
    cover = GeneIndex(["TP53"]).coverage([])

    assert (cover.asked, cover.fraction, cover.missing) == (0, 0.0, ())


def test_the_species_is_found_from_the_names_or_given() -> None:
    assert GeneIndex(["Gzmb", "Tox", "Pdcd1"]).species == "mouse"
    assert GeneIndex(["GZMB", "TOX", "PDCD1"]).species == "human"
    assert GeneIndex(["GZMB"], species="mouse").species == "mouse"
    assert GeneIndex([]).species == "human"


def test_the_best_counterpart_wins_and_an_outdated_name_comes_last() -> None:
    index = GeneIndex(["Wars", "Wars1", "Tox", "Pdcd1"], species="mouse")

    assert index.match(["WARS1"]).columns.tolist() == [1]
    assert GeneIndex(["Wars", "Tox"], species="mouse").match(["WARS1"]).columns.tolist() == [0]


def test_mouse_sets_in_a_mouse_matrix_are_exact() -> None:
    index = GeneIndex(["Gzmb", "Tox", "Pdcd1"])

    assert index.match(["Tox", "Gzmb"]).how == ("exact", "exact")


def test_antigen_presentation_survives_in_the_mouse() -> None:
    index = GeneIndex(["H2-K1", "H2-D1", "B2m", "Tap1", "Tap2", "Tapbp", "Nlrc5", "Gzmb"])
    cover = index.coverage(load_library()["mhc1_core"].genes)

    assert cover.found == 7
    assert cover.missing == ("HLA-C",)


def test_a_matrix_of_2017_loses_nothing_that_alias_closure_can_find() -> None:
    """Every approved symbol with one unique previous symbol, written the old way."""
    table = gene_table()
    old = {new: name for name, new in table.previous.items() if "|" not in new}
    wanted = sorted(old)[:3_000]

    match = GeneIndex([old[symbol] for symbol in wanted]).match(wanted)

    assert match.columns.tolist() == list(range(len(wanted)))
    assert set(match.how) == {"previous"}


def test_real_cohort_holds_the_interferon_set(shared: Path) -> None:
    genes = pd.read_parquet(
        shared / "data" / "riaz_pairs" / "counts.symbols.parquet", columns=[]
    ).index
    cover = GeneIndex(list(genes)).coverage(load_library()["hallmark_ifng_without_ap"].genes)

    assert cover.asked == 191
    assert cover.found >= 189
    assert cover.by_alias == {
        "RIGI": "DDX58",
        "WARS1": "WARS",
        "MARCHF1": "MARCH1",
        "TMT1B": "METTL7B",
    }


def test_real_mouse_matrix_is_known_as_one(shared: Path) -> None:
    genes = pd.read_parquet(
        shared / "data" / "philip_mouse" / "normalized_counts.symbols.parquet", columns=[]
    ).index
    index = GeneIndex([str(gene) for gene in genes])

    assert index.species == "mouse"
    assert index.coverage(load_library()["dysfunction_core"].genes).fraction > 0.9


def test_twenty_thousand_genes_and_sixty_sets_take_a_moment() -> None:
    table = gene_table()
    chooser = random.Random(1)
    genes = chooser.sample(sorted(table.approved), 19_000) + chooser.sample(
        sorted(table.previous), 1_000
    )
    sets = [chooser.sample(sorted(table.approved), 100) for _ in range(60)]
    times = []
    for _ in range(3):
        start = time.process_time()
        index = GeneIndex(genes)
        for wanted in sets:
            index.match(wanted)
        times.append(time.process_time() - start)

    assert min(times) < 0.3


@given(st.lists(gene_names(), max_size=25), st.lists(gene_names(), max_size=15))
@settings(deadline=None, max_examples=200)
def test_the_rule_as_two_loops(genes: list[str], wanted: list[str]) -> None:
    match = GeneIndex(genes, species="human").match(wanted, species="human")

    assert match.columns.tolist() == matched_slowly(genes, wanted)


@given(st.lists(gene_names(), max_size=25, unique=True), st.lists(gene_names(), max_size=15))
@settings(deadline=None)
def test_what_always_holds(genes: list[str], wanted: list[str]) -> None:
    index = GeneIndex(genes)
    match = index.match(wanted)
    cover = index.coverage(wanted)

    assert match.columns.dtype == np.intp
    assert match.columns.shape == (len(wanted),) == (len(match.how),)
    assert len(set(match.found.tolist())) == len(match.found)
    assert cover.asked == cover.found + len(cover.missing)
    assert 0 <= cover.fraction <= 1
    assert set(cover.ambiguous) <= set(cover.missing)


@given(st.lists(gene_names(), max_size=20, unique=True), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_columns_decides_nothing(genes: list[str], chooser: random.Random) -> None:
    shuffled = list(genes)
    chooser.shuffle(shuffled)
    wanted = ["TP53", "WARS1", "CD274", "RIGI", "CXCL8"]
    first, second = GeneIndex(genes, species="human"), GeneIndex(shuffled, species="human")

    one = [first.genes[column] if column >= 0 else None for column in first.match(wanted).columns]
    two = [second.genes[column] if column >= 0 else None for column in second.match(wanted).columns]

    assert one == two
