"""csv, tsv and gct, as programs write them and as people break them."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resistype.errors import ExpressionError
from resistype.expression import ReadOptions, read_expression
from resistype.expression.tables import Table
from resistype.expression.tables import read_text as _read_text
from resistype.safe.tables import content
from tests.expression.build import GENES, LOGS, SAMPLES, frame
from tests.strategies import Matrix, matrices


def read_text(path: Path, names: str | None = None) -> Table:
    return _read_text(path, content(path).data, ReadOptions(gene_names=names))


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def written(folder: Path, text: str, name: str = "a.csv") -> Path:
    file = folder / name
    file.write_bytes(text.encode())
    return file


@pytest.mark.parametrize("sep", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_and_line_ends(tmp_path: Path, sep: str, end: str) -> None:
    text = frame().to_csv(sep=sep, lineterminator=end)

    table = read_text(written(tmp_path, text))

    assert np.array_equal(table.values, LOGS)
    assert (table.rows, table.columns) == (SAMPLES, GENES)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(matrix=matrices(cells=NUMBERS))
def test_every_number_is_read_to_the_last_bit(tmp_path: Path, matrix: Matrix) -> None:
    """pandas' own parser is off by one bit for some."""
    given = pd.DataFrame(matrix.values, matrix.samples, matrix.genes)

    assert np.array_equal(read_text(written(tmp_path, given.to_csv())).values, matrix.values)


def test_gzip_is_found_by_its_first_bytes(tmp_path: Path) -> None:
    for name in ("a.tsv.gz", "named_wrongly.tsv"):
        (tmp_path / name).write_bytes(gzip.compress(frame().to_csv(sep="\t").encode()))

        assert np.array_equal(read_text(tmp_path / name).values, LOGS)


def test_r_leaves_out_the_name_of_the_first_column(tmp_path: Path) -> None:
    text = frame().to_csv().replace(",CD8A", "CD8A", 1)

    assert read_text(written(tmp_path, text)).columns == GENES


@pytest.mark.parametrize(
    ("text", "rows", "columns"),
    [
        ('"","P1","P2"\n"CD8A",1,2\n"B2M, beta-2",3,4\n', ("CD8A", "B2M, beta-2"), ("P1", "P2")),
        ("# Program:featureCounts\nGeneid\tP1\nCD8A\t5\n", ("CD8A",), ("P1",)),
        ("\ufeffgene,P1\nCD8A,1\n", ("CD8A",), ("P1",)),
        ("gene,P1,P1\nCD8A,1,2\n", ("CD8A",), ("P1", "P1")),
        ("gene,P1\nCD8A,1\n\nB2M,2\n\n", ("CD8A", "B2M"), ("P1",)),
        ("gene,P1\nNA,1\nnan,2\n", ("NA", "nan"), ("P1",)),
        ("gene, P1 , P2\nCD8A,1,2", ("CD8A",), ("P1", "P2")),
        ("gene,P1\nCD8A,1e-3\nB2M,.5\n", ("CD8A", "B2M"), ("P1",)),
    ],
    ids=[
        "quotes",
        "comment",
        "byte mark",
        "repeated header",
        "blank lines",
        "NA is a name",
        "spaces",
        "number forms",
    ],
)
def test_forms_of_tables(
    tmp_path: Path, text: str, rows: tuple[str, ...], columns: tuple[str, ...]
) -> None:
    table = read_text(written(tmp_path, text))

    assert (table.rows, table.columns) == (rows, columns)
    assert np.isfinite(table.values).all()


def test_a_gct_file(tmp_path: Path) -> None:
    text = "#1.2\n2\t2\nName\tDescription\tP1\tP2\nCD8A\tCD8 alpha\t1\t2\nB2M\tna\t3\t4\n"

    table = read_text(written(tmp_path, text, "a.gct"))

    assert table.rows == ("CD8A", "B2M")
    assert table.values.tolist() == [[1, 2], [3, 4]]
    assert table.notes == (
        "The file is laid out as GCT 1.2: a first line #1.2.",
        "1 column of text was set aside and not read as values: 'Description'.",
    )


def test_a_table_of_cbioportal(tmp_path: Path) -> None:
    file = written(tmp_path, "Hugo_Symbol\tEntrez_Gene_Id\tP1\nCD8A\t925\t4.5\n\t1001\t3\n")

    data = read_expression(file)

    assert (data.genes, data.samples) == (("CD8A",), ("P1",)), "the Entrez id is not a sample"
    assert "1 row without a gene symbol was set aside." in data.notes
    assert any(note.endswith("values: Entrez_Gene_Id.") for note in data.notes)


def test_another_column_may_hold_the_names(tmp_path: Path) -> None:
    text = "gene_id,gene_name,P1\nENSG1,CD8A,1\nENSG2,B2M,2\n"

    table = read_text(written(tmp_path, text), names="gene_name")

    assert (table.rows, table.columns) == (("CD8A", "B2M"), ("P1",))
    assert table.notes == ("1 column of text was set aside and not read as values: 'gene_id'.",)


@pytest.mark.parametrize("gap", ["", "NA", "NaN", "nan", "null", "N/A", "#N/A"])
def test_gaps_are_missing_values(tmp_path: Path, gap: str) -> None:
    table = read_text(written(tmp_path, f"gene,P1,P2\nCD8A,{gap},1\n"))

    assert np.isnan(table.values).tolist() == [[True, False]]


def test_a_wide_table_is_read(tmp_path: Path) -> None:
    wide = pd.DataFrame(
        np.arange(3 * 20_000.0).reshape(3, -1), columns=[f"G{n}" for n in range(20_000)]
    )

    assert np.array_equal(read_text(written(tmp_path, wide.to_csv())).values, wide.to_numpy())


CELLS = (
    "E503 1 cell holds text where a number belongs (first: {}). Correct them, or remove their"
    " columns."
)
BAD = {
    "text": ("gene,P1,P2\nCD8A,1,high\n", CELLS.format("'high' in row 'CD8A', column 'P2'")),
    "two tables": (
        "gene,P1\nCD8A,1\ngene,P1\nB2M,2\n",
        CELLS.format("'P1' in row 'gene', column 'P1'"),
    ),
    "many cells": (
        "gene,P1,P2,P3\nA,x,x,x\nB,x,x,x\n",
        (
            "E503 6 cells hold text where a number belongs (first: 'x' in row 'A', column 'P1', 'x'"
            " in row 'A', column 'P2', 'x' in row 'A', column 'P3', 'x' in row 'B', column 'P1',"
            " 'x' in row 'B', column 'P2', …). Correct them, or remove their columns."
        ),
    ),
    "decimal commas": (
        "gene;P1;P2\nCD8A;1,523;2\n",
        (
            "E503 1 cell holds text where a number belongs (first: '1,523' in row 'CD8A', column"
            " 'P1'). Their commas can be marks of thousands or of decimals: write 1234, or 1.234."
        ),
    ),
    "uneven lines": (
        "gene,P1,P2\nCD8A,1,2\nB2M,3\nTAP1,4,5,6\n",
        (
            "E506 {file}: 2 lines have not 3 fields like the header (line 3 has 2, line 4 has 4)."
            " Correct them."
        ),
    ),
    "empty": (
        "",
        (
            "E301 {file} holds no table of values: it has 0 lines of at most 0 columns. A matrix"
            " needs a header line with names, rows of values, and commas, tabs or semicolons"
            " between the columns."
        ),
    ),
    "header only": (
        "gene,P1,P2\n",
        (
            "E301 {file} holds no table of values: it has 1 line of at most 3 columns. A matrix"
            " needs a header line with names, rows of values, and commas, tabs or semicolons"
            " between the columns."
        ),
    ),
    "one column": (
        "gene\nCD8A\nB2M\n",
        (
            "E301 {file} holds no table of values: it has 2 lines of at most 1 column. A matrix"
            " needs a header line with names, rows of values, and commas, tabs or semicolons"
            " between the columns."
        ),
    ),
    "nul": (
        "gene,P1\x00\nCD8A,1\n",
        "E308 {file} is not plain text in UTF-8. Save it as csv or tsv in UTF-8.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_text_is_named(tmp_path: Path, case: str) -> None:
    text, message = BAD[case]
    file = written(tmp_path, text)

    with pytest.raises(ExpressionError) as caught:
        read_text(file)

    assert str(caught.value) == message.replace("{file}", str(file))


def test_utf_16_of_excel(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("gene,P1\nCD8A,1\n".encode("utf-16"))

    table = read_text(tmp_path / "a.csv")

    assert (table.rows, table.columns) == (("CD8A",), ("P1",))
    assert table.notes == ("The file was decoded from UTF-16.",)


def test_decimal_commas(tmp_path: Path) -> None:
    table = read_text(written(tmp_path, "gene;P1;P2\nCD8A;1,5;2\nB2M;1,523;0,1\n"))

    assert table.values.tolist() == [[1.5, 2.0], [1.523, 0.1]]
    assert table.notes == ("Decimals are written with a decimal comma, and were read so.",)


def test_letters_of_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("gene,P1\nCD8A,Übel\n".encode("latin-1"))

    with pytest.raises(ExpressionError, match="E503 1 cell holds text"):
        read_text(tmp_path / "a.csv")


def test_a_column_of_names_that_is_not_there(tmp_path: Path) -> None:
    file = written(tmp_path, "gene,P1\nCD8A,1\n")

    with pytest.raises(ExpressionError) as caught:
        read_text(file, names="symbol")

    assert (
        str(caught.value)
        == f"E311 {file} has no column 'symbol' for gene_names=; its first columns are: gene, P1."
    )


def test_a_cut_gzip_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(frame().to_csv().encode())[:-20])

    with pytest.raises(ExpressionError, match=r"E306 .*a\.csv\.gz: it is not a whole gzip file"):
        read_expression(tmp_path / "a.csv.gz")


def test_a_gzip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resistype.safe.tables.FREE", 1 << 16)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"0" * 50_000_000))

    with pytest.raises(ExpressionError) as caught:
        read_expression(tmp_path / "a.csv.gz")

    assert (
        str(caught.value)
        == f"E307 {tmp_path / 'a.csv.gz'}: it unpacks to more than 200 times its size. Unpack it"
        " yourself if you trust it."
    )
