"""Makes the shipped frozen references from public cohorts that the user has at hand.

    python scripts/make_references.py FOLDER

FOLDER holds tcga_skcm/log2tpm1.parquet (TCGA SKCM, open access, log2(TPM+1)) and
riaz_pairs/counts.symbols.parquet with samples.tsv (GSE91061, raw counts). TCGA is kept whole
(values and ranks of the signature genes, shuffled and without names); of the patients of a study
only figures are kept: values of scores, lines, means of genes. Run it again whenever the scheme or
its signatures change.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from resistype.expression import read_expression
from resistype.systems.bulk.reference import fit_reference

ROOT = Path(__file__).resolve().parents[1] / "signatures" / "references"


def main(folder: Path) -> None:
    tcga = read_expression(folder / "tcga_skcm" / "log2tpm1.parquet")
    fit_reference(
        tcga,
        name="tcga_skcm",
        about={
            "tumour_type": "cutaneous melanoma",
            "tissue": "primary tumours and metastases",
            "treatment": "mostly untreated",
            "library": "poly-A RNA-seq of the TCGA",
            "quantification": "TPM",
            "source": "TCGA SKCM, open access, by way of Sun-lab/IT-predictor at 283565f (MIT)",
            "citation": "The Cancer Genome Atlas Network. Cell 2015;161:1681",
        },
    ).save(ROOT / "tcga_skcm.json")
    samples = pd.read_csv(folder / "riaz_pairs" / "samples.tsv", sep="\t")
    before = (
        samples.loc[samples["timepoint"] == "Pre"].drop_duplicates("patient").iloc[:, 0].tolist()
    )
    fit_reference(
        read_expression(folder / "riaz_pairs" / "counts.symbols.parquet").select(before),
        name="riaz_pre",
        figures_only=True,
        about={
            "tumour_type": "advanced melanoma",
            "tissue": "metastases",
            "treatment": "before nivolumab",
            "library": "RNA-seq of GSE91061",
            "quantification": "gene counts as CPM",
            "source": "GEO GSE91061",
            "citation": "Riaz N et al. Cell 2017;171:934, doi:10.1016/j.cell.2017.09.028",
        },
    ).save(ROOT / "riaz_pre.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
