"""From files and memory to an Expression: real cohorts, and the same answer whatever the route."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resistype.errors import ExpressionError, ExpressionWarning, GeneNameWarning
from resistype.expression import Expression, ReadOptions, as_expression, read_expression
from tests.expression.build import COUNTS, GENES, LOGS, SAMPLES, annotated, dense, frame, write_h5ad
from tests.strategies import Matrix, matrices

REAL = {
    "riaz_pairs/counts.symbols.parquet": ((109, 22_141), "counts", "rows"),
    "gide/Gide_melanoma_PD1.expr.parquet": ((41, 19_961), "log2_small_offset", "rows"),
    "hugo/Hugo_melanoma_PD1.expr.parquet": ((27, 19_961), "log2_small_offset", "rows"),
    "mariathasan_bladder/Mariathasan_bladder_small.expr.parquet": (
        (195, 1_768),
        "log2_small_offset",
        "rows",
    ),
    "tcga_skcm/log2tpm1.parquet": ((472, 18_863), "log2", "rows"),
    "philip_mouse/normalized_counts.symbols.parquet": ((38, 20_065), "counts", "rows"),
    "compass_scores/toy_data.csv": ((10, 15_672), "tpm", "columns"),
    "sadefeldman_cells/sadefeldman_550.h5ad": ((550, 3_523), "log2", None),
    "scirpy_tcr/wu2020_200_v0_6.h5ad": ((200, 3_000), "counts", None),
    "scimap_spatial/scimap_example.h5ad": ((3_029, 33), "unknown", None),
}


@pytest.mark.parametrize("name", REAL)
def test_real_data_are_read_for_what_they_are(shared: Path, name: str) -> None:
    shape, unit, genes_in = REAL[name]
    start = time.perf_counter()

    data = read_expression(shared / "data" / name)

    print(f"{name}: {time.perf_counter() - start:.2f} s")
    assert (data.n_obs, data.n_genes) == shape
    assert data.unit == unit
    if genes_in:
        assert data.notes[0].startswith(f"Genes are in {genes_in}: ")
    assert all(note.endswith(".") for note in data.notes)
    assert data.digest == hashlib.sha256((shared / "data" / name).read_bytes()).hexdigest()


def test_riaz_is_read_twice_alike(shared: Path) -> None:
    path = shared / "data/riaz_pairs/counts.symbols.parquet"
    read_expression(path)
    start = time.perf_counter()

    data = read_expression(path)
    log2 = data.log2(data.index.match(["CD8A", "B2M"]).columns)

    print(f"riaz: {time.perf_counter() - start:.2f} s")
    assert log2.shape == (109, 2)


def test_riaz_is_what_pandas_reads(shared: Path) -> None:
    path = shared / "data/riaz_pairs/counts.symbols.parquet"
    table = pd.read_parquet(path)
    data = read_expression(path)

    assert data.genes == tuple(table.index)
    assert data.samples == tuple(table.columns)
    assert np.array_equal(data.values, table.to_numpy().T)
    wanted = np.log2(table.loc["CD8A"] / table.sum() * 1e6 + 1)
    assert np.allclose(data.log2(np.array([data.genes.index("CD8A")]))[:, 0], wanted, rtol=1e-12)


def test_cohorts_of_the_small_offset_have_their_floor_at_zero(shared: Path) -> None:
    data = read_expression(shared / "data/gide/Gide_melanoma_PD1.expr.parquet")

    assert np.allclose(data.floor(), np.log2(0.001), atol=1e-4)
    assert 0 <= data.log2().min() < 1e-6


def test_the_notes_are_sentences_for_a_report(shared: Path) -> None:
    data = read_expression(shared / "data/gide/Gide_melanoma_PD1.expr.parquet")

    assert data.notes == (
        (
            "Genes are in rows: 1,910 of 1,997 row names (picked from 19,961) are approved gene"
            " symbols, 0 of 41 column names are known genes."
        ),
        (
            "Values are read as log2(TPM + 0.001) (recognised by the minimum -9.966 = log2(0.001),"
            " the largest 14.2; unit= says otherwise)."
        ),
        "19,355 of 19,961 gene names are gene symbols (TSPAN6, TNMD, DPM1).",
    )


def routes(folder: Path, table: pd.DataFrame) -> dict[str, Expression]:
    """The same table through every way in."""
    folder.mkdir(exist_ok=True)
    upright, turned = table, table.T
    upright.to_csv(folder / "a.csv")
    turned.to_csv(folder / "b.tsv", sep="\t")
    turned.to_csv(folder / "c.csv.gz")
    upright.to_parquet(folder / "d.parquet")
    turned.rename_axis("gene").reset_index().to_parquet(folder / "e.pq")
    files = {
        name: read_expression(folder / name)
        for name in ("a.csv", "b.tsv", "c.csv.gz", "d.parquet", "e.pq")
    }
    h5ad = read_expression(write_h5ad(folder / "f.h5ad", table.to_numpy(dtype=np.float64)))
    memory = {
        "frame": as_expression(table),
        "AnnData": as_expression(annotated(table.to_numpy(dtype=np.float64))),
    }
    return {**files, "h5ad": h5ad, **memory}


@pytest.mark.parametrize("values", [COUNTS, LOGS, np.round(COUNTS / 7, 2)])
def test_every_route_gives_the_same_answer(tmp_path: Path, values: np.ndarray) -> None:
    found = routes(tmp_path, frame(values))

    assert {(data.genes, data.samples, data.unit) for data in found.values()} == {
        (GENES, SAMPLES, found["frame"].unit)
    }
    assert {dense(data.values).tobytes() for data in found.values()} == {values.tobytes()}


@settings(max_examples=25)
@given(matrix=matrices(min_genes=3), data=st.data())
def test_a_file_is_read_the_same_either_way_up(
    tmp_path_factory: pytest.TempPathFactory, matrix: Matrix, data: st.DataObject
) -> None:
    values = matrix.values + data.draw(st.sampled_from([0.0, 0.5]))
    values[0, 0] += 3
    table = pd.DataFrame(values, matrix.samples, matrix.genes)
    folder = tmp_path_factory.mktemp("way")
    table.to_csv(folder / "a.csv")
    table.T.to_csv(folder / "b.csv")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("resistype.expression.checks.warn", lambda *_, **__: None)
        first, second = (read_expression(folder / name) for name in ("a.csv", "b.csv"))

    assert (first.genes, first.samples, first.unit) == (second.genes, second.samples, second.unit)
    assert first.values.tobytes() == second.values.tobytes()


def test_an_expression_is_passed_through() -> None:
    data = as_expression(frame())

    assert as_expression(data) is data


def test_a_path_may_be_text(tmp_path: Path) -> None:
    frame().to_csv(tmp_path / "a.csv")

    assert as_expression(str(tmp_path / "a.csv")).source == str(tmp_path / "a.csv")


def test_a_frame_is_neither_changed_nor_watched() -> None:
    table = frame(COUNTS).astype(float)
    before = table.copy()
    data = as_expression(table, ReadOptions(case="fold"))
    data.log2()

    pd.testing.assert_frame_equal(table, before)
    table.iloc[0, 0] = 1e6
    assert data.values[0, 0] == COUNTS[0, 0]


def test_what_was_asked_for_is_noted(tmp_path: Path) -> None:
    table = frame(COUNTS, genes=("cd8a", *GENES[1:-1], " CD8A"))

    data = as_expression(table, ReadOptions(case="fold", duplicates="sum", unit="counts"))

    assert data.genes == GENES[:-1]
    assert np.array_equal(data.values[:, 0], COUNTS[:, 0] + COUNTS[:, 7])
    assert data.notes == (
        "1 gene name was cleaned of spaces or Ensembl versions (' CD8A' → CD8A).",
        "case='fold': 1 gene name was turned into upper case.",
        "Values are read as raw counts (given by unit=).",
        "1 gene name occurred more than once (CD8A x2); duplicates='sum' was applied.",
        "7 of 7 gene names are gene symbols (CD8A, B2M, TAP1).",
    )


def test_genes_in_rows_of_a_frame_when_that_is_said() -> None:
    data = as_expression(frame().T, ReadOptions(orientation="genes_x_samples"))

    assert (data.samples, data.genes) == (SAMPLES, GENES)
    assert data.values.flags.c_contiguous


def test_an_orientation_that_is_named_is_believed(tmp_path: Path) -> None:
    frame(genes=tuple("abcdefgh")).to_csv(tmp_path / "a.csv")

    data = read_expression(tmp_path / "a.csv", ReadOptions(orientation="samples_x_genes"))

    assert data.samples == SAMPLES


def test_ensembl_ids_are_accepted_and_told() -> None:
    ids = tuple(f"ENSG{number:011d}.{number % 10}" for number in range(141510, 141518))

    data = as_expression(frame(genes=ids))

    assert data.genes[0] == "ENSG00000141510"
    assert data.index.match(["TP53"]).columns.tolist() == [0]
    assert (
        "8 of 8 gene names are Ensembl ids (ENSG00000141510, ENSG00000141511, ENSG00000141512)."
        in data.notes
    )


def test_missing_values_that_are_kept() -> None:
    table = frame()
    table.iloc[1, 3] = np.nan

    data = as_expression(table, ReadOptions(nan="drop"))

    assert np.isnan(data.values[1, 3])
    assert "1 missing value in 1 gene x 1 sample stay missing" in data.notes[0]


def test_integers_and_small_floats_become_numbers_of_ours() -> None:
    assert as_expression(frame(COUNTS).astype("i4")).values.dtype == np.float64
    assert as_expression(frame().astype("f4")).values.dtype == np.float32
    assert as_expression(frame().astype("f2")).values.dtype.kind == "f"


def broken(**cells: Any) -> pd.DataFrame:
    """The small frame with some cells changed: ``r1c2=value``."""
    table = frame(COUNTS).astype(object)
    for place, value in cells.items():
        row, column = place[1:].split("c")
        table.iloc[int(row), int(column)] = value
    return table


def csv(text: str) -> Any:
    """A writer of a csv file."""

    def write(folder: Path) -> Path:
        (folder / "m.csv").write_text(text)
        return folder / "m.csv"

    return write


UNCLEAR = (
    "E702 It is unclear which side of {path} holds the genes: 0 of 2 row names are known genes, 0"
    ' of 2 column names are known genes. Pass orientation="samples_x_genes" or'
    ' orientation="genes_x_samples".'
)
CASES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "transposed frame": (
        frame().T,
        {},
        (
            "E701 Genes seem to be in rows: 8 of 8 row names are approved gene symbols, 0 of 4"
            " column names are known genes. resistype wants samples x genes; pass"
            ' orientation="genes_x_samples".'
        ),
    ),
    "transposed by Ensembl ids": (
        frame(genes=tuple(f"ENSG{n:011d}" for n in range(141510, 141518))).T,
        {},
        (
            "E701 Genes seem to be in rows: 8 of 8 row names are Ensembl ids, 0 of 4 column names"
            ' are known genes. resistype wants samples x genes; pass orientation="genes_x_samples".'
        ),
    ),
    "unclear file": (csv("x,a-1,b-1\np,1,2\nq,3,4\n"), {}, UNCLEAR),
    "genes on both sides": (
        csv("x,CD8A,B2M\nTAP1,1,2\nTP53,3,4\n"),
        {},
        (
            "E702 It is unclear which side of {path} holds the genes: 2 of 2 row names are approved"
            " gene symbols, 2 of 2 column names are approved gene symbols. Pass"
            ' orientation="samples_x_genes" or orientation="genes_x_samples".'
        ),
    ),
    "duplicate genes, values differ": (
        frame(COUNTS, genes=(*GENES[:-1], "CD8A")),
        {},
        (
            "E801 1 gene name occurs more than once (CD8A x2); values differ in 1 of them. "
            'Choose duplicates="sum" (counts), mean or max.'
        ),
    ),
    "duplicate genes after cleaning": (
        frame(COUNTS, genes=(*GENES[:-2], " CD8A", "B2M ")),
        {},
        (
            "E801 2 gene names occur more than once (CD8A x2, B2M x2); values differ in 2 of them. "
            'Choose duplicates="sum" (counts), mean or max.'
        ),
    ),
    "duplicate samples": (
        frame(samples=("a", "b", "a", "c")),
        {"duplicates": "sum"},
        (
            "E803 1 sample name occurs more than once (a x2). "
            "Samples are joined by name, so each needs its own; rename or remove them."
        ),
    ),
    "duplicate samples in the header": (
        csv("gene,P-1,P-1\nCD8A,1,2\nB2M,3,4\n"),
        {},
        (
            "E803 1 sample name occurs more than once (P-1 x2). "
            "Samples are joined by name, so each needs its own; rename or remove them."
        ),
    ),
    "sample without a name": (
        frame(samples=("a", " ", "b", "c")),
        {},
        "E804 1 sample has no name (number 2). Name each sample.",
    ),
    "NaN": (
        broken(r0c1=np.nan),
        {},
        (
            "E501 1 missing value in 1 gene x 1 sample (first: B2M in 'P1_pre'). nan=\"error\" is"
            ' the default; nan="drop" ranks each sample over its present genes; do not fill with 0.'
        ),
    ),
    "many NaN": (
        frame(np.where(COUNTS == 0, np.nan, COUNTS)),
        {},
        (
            "E501 10 missing values in 6 genes x 3 samples (first: CD8A in 'P1_pre', GZMA in"
            " 'P1_pre', CXCL9 in 'P1_pre', IFNG in 'P1_post', CD8A in 'P2_pre', …). nan=\"error\""
            ' is the default; nan="drop" ranks each sample over its present genes; do not fill'
            " with 0."
        ),
    ),
    "NaN in a file": (
        csv("gene,P-1,P-2\nCD8A,1,\nB2M,3,NA\n"),
        {},
        (
            "E501 2 missing values in 2 genes x 1 sample (first: CD8A in 'P-2', B2M in 'P-2')."
            ' nan="error" is the default; nan="drop" ranks each sample over its present genes;'
            " do not fill with 0."
        ),
    ),
    "infinite": (
        broken(r3c2=np.inf, r0c0=-np.inf),
        {"nan": "drop"},
        (
            "E502 2 infinite values (first: CD8A in 'P1_pre', TAP1 in 'P2_post'). "
            "log2(0) gives them: add an offset before taking logs, or correct the values."
        ),
    ),
    "text in a frame": (
        broken(r1c4="<LOD"),
        {},
        (
            "E503 1 cell holds text where a number belongs (first: '<LOD' in row 'P1_post', column"
            " 'IFNG'). Correct them, or remove their columns."
        ),
    ),
    "text in a file": (
        csv("gene,P-1,P-2\nCD8A,1,low\nB2M,3,4\n"),
        {},
        (
            "E503 1 cell holds text where a number belongs (first: 'low' in row 'CD8A', column"
            " 'P-2'). Correct them, or remove their columns."
        ),
    ),
    "one value everywhere": (
        frame(np.zeros((4, 8))),
        {},
        (
            "E504 Every value of the matrix is 0. There is nothing to score; check how it was"
            " exported."
        ),
    ),
    "negative counts": (
        broken(r2c1=-3),
        {},
        (
            "E403 Values reach 18,214 but 1 is negative (first: B2M in 'P2_pre'). Counts and TPM"
            " have no negative values, and logs no such large ones. Correct them, or say what they"
            " are with unit=."
        ),
    ),
    "negative counts that are said to be counts": (
        broken(r2c1=-3),
        {"unit": "counts"},
        (
            'E401 Values are negative in places (lowest -3.00) but unit="counts" was given. '
            "Correct it, or leave it out."
        ),
    ),
    "counts said to be log2": (
        frame(COUNTS),
        {"unit": "log2"},
        (
            'E401 Values look like raw counts (integers, max 18,214) but unit="log2" was given. '
            "Correct it, or leave it out."
        ),
    ),
    "scaled": (
        frame(np.array([[-1.5, 1.5] * 4] * 4)),
        {},
        (
            "E402 Values look centred or scaled (from -1.50 to 1.50 around a mean of 0.00). Genes"
            " of such a sample cannot be ranked against each other. Give counts, TPM or log2"
            " values, or pass allow_scaled=True."
        ),
    ),
    "sum of logs": (
        frame(LOGS, genes=(*GENES[:-1], "CD8A")),
        {"duplicates": "sum"},
        (
            "E802 duplicates=\"sum\" adds linear values, but the unit is 'log2'. Choose mean, max"
            " or first."
        ),
    ),
    "no rows": (
        frame().iloc[:0],
        {},
        "E301 The matrix has 0 rows and 8 columns of values. A matrix needs at least one of each.",
    ),
    "no columns": (
        frame().iloc[:, :0],
        {},
        "E301 The matrix has 4 rows and 0 columns of values. A matrix needs at least one of each.",
    ),
    "no such file": (
        lambda folder: folder / "m.csv",
        {},
        "E300 There is no file {path}. Check the path.",
    ),
    "unknown kind of file": (
        lambda folder: Path((folder / "m.xlsx").write_bytes(b"PK") and folder / "m.xlsx"),
        {},
        (
            "E301 {path} holds no table of values: it has 1 line of at most 1 column. A"
            " matrix needs a header line with names, rows of values, and commas, tabs or semicolons"
            " between the columns."
        ),
    ),
    "an array": (
        COUNTS,
        {},
        (
            "E309 Got ndarray; wanted a DataFrame (samples x genes), an AnnData, or the path of a"
            " file."
        ),
    ),
    "nothing": (
        None,
        {},
        (
            "E309 Got NoneType; wanted a DataFrame (samples x genes), an AnnData, or the path of a"
            " file."
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_named_exactly(tmp_path: Path, case: str) -> None:
    made, options, message = CASES[case]
    data = made(tmp_path) if callable(made) else made

    with pytest.raises(ExpressionError) as caught:
        as_expression(data, ReadOptions(**options))

    assert str(caught.value) == message.replace("{path}", str(data))


def test_there_are_more_than_twenty_cases() -> None:
    assert len(CASES) >= 20


@pytest.mark.parametrize(
    ("data", "category", "code"),
    [
        (frame(genes=tuple(name.lower() for name in GENES)), GeneNameWarning, "W902"),
        (frame(genes=(*GENES[:-1], "1-Mar")), GeneNameWarning, "W901"),
        (frame(np.where(np.arange(4)[:, None] == 2, 0.0, COUNTS)), ExpressionWarning, "W401"),
    ],
    ids=["lower case", "Excel dates", "a sample of zeros"],
)
def test_what_needs_action_warns_and_is_noted(
    data: pd.DataFrame, category: type[Warning], code: str
) -> None:
    with pytest.warns(category, match=f"^{code} ") as caught:
        got = as_expression(data)

    text = str(caught[0].message).removeprefix(f"{code} ")
    assert len(caught) == 1
    assert any(text.startswith(note) for note in got.notes), "what warns is in the report too"
    assert got.n_obs == 4, "no sample is lost"
