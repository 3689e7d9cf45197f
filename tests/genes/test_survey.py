"""One survey of the names of a matrix against the slow way: every name by itself, as the rule
says it.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.genes import GeneIndex, clean, excel_dates, id_type, resolve
from resistype.genes.match import RANK
from resistype.genes.names import (
    _KEPT,
    KEPT,
    MANY,
    _kind_by_shape,
    date_symbols,
    gene_table,
    mouse_table,
    survey,
)
from resistype.genes.orthologs import ranked_human
from tests.strategies import gene_names

TABLE, MICE = gene_table(), mouse_table()
ODD = (
    *(
        "1-Mar",
        "Mar-01",
        "2022-03-01",
        "44621",
        "36525",
        "7157",
        " TP53",
        "TP53\t",
        "tp53",
        "Gzmb",
        "gzmb",
        "",
        " ",
    ),
    *(
        "ENSG00000141510.18",
        "ENSG00000141510",
        "ENSMUSG00000059552.3",
        "ENSMUSG00000059552",
        "ENSG00000141510.1.2",
    ),
    *(
        "\u0425",
        "\uff34P53",
        "TP53\u200b",
        "TP53",
        "MARCH1",
        "p53",
        "A\nB",
        "A\n1-Mar",
        "1-Mar\n",
        "\u00b2\u00b2\u00b2\u00b2\u00b2",
    ),
    *(
        "1-Mar-22",
        "12 Dec",
        "Sept-9 x",
        "unknown_1",
        "HLA-A",
        "a",
        "T",
        "Sept2",
        "44621.0",
        "ENSABCG00000141510.2",
    ),
)
NAMES = st.lists(st.one_of(st.sampled_from(ODD), gene_names(), st.text(max_size=6)), max_size=30)


def slow_kind(name: str) -> str:
    text = clean(name)
    if text in TABLE.approved:
        return "symbol"
    if text in MICE.symbols:
        return "mouse_symbol"
    if text in TABLE.previous or text in TABLE.alias:
        return "symbol"
    return _kind_by_shape(text, TABLE)


def slow_id_type(names: list[str]) -> tuple[str, int, int, tuple[str, ...]]:
    kinds = [slow_kind(name) for name in names]
    known = [(kind, n) for kind, n in Counter(kinds).most_common() if kind != "unknown"]
    kind, n = known[0] if known else ("unknown", len(kinds))
    return (
        kind,
        n,
        len(kinds),
        tuple([name for name, own in zip(names, kinds, strict=True) if own == kind][:3]),
    )


def slow_dates(names: list[str]) -> dict[str, tuple[str, ...]]:
    known = TABLE.approved, TABLE.previous, TABLE.alias, TABLE.ncbi
    texts = [name.strip() for name in names]
    found = {
        text: date_symbols(text) for text in texts if not any(text in group for group in known)
    }
    return {name: symbols for name, symbols in found.items() if symbols}


def slow_columns(names: list[str], species: str) -> dict[str, tuple[int, int]]:
    """Rank and column of each symbol; -1 where two have the same right to it."""
    best: dict[str, tuple[int, int]] = {}
    for column, (name, item) in enumerate(zip(names, resolve(names), strict=True)):
        rank, symbol = (
            ranked_human(clean(name))
            if species == "mouse"
            else (RANK.get(item.status, 9), item.symbol)
        )
        if symbol is not None and (symbol not in best or rank < best[symbol][0]):
            best[symbol] = rank, column
        elif symbol is not None and rank == best[symbol][0]:
            best[symbol] = rank, -1
    return best


@settings(deadline=None, max_examples=300)
@given(NAMES)
def test_a_survey_says_what_every_name_says_by_itself(names: list[str]) -> None:
    found = id_type(names)

    assert (found.kind, found.n, found.total, found.examples) == slow_id_type(names)
    assert list(excel_dates(names).items()) == list(slow_dates(names).items())
    assert survey(names).cleaned == tuple(map(clean, names))


@settings(deadline=None, max_examples=300)
@given(NAMES, st.sampled_from(["human", "mouse"]))
def test_symbols_find_the_columns_they_found_one_by_one(names: list[str], species: str) -> None:
    index = GeneIndex(names, species=species)  # type: ignore[arg-type]

    assert {symbol: way[:2] for symbol, way in index._by_symbol.items()} == slow_columns(
        names, species
    )
    assert index._seen.repeated == {name for name, n in Counter(map(clean, names)).items() if n > 1}
    assert all(index._seen.places[clean(name)] <= column for column, name in enumerate(names))


@pytest.mark.parametrize(
    "names",
    [
        [*sorted(TABLE.approved)[:3000], *ODD],
        [f"{name}.4" for name in sorted(TABLE.ensembl)[:3000]],
        [*sorted(MICE.human_of)[:3000], "Mar-01"],
        sorted(TABLE.ncbi)[:3000],
        [*sorted(TABLE.alias)[:1500], *sorted(TABLE.previous)[:1500]],
    ],
    ids=["symbols and odd ones", "Ensembl with versions", "mouse", "NCBI", "old names"],
)
def test_long_lists_are_as_short_ones_and_kept(names: list[str]) -> None:
    first = survey(tuple(names))

    assert first is survey(tuple(names))
    assert first.cleaned == tuple(map(clean, names))
    found = first.ids
    assert (found.kind, found.n, found.total, found.examples) == slow_id_type(names)
    assert first.dates == slow_dates(names)
    again = survey(first.cleaned)
    assert (again.ids.kind, again.ids.n, again.dates) == (
        *slow_id_type([*first.cleaned])[:2],
        slow_dates([*first.cleaned]),
    )


def test_eight_surveys_are_kept() -> None:
    for number in range(2 * KEPT):
        survey(tuple(f"G{number}_{place}" for place in range(MANY)))

    assert len(_KEPT) == KEPT
