"""Layouts: files of one sample are joined, those of portals read, and every refusal's remedy
works.
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from resistype.cli import main
from resistype.errors import ExpressionError
from resistype.expression import ReadOptions, collect, read_expression
from resistype.expression.layouts import LAYOUTS
from tests.expression.build import COUNTS, GENES, SAMPLES, frame

IDS = tuple(f"ENSG0000000000{k}.{k + 1}" for k in range(8))
LENGTHS = np.arange(8) * 100.0 + 500


def rsem(counts: np.ndarray) -> str:
    table = pd.DataFrame(
        {"gene_id": IDS, "transcript_id(s)": "ENST1", "length": LENGTHS,
         "effective_length": LENGTHS - 150, "expected_count": counts + 0.25, "TPM": counts / 2,
         "FPKM": counts / 3}
    )  # fmt: skip
    return table.to_csv(sep="\t", index=False)


def star(counts: np.ndarray) -> str:
    top = [f"{name}\t9\t9\t9" for name in ("N_unmapped", "N_multimapping", "N_noFeature")]
    rows = [f"{gene}\t{n}\t{n // 2}\t{n - n // 2}" for gene, n in zip(IDS, counts, strict=True)]
    return "\n".join([*top, *rows]) + "\n"


def htseq(counts: np.ndarray) -> str:
    rows = [f"{gene}\t{n}" for gene, n in zip(IDS, counts, strict=True)]
    return "\n".join([*rows, "__no_feature\t77", "__ambiguous\t5"]) + "\n"


def gdc(counts: np.ndarray) -> str:
    header = (
        "gene_id\tgene_name\tgene_type\tunstranded\tstranded_first\tstranded_second"
        "\ttpm_unstranded\tfpkm_unstranded"
    )
    rows = [
        f"{i}\t{g}\tprotein_coding\t{n}\t{n}\t{n}\t{n / 2}\t1"
        for i, g, n in zip(IDS, GENES, counts, strict=True)
    ]
    return "\n".join(["# gene-model: v36", header, "N_unmapped\t\t\t5\t5\t5\t\t", *rows]) + "\n"


def salmon(counts: np.ndarray) -> str:
    rows = [f"{gene}\t900\t750.5\t{n / 2}\t{n}" for gene, n in zip(IDS, counts, strict=True)]
    return "\n".join(["Name\tLength\tEffectiveLength\tTPM\tNumReads", *rows]) + "\n"


def stringtie(counts: np.ndarray) -> str:
    header = "Gene ID\tGene Name\tReference\tStrand\tStart\tEnd\tCoverage\tFPKM\tTPM"
    rows = [
        f"{i}\t{g}\t1\t+\t1\t9\t1.5\t2.5\t{n}" for i, g, n in zip(IDS, GENES, counts, strict=True)
    ]
    return "\n".join([header, *rows]) + "\n"


def rcc(counts: np.ndarray) -> str:
    rows = [f"Endogenous,{gene},NM_1.1,{n}" for gene, n in zip(GENES, counts, strict=True)]
    body = "\n".join(["CodeClass,Name,Accession,Count", *rows, "Positive,POS_A(128),ERCC,9000"])
    return f"<Header>\nFileVersion,1.7\n</Header>\n<Code_Summary>\n{body}\n</Code_Summary>\n"


# How a file is written, the end of its name, the column asked for, its factor and offset, rows that
# are no gene.
ONE_EACH: dict[str, tuple[Callable[[np.ndarray], str], str, str | None, float]] = {
    "RSEM": (rsem, ".genes.results", "expected_count", 1.0),
    "RSEM TPM": (rsem, ".genes.results", "TPM", 0.5),
    "STAR": (star, ".ReadsPerGene.out.tab", "unstranded", 1.0),
    "HTSeq": (htseq, ".htseq.counts", None, 1.0),
    "GDC": (gdc, ".rna_seq.augmented_star_gene_counts.tsv", "unstranded", 1.0),
    "GDC TPM": (gdc, ".rna_seq.augmented_star_gene_counts.tsv", "tpm_unstranded", 0.5),
    "salmon by gene": (salmon, ".quant.genes.sf", "NumReads", 1.0),
    "StringTie": (stringtie, ".gene_abund.tab", "TPM", 1.0),
    "RCC": (rcc, ".RCC", None, 1.0),
}


def written(folder: Path, kind: str) -> list[Path]:
    write, ending, _, _ = ONE_EACH[kind]
    files = [folder / f"{name}{ending}" for name in SAMPLES]
    for file, counts in zip(files, COUNTS.astype(int), strict=True):
        file.write_text(write(counts))
    return files


@pytest.mark.parametrize("kind", ONE_EACH)
def test_files_of_one_sample_are_refused_and_the_remedy_works(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = written(tmp_path, kind)
    _, ending, column, factor = ONE_EACH[kind]
    with pytest.raises(ExpressionError, match=r"E318 .* holds one sample") as caught:
        read_expression(files[0])
    words = str(caught.value).partition("Join the files of all samples: ")[2].split()
    assert words[:3] == ["resistype", "collect", f"*{ending}"]

    monkeypatch.chdir(tmp_path)
    more = ["--column", column] if column else []
    with pytest.raises(SystemExit) as end:
        main(["collect", *map(str, files), *more, "--out", "matrix.parquet"])
    data = read_expression("matrix.parquet")

    assert end.value.code == 0
    assert data.samples == SAMPLES
    values = np.asarray(data.values) - (0.25 if kind == "RSEM" else 0)
    assert np.array_equal(values, COUNTS.astype(int) * factor)
    assert [one for one in data.genes if one.startswith(("N_", "__", "POS_"))] == []


def test_the_strand_of_star_has_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(ExpressionError, match=r"E318 .*--column .*unstranded, forward, reverse"):
        collect(written(tmp_path, "STAR"))


def test_files_that_do_not_go_together(tmp_path: Path) -> None:
    files = written(tmp_path, "HTSeq")
    files[1].write_text(htseq(COUNTS[1].astype(int)).replace(IDS[0], "ENSG00000000099"))

    with pytest.raises(ExpressionError, match=r"E320 .*other genes than P1_pre: P1_post"):
        collect(files)
    with pytest.raises(ExpressionError, match=r"E320 The files are not of one layout"):
        collect([files[0], *written(tmp_path, "GDC")[1:]])
    frame(COUNTS).T.to_csv(tmp_path / "matrix.csv")
    with pytest.raises(ExpressionError, match=r"E320 .* is not a file of one sample"):
        collect([tmp_path / "matrix.csv"])


def test_every_layout_says_how_it_is_recognised() -> None:
    assert len({one.name for one in LAYOUTS}) == len(LAYOUTS) > 12
    assert all(one.sign for one in LAYOUTS)


def test_results_are_no_matrix(tmp_path: Path) -> None:
    file = tmp_path / "de.csv"
    file.write_text("gene,baseMean,log2FoldChange,lfcSE,padj\nCD8A,10.5,1.2,0.1,0.01\n")

    with pytest.raises(ExpressionError, match=r"E319 .*counts that they were made from"):
        read_expression(file)


def packed(folder: Path, how: str) -> Path:
    text = frame(COUNTS).T.to_csv(sep="\t").encode()
    file = folder / f"matrix.{how}"
    if how == "gz":
        file.write_bytes(gzip.compress(text))
    elif how == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("matrix.tsv", text)
    elif how == "utf16.tsv":
        file.write_bytes(text.decode().encode("utf-16"))
    else:
        frame(COUNTS).T.to_parquet(folder / "m.parquet")
        (folder / "m.parquet").rename(file)
    return file


@pytest.mark.parametrize("how", ["gz", "zip", "utf16.tsv", "dat"])
def test_what_a_file_is_shows_in_its_bytes(tmp_path: Path, how: str) -> None:
    data = read_expression(packed(tmp_path, how))

    assert (data.samples, data.genes) == (SAMPLES, GENES)
    assert np.array_equal(data.values, COUNTS)


def test_a_zip_of_two_files_asks_for_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.tsv", "x")
        archive.writestr("b.tsv", "y")

    with pytest.raises(ExpressionError, match=r"E307 .*2 files \(a.tsv, b.tsv\); unpack it"):
        read_expression(tmp_path / "a.zip")


@pytest.mark.parametrize("name", ["x.rds", "x.RData"])
def test_r_objects_are_refused_with_the_lines_of_r(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(b"X\n\x00\x00\x00\x03" + b"\x00" * 80))

    with pytest.raises(ExpressionError, match=r"(?s)E321 .*readRDS.*write.table") as caught:
        read_expression(tmp_path / name)
    assert "col.names = NA" in str(caught.value)


def test_a_loom_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.loom", "w") as file:
        file["matrix"] = COUNTS.T
        file["layers/spliced"] = COUNTS.T + 1
        file["row_attrs/Gene"] = np.array(GENES, dtype="S")
        file["col_attrs/CellID"] = np.array(SAMPLES, dtype="S")
        file["col_attrs/Cluster"] = np.arange(len(SAMPLES))

    data = read_expression(tmp_path / "a.loom")
    layer = read_expression(tmp_path / "a.loom", ReadOptions(layer="spliced"))

    assert (data.samples, data.genes) == (SAMPLES, GENES)
    assert np.array_equal(data.values.toarray(), COUNTS)
    assert np.array_equal(layer.values.toarray(), COUNTS + 1)
    assert data.obs["Cluster"].tolist() == [0, 1, 2, 3]
    with pytest.raises(ExpressionError, match=r"E312 .*the layers are: spliced"):
        read_expression(tmp_path / "a.loom", ReadOptions(layer="other"))


def test_modalities_and_raw(tmp_path: Path) -> None:
    import anndata as ad
    from anndata.io import write_elem

    rna = ad.AnnData(COUNTS, pd.DataFrame(index=SAMPLES), pd.DataFrame(index=GENES))
    rna.raw = rna.copy()
    rna = rna[:, :3].copy()
    proteins = ad.AnnData(
        COUNTS[:, :2], pd.DataFrame(index=SAMPLES), pd.DataFrame(index=["a", "b"])
    )
    with h5py.File(tmp_path / "a.h5mu", "w") as file:
        held = file.create_group("mod")
        write_elem(held, "rna", rna)
        write_elem(held, "prot", proteins)
    rna.write_h5ad(tmp_path / "a.h5ad")

    data = read_expression(tmp_path / "a.h5mu")
    whole = read_expression(tmp_path / "a.h5ad", ReadOptions(raw=True))

    assert data.genes == GENES[:3]
    assert "The modality 'rna' was read." in data.notes
    assert read_expression(tmp_path / "a.h5mu", ReadOptions(modality="prot")).genes == ("a", "b")
    assert whole.genes == GENES
    with pytest.raises(ExpressionError, match=r"E312 .*no modality 'atac'; there are: prot, rna"):
        read_expression(tmp_path / "a.h5mu", ReadOptions(modality="atac"))


def test_a_workbook_of_several_sheets_asks_for_one(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="the extra tables is not installed")
    book = openpyxl.Workbook()
    for title in ("counts", "tpm"):
        sheet = book.create_sheet(title)
        for row in csv_rows(frame(COUNTS).T):
            sheet.append(row)
    book.save(tmp_path / "a.xlsx")

    with pytest.raises(ExpressionError, match=r"E312 .*several sheets: counts, tpm.* layer="):
        read_expression(tmp_path / "a.xlsx")
    data = read_expression(tmp_path / "a.xlsx", ReadOptions(layer="counts"))
    assert np.array_equal(data.values, COUNTS)


def csv_rows(table: pd.DataFrame) -> list[list[object]]:
    rows = zip(table.index, table.to_numpy().tolist(), strict=True)
    return [["gene", *table.columns], *([name, *row] for name, row in rows)]


WRONG_NAMES = {
    "SYMBOL|ENTREZ": [f"{gene}|{k + 100}" for k, gene in enumerate(GENES)],
    "ENSEMBL_SYMBOL": [f"{i}_{gene}" for i, gene in zip(IDS, GENES, strict=True)],
    "ENSEMBL|SYMBOL": [f"{i}|{gene}" for i, gene in zip(IDS, GENES, strict=True)],
    "SYMBOL_ENSEMBL": [f"{gene}_{i}" for i, gene in zip(IDS, GENES, strict=True)],
    "SYMBOL (ENTREZ)": [f"{gene} ({k + 100})" for k, gene in enumerate(GENES)],
    "genome": [f"GRCh38_{gene}" for gene in GENES],
    "genome of 10x": [f"GRCh38______{gene}" for gene in GENES],
    "gene-": [f"gene-{gene}" for gene in GENES],
}


@pytest.mark.parametrize("form", WRONG_NAMES)
@pytest.mark.parametrize("turned", [False, True])
def test_names_that_hold_a_symbol_are_read_as_it(
    tmp_path: Path, form: str, *, turned: bool
) -> None:
    table = frame(COUNTS, genes=tuple(WRONG_NAMES[form]))
    (table.T if turned else table).to_csv(tmp_path / "a.csv")

    data = read_expression(tmp_path / "a.csv")

    assert (data.genes, data.samples) == (GENES, SAMPLES)
    assert any("read as such" in note for note in data.notes)


def test_the_dash_that_r_takes_away_comes_back() -> None:
    from resistype.expression import as_expression

    data = as_expression(frame(COUNTS[:, :3], genes=("HLA.A", "HLA.DRA", "B2M")))

    assert data.genes == ("HLA-A", "HLA-DRA", "B2M")
    assert "2 gene names had their dash turned into a point by R" in " ".join(data.notes)


ABOUT = {
    "baseMean": 50.0, "log2FoldChange": 0.5, "padj": 0.01, "gene_length": 1200.0, "width": 900.0,
    "start": 4e6, "end": 5e6, "gc": 0.4, "Entrez_Gene_Id": 7.0, "AveExpr": 3.0, "strand": 1.0,
    "logCPM": 4.0, "length": 3000.0, "position": 1e5,
}  # fmt: skip


def wide(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    from resistype.genes.names import gene_table

    genes = sorted(gene_table().approved)[:n]
    base = rng.gamma(0.5, 400, n)
    return pd.DataFrame({f"S{k}": rng.poisson(base) for k in range(6)}, index=genes)


@pytest.mark.parametrize("name", ABOUT)
def test_columns_about_genes_are_no_samples(tmp_path: Path, name: str) -> None:
    table = wide()
    rng = np.random.default_rng(1)
    table.insert(0, name, (ABOUT[name] * rng.random(len(table))).round(4))
    table.to_csv(tmp_path / "a.csv")

    data = read_expression(tmp_path / "a.csv")

    assert data.samples == tuple(f"S{k}" for k in range(6))
    assert any(name in note and "set aside" in note for note in data.notes)


@pytest.mark.parametrize("name", ["start", "end", "length"])
def test_a_sample_is_not_set_aside_for_its_name(tmp_path: Path, name: str) -> None:
    table = wide().rename(columns={"S3": name})
    table.to_csv(tmp_path / "a.csv")

    assert name in read_expression(tmp_path / "a.csv").samples


def test_a_column_unlike_the_others_is_refused_and_both_remedies_work(tmp_path: Path) -> None:
    table = wide().assign(batch_no=np.random.default_rng(2).random(300).round(3))
    table.to_csv(tmp_path / "a.csv")

    with pytest.raises(ExpressionError, match=r"E703 1 column .*batch_no.*set_aside=") as caught:
        read_expression(tmp_path / "a.csv")
    assert 'set_aside="none"' in str(caught.value)
    without = read_expression(tmp_path / "a.csv", ReadOptions(set_aside="batch_no"))
    kept = read_expression(tmp_path / "a.csv", ReadOptions(set_aside="none"))
    assert (without.n_obs, kept.n_obs) == (6, 7)


def test_probes_are_refused_and_the_lines_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    probes = [f"{200000 + k}{'_s' if k % 3 else ''}_at" for k in range(8)]
    frame(COUNTS, genes=tuple(probes)).T.to_csv("matrix.tsv", sep="\t")
    gpl = pd.DataFrame({"Gene Symbol": [f"{gene} /// X" for gene in GENES]}, index=probes)
    Path("GPL.txt").write_text("#ID = probe\n" + gpl.to_csv(sep="\t", index_label="ID"))

    with pytest.raises(
        ExpressionError, match=r"E805 100% of the gene names are Affymetrix"
    ) as caught:
        read_expression("matrix.tsv")
    lines = [one.strip() for one in str(caught.value).splitlines()[1:]]
    exec("\n".join(lines), {})  # noqa: S102  the remedy, as it is told
    data = read_expression("genes.tsv")

    assert sorted(data.genes) == sorted(GENES)
    assert np.array_equal(data.values[:, data.genes.index("B2M")], COUNTS[:, GENES.index("B2M")])
