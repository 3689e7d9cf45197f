"""Tables that hold no samples: figures of genes, one sample in several ways, a row per gene and
sample. Each is refused, and what the refusal says is done and ends in a right reading.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from resistype.cli import main
from resistype.errors import ExpressionError
from resistype.expression import ReadOptions, read_expression
from resistype.genes.names import gene_table

GENES = ["B2M", "TAP1", *sorted(gene_table().approved)[:298]]
TPM = np.random.default_rng(5).gamma(0.3, 1.0, (300, 3)).round(3)


def long_table(folder: Path, *, names: bool = True) -> Path:
    rows = [
        (f"ENSG{k:011d}", gene, tissue, TPM[k, place])
        for k, gene in enumerate(GENES)
        for place, tissue in enumerate(["liver", "lung", "skin"])
    ]
    table = pd.DataFrame(rows, columns=["Gene", "Gene name", "Tissue", "nTPM"])
    table = table if names else table.drop(columns="Gene").rename(columns={"Gene name": "gene"})
    table.to_csv(folder / "long.tsv", sep="\t", index=False)
    return folder / "long.tsv"


@pytest.mark.parametrize("names", [True, False])
def test_a_long_table_is_turned_as_the_refusal_says(
    names: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = long_table(tmp_path, names=names)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ExpressionError, match=r"^E319 long.tsv is a long table") as refusal:
        read_expression(path)
    lines = str(refusal.value).splitlines()[1:]
    exec("\n".join(line.strip() for line in lines), {})  # noqa: S102  what the refusal says

    data = read_expression("matrix.csv", ReadOptions(unit="tpm"))
    assert data.samples == ("liver", "lung", "skin")
    order = [sorted(f"ENSG{k:011d}" for k in range(300)), sorted(GENES)][not names]
    assert list(data.genes) == order
    place = data.genes.index("ENSG00000000000" if names else "B2M")
    assert np.asarray(data.values)[:, place].tolist() == TPM[0].tolist()


def test_cufflinks_is_one_sample_and_is_joined(tmp_path: Path) -> None:
    for place, name in enumerate(["S1", "S2"]):
        pd.DataFrame(
            {
                "tracking_id": [f"XLOC_{k}" for k in range(300)],
                "class_code": "-",
                "nearest_ref_id": "-",
                "gene_id": [f"XLOC_{k}" for k in range(300)],
                "gene_short_name": GENES,
                "FPKM": TPM[:, place],
                "FPKM_conf_lo": TPM[:, place] / 2,
                "FPKM_conf_hi": TPM[:, place] * 2,
            }
        ).to_csv(tmp_path / f"{name}.genes.fpkm_tracking", sep="\t", index=False)
    files = sorted(map(str, tmp_path.glob("*.fpkm_tracking")))

    with pytest.raises(ExpressionError, match=r"E318 .* one sample as Cufflinks writes it"):
        read_expression(files[0])
    with pytest.raises(SystemExit) as end:
        main(["collect", *files, "--column", "FPKM", "--out", str(tmp_path / "m.parquet")])

    assert end.value.code == 0
    data = read_expression(tmp_path / "m.parquet", ReadOptions(unit="tpm"))
    assert data.samples == ("S1", "S2")
    assert data.genes == tuple(GENES)
    assert np.asarray(data.values).T.tolist() == TPM[:, :2].tolist()


@pytest.mark.parametrize(
    "columns",
    [("baseMean", "log2FoldChange"), ("mean", "sd", "median"), ("FPKM", "FPKM_conf_lo", "TPM")],
)
def test_figures_of_genes_are_no_samples(columns: tuple[str, ...], tmp_path: Path) -> None:
    numbers = TPM[:, : len(columns)]
    pd.DataFrame(numbers, GENES, columns).to_csv(tmp_path / "figures.csv")

    with pytest.raises(ExpressionError, match=r"E319 .*figures of each gene and no samples"):
        read_expression(tmp_path / "figures.csv")
    kept = read_expression(tmp_path / "figures.csv", ReadOptions(set_aside="none", unit="tpm"))

    assert kept.samples == columns
