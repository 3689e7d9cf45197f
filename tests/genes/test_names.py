"""What a gene name means: the order of the steps, ambiguity, ids, look-alikes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.genes import clean, id_type, resolve
from resistype.genes.names import gene_table
from tests.strategies import gene_names

# Symbols of 2017 that exact matching loses today.
OLD = {
    "WARS": "WARS1",
    "DDX58": "RIGI",
    "CTGF": "CCN2",
    "MARCH1": "MARCHF1",
    "C10orf54": "VSIR",
    "CYR61": "CCN1",
    "H2AFZ": "H2AZ1",
    "FAM101B": "RFLNB",
    "METTL7B": "TMT1B",
    "SEPT2": "SEPTIN2",
    "DARS": "DARS1",
    "GNB2L1": "RACK1",
    "PTRF": "CAVIN1",
    "KIAA0101": "PCLAF",
    "ATP5A1": "ATP5F1A",
    "SEPP1": "SELENOP",
}


def resolved_slowly(name: str) -> tuple[str, str | None]:
    """The rule in plain words: the first step that knows the name answers, if one gene owns it
    there.
    """
    table = gene_table()
    text = clean(name)
    if text in table.approved:
        return "approved", text
    for status, owners in (
        ("previous", table.previous),
        ("alias", table.alias),
        ("ensembl", table.ensembl),
    ):
        if text in owners:
            several = len(set(owners[text].split("|"))) > 1
            return ("ambiguous", None) if several else (status, owners[text])
    return "other", None


@pytest.mark.parametrize(("old", "new"), OLD.items())
def test_symbols_of_2017_are_recovered(old: str, new: str) -> None:
    (found,) = resolve([old])

    assert (found.status, found.symbol) == ("previous", new)


@pytest.mark.parametrize(
    ("name", "status", "symbol"),
    [
        ("TP53", "approved", "TP53"),
        ("p53", "alias", "TP53"),
        ("PD-L1", "alias", "CD274"),
        ("CD20", "previous", "MS4A1"),
        ("ENSG00000141510", "ensembl", "TP53"),
        ("ENSG00000141510.18", "ensembl", "TP53"),
        ("7157", "ncbi", "TP53"),
        (" TP53\t", "approved", "TP53"),
        ("ＴＰ５３", "approved", "TP53"),
        ("TP53\u00a0", "approved", "TP53"),
        ("C6ORF48", "previous", "SNHG32"),
        ("tp53", "unknown", None),
        ("Tp53", "unknown", None),
        ("", "unknown", None),
        ("NOT_A_GENE", "unknown", None),
        ("nan", "unknown", None),
        ("ENSG99999999999", "unknown", None),
        ("ENSG00000141510.18.2", "unknown", None),
    ],
)
def test_each_kind_of_name(name: str, status: str, symbol: str | None) -> None:
    (found,) = resolve([name])

    assert (found.status, found.symbol) == (status, symbol)


def test_an_ambiguous_name_lists_its_candidates_and_chooses_none() -> None:
    (found,) = resolve(["STRA13"])

    assert found.status == "ambiguous"
    assert found.symbol is None
    assert found.candidates == ("BHLHE40", "CENPX")


def test_every_ambiguous_alias_is_reported() -> None:
    table = gene_table()
    several = [
        name for name, owners in table.alias.items() if "|" in owners and name not in table.previous
    ]

    found = resolve(several)

    assert len(several) > 2_000
    assert {item.status for item in found} == {"ambiguous"}
    assert all(item.symbol is None and len(item.candidates) > 1 for item in found)


@pytest.mark.parametrize("symbol", ["CAT", "SET", "MAX", "IMPACT", "NOV2", "REST"])
def test_an_alias_that_is_another_genes_approved_symbol_is_that_gene(symbol: str) -> None:
    (found,) = resolve([symbol])

    if symbol in gene_table().approved:
        assert (found.status, found.symbol) == ("approved", symbol)
    else:
        assert found.status != "approved"


def test_previous_wins_over_alias() -> None:
    table = gene_table()
    both = [
        name for name in table.previous if name in table.alias and "|" not in table.previous[name]
    ]

    found = resolve(both)

    assert len(both) > 50
    assert all(
        item.status == "previous" and item.symbol == table.previous[item.name] for item in found
    )


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("CD8\u0410", "U+0410"),
        ("TP53\u200b", "U+200B"),
        ("\u202eTP53", "U+202E"),
        ("T\u2019P53", "U+2019"),
        ("TP53\x00", "U+0000"),
        ("ΤΡ53", "U+03A4, U+03A1"),
        ("B2M\u0301", "U+1E3E"),
    ],
    ids=["Cyrillic A", "zero width", "right to left", "quote", "NUL", "Greek", "combining"],
)
def test_look_alikes_are_unknown_and_their_code_points_are_told(name: str, points: str) -> None:
    (found,) = resolve([name])

    assert found.status == "unknown"
    assert points in found.note


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["TP53", "B2M", "WARS"], "symbol"),
        (["ENSG00000141510.18", "ENSG00000166710.20", "x"], "ensembl"),
        (["7157", "567", "3105"], "ncbi"),
        (["Gzmb", "Pdcd1", "Tox", "H2-K1"], "mouse_symbol"),
        (["ENSMUSG00000061232", "ENSMUSG00000015437.4"], "mouse_ensembl"),
        (["tp53", "b2m", "gzmb"], "lower_case"),
        (["1-Mar", "2-Sep"], "excel"),
        (["44621", "44806"], "excel"),
        (["foo", "bar"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_kind_of_most_names(names: list[str], kind: str) -> None:
    found = id_type(names)

    assert found.kind == kind
    assert found.total == len(names)
    assert len(found.examples) <= 3


def test_unknown_names_do_not_outvote_known_ones() -> None:
    found = id_type(["ENSG00000141510", *(f"probe_{i}" for i in range(50))])

    assert (found.kind, found.n, found.total) == ("ensembl", 1, 51)


def test_numbers_are_ids_in_a_table_of_numbers_and_dates_among_symbols() -> None:
    ids = resolve(["43847", "7157", "567"])
    mixed = resolve(["44621", "TP53", "B2M"])

    assert [item.status for item in ids] == ["ncbi", "ncbi", "ncbi"]
    assert mixed[0].status == "excel_date"


@given(st.lists(gene_names(), max_size=30))
@settings(deadline=None)
def test_the_rule_in_plain_words(names: list[str]) -> None:
    for item in resolve(names):
        status, symbol = resolved_slowly(item.name)
        if status != "other":
            assert (item.status, item.symbol) == (status, symbol)


@given(st.lists(st.text(max_size=30), max_size=20))
@settings(deadline=None)
def test_no_text_breaks_it(names: list[str]) -> None:
    found = resolve(names)

    assert [item.name for item in found] == names
    assert all(
        (item.symbol is None) == (item.status in ("ambiguous", "excel_date", "unknown"))
        for item in found
    )
    assert all(item.symbol is None or item.symbol in gene_table().approved for item in found)
    assert id_type(names).total == len(names)


@given(st.text(max_size=40))
def test_cleaning_twice_is_cleaning_once(name: str) -> None:
    assert clean(clean(name)) == clean(name)


@given(st.lists(gene_names(), max_size=15), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_names_changes_nothing(names: list[str], random: object) -> None:
    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert {item.name: item for item in resolve(names)} == {
        item.name: item for item in resolve(shuffled)
    }
