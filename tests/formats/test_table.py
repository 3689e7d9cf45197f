"""Every row of the table of layouts comes as expected, and what is set aside is told."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import pytest

from resistype.expression import read_expression
from resistype.samples import read_samples
from tests.formats.table import check, make

FILES = (
    "GSE000000_series_matrix.txt.gz",
    "GSE000001_series_matrix.txt.gz",
    "GSE000002_series_matrix.txt.gz",
    "GSE000003_counts_entrez.csv",
    "tpm_v13.gct",
    "data_mrna_seq_v2_rsem.txt",
    "data_clinical_sample.txt",
    "SKCM.rnaseqv2__RSEM_genes_normalized__data.data.txt",
    "GSM2420001.genes.results",
    "rsem_one_renamed.tsv",
    "GSM2420001.ReadsPerGene.out.tab",
    "star_merged_symbols.tsv",
    "htseq_merged_ensembl.tsv",
    "counts.featureCounts.txt",
    "GSM2420001.rna_seq.augmented_star_gene_counts.tsv",
    "salmon.merged.gene_counts.tsv",
    "quant.sf",
    "TCGA-SKCM.star_counts.tsv.gz",
    "tcga_rsem_gene_tpm.gz",
    "nsolver_raw.csv",
    "counts.xlsx",
    "filtered_feature_bc_matrix",
    "tpm_decimal_comma.csv",
    "log10_cpm.tsv",
    "latin1.tsv",
    "vst_write_table.txt",
    "counts_with_width.tsv",
)
ASIDE = {
    "tpm_v13.gct": ("(patient, age)", "(gene_symbol)"),
    "data_mrna_seq_v2_rsem.txt": ("Entrez_Gene_Id", "2 rows without a gene symbol"),
    "SKCM.rnaseqv2__RSEM_genes_normalized__data.data.txt": ("1 row without a gene symbol",),
    "star_merged_symbols.tsv": ("N_unmapped, N_multimapping, N_noFeature, N_ambiguous",),
    "htseq_merged_ensembl.tsv": ("5 rows are no gene", "__no_feature", "Ensembl versions"),
    "counts.featureCounts.txt": ("'Chr', 'Start', 'End', 'Strand'", "cut from the sample"),
    "salmon.merged.gene_counts.tsv": ("'gene_name'", "Ensembl versions"),
    "TCGA-SKCM.star_counts.tsv.gz": ("taken back to counts",),
    "nsolver_raw.csv": (
        "'Class Name', 'Accession'", "14 rows are no gene but a control", "No normalisation to",
    ),
    "log10_cpm.tsv": ("log10(x + 1), kept as log2", "1,000,000 each when turned back"),
    "counts_with_width.tsv": ("set aside, by their names and values: width.",),
}  # fmt: skip


@pytest.fixture(scope="module")
def made(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("formats")
    return folder, make(shared, folder).set_index("file", drop=False)


@pytest.mark.parametrize("file", FILES)
def test_a_layout_is_read_or_refused_as_expected(
    made: tuple[Path, pd.DataFrame], file: str
) -> None:
    folder, table = made

    assert check(folder, table.loc[file]).complaints == ()


def test_no_row_of_the_table_is_passed_over(made: tuple[Path, pd.DataFrame]) -> None:
    assert set(made[1].index) == set(FILES)


@pytest.mark.parametrize("file", ASIDE)
def test_what_is_set_aside_is_told(made: tuple[Path, pd.DataFrame], file: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = "\n".join(read_expression(made[0] / file).notes)

    assert [words for words in ASIDE[file] if words not in told] == []


def test_the_samples_of_a_series_matrix(made: tuple[Path, pd.DataFrame]) -> None:
    table = read_samples(made[0] / "GSE000000_series_matrix.txt.gz")

    assert table.index[0] == "GSM2420001"
    assert table.columns.tolist() == ["title", "patient", "visit"]
    assert table.loc["GSM2420001"].tolist() == ["patient P1, Pre", "P1", "Pre"]
