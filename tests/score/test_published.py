"""Other people's published scores on public data, where the shared folder is at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from resistype.expression import ReadOptions, as_expression
from resistype.score import IndexedSets, score_sets


def test_compass_mean_of_log_tpm(shared: Path) -> None:
    """COMPASS's own averages of 132 sets on its ten toy patients (ashyamal/COMPASS @a1281a6)."""
    folder = shared / "data" / "compass_scores"
    toy = pd.read_csv(folder / "toy_data.csv", index_col=0)
    sets = pd.read_csv(folder / "conception.tsv", sep="\t", index_col=0)["Genes"].str.split(":")
    theirs = pd.read_csv(folder / "ITRP_avg_signature_132.csv.gz", index_col=0)
    expression = as_expression(toy, ReadOptions(unit="tpm"))
    columns = {name: expression.index.match(genes).found for name, genes in sets.items()}
    names = [name for name in sets.index if name in theirs.columns and columns[name].size]
    theirs = theirs.reindex([f"{name}-baseline" for name in toy.index]).set_axis(toy.index)
    rows = theirs.index[theirs.notna().all(axis=1)]

    indexed = IndexedSets.build([columns[name] for name in names], expression.n_genes)
    mine = pd.DataFrame(
        score_sets(expression.log2(), indexed, method="weighted"), index=toy.index, columns=names
    )

    agreement = [np.corrcoef(mine.loc[rows, name], theirs.loc[rows, name])[0, 1] for name in names]
    assert len(rows) == 10
    assert len(names) >= 130
    assert np.median(agreement) > 0.999
    assert min(agreement) > 0.99
