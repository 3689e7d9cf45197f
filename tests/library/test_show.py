"""What a person sees of the library: a table, and a page a signature."""

from __future__ import annotations

import pytest

from resistype.library import Library, list_frame, load_library, show


def test_the_table_has_a_row_a_signature() -> None:
    library = load_library()
    table = list_frame(library)

    assert list(table.index) == list(library)
    assert table.loc["jerby_resu", "down"] == len(library["jerby_resu"].down)
    assert set(table["status"]) <= {"verified", "secondary", "proxy", "recalled"}


def test_an_empty_library_gives_an_empty_table_with_its_columns() -> None:
    table = list_frame(Library())

    assert table.empty
    assert "status" in table.columns


@pytest.mark.parametrize("key", sorted(load_library()))
def test_every_signature_fits_a_terminal_and_hides_nothing(key: str) -> None:
    item = load_library()[key]
    text = show(item)
    words = text.split()

    assert max(map(len, text.splitlines())) <= 100 or "/" in text
    assert set(item.genes) <= set(words)
    assert item.content_hash in words
    assert f"{item.status} (identifiers: {item.source.identifier_status})" in text


def test_no_promise_is_printed() -> None:
    text = show(load_library()["benci_isg_rs"])

    assert "no prediction of response" in text


def test_changed_and_dropped_names_are_shown() -> None:
    text = show(load_library()["imv_gene19"])

    assert "CTGF → CCN2" in text
    assert "LOC541471" in show(load_library()["jerby_tme_t_cd4_treg"])
