"""Dates that a spreadsheet made of gene names: named, never matched."""

from __future__ import annotations

import pytest

from resistype.genes import excel_dates, resolve
from resistype.genes.names import date_symbols, gene_table, is_serial


@pytest.mark.parametrize(
    ("name", "symbols"),
    [
        ("1-Mar", ("MARCHF1", "MTARC1")),
        ("2-Mar", ("MARCHF2", "MTARC2")),
        ("Mar-01", ("MARCHF1", "MTARC1")),
        ("01-Mar", ("MARCHF1", "MTARC1")),
        ("1-Mar-22", ("MARCHF1", "MTARC1")),
        ("2022-03-01", ("MARCHF1", "MTARC1")),
        ("2022-03-01 00:00:00", ("MARCHF1", "MTARC1")),
        ("44621", ("MARCHF1", "MTARC1")),
        ("2-Sep", ("SEPTIN2",)),
        ("Sep-02", ("SEPTIN2",)),
        ("9-SEP", ("SEPTIN9",)),
        ("44443", ("SEPTIN4",)),
        ("44447", ("SEPTIN8",)),
        ("15-Sep", ("SELENOF",)),
        ("1-Dec", ("DELEC1",)),
    ],
)
def test_what_a_date_may_have_been(name: str, symbols: tuple[str, ...]) -> None:
    assert excel_dates([name]) == {name: symbols}


@pytest.mark.parametrize(
    "name",
    [
        "TP53",
        "MARCH1",
        "SEPT2",
        "MARCHF1",
        "1-Jan",
        "31-Mar",
        "1-Foo",
        "44700",
        "12345",
        "99999",
        "2022-13-01",
        "2022-03-01 10:30:00",
        "",
        "1" * 500,
        "1-Mar" * 100,
        "1-8U",
    ],
)
def test_what_is_no_date(name: str) -> None:
    assert excel_dates([name]) == {}


def test_they_are_never_matched() -> None:
    found = resolve(["1-Mar", "TP53", "44621"])

    assert [item.symbol for item in found] == [None, "TP53", None]
    assert found[0].candidates == ("MARCHF1", "MTARC1")


def test_the_old_symbols_themselves_are_no_dates() -> None:
    found = resolve(["MARCH1", "SEPT2"])

    assert [item.symbol for item in found] == ["MARCHF1", "SEPTIN2"]


def test_every_septin_and_march_gene_is_named() -> None:
    """Each gene of the two families that had a date-like symbol is found from that date."""
    table = gene_table()
    for month, prefix in (("Sep", "SEPT"), ("Mar", "MARCH")):
        for day in range(1, 13):
            owner = table.previous.get(f"{prefix}{day}")
            if owner and "|" not in owner:
                assert owner in date_symbols(f"{day}-{month}")


def test_candidates_are_approved_symbols() -> None:
    approved = gene_table().approved
    dates = [
        f"{day}-{month}"
        for day in range(1, 32)
        for month in ("Feb", "Mar", "Apr", "Sep", "Oct", "Nov", "Dec")
    ]

    assert all(symbol in approved for symbols in excel_dates(dates).values() for symbol in symbols)


@pytest.mark.parametrize(
    ("name", "answer"), [("44621", True), ("36525", False), ("51501", False), ("4462", False)]
)
def test_serials_are_days_of_this_century(name: str, answer: bool) -> None:
    assert is_serial(name) is answer
