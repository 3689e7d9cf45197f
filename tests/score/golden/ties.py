"""UCell and AUCell by pyucell and decoupler, with and without ties: `python ties.py` in this
folder (see README.md).
"""

from pathlib import Path

import anndata
import decoupler
import numpy as np
import pandas as pd
import pyucell

HERE = Path(__file__).parent
N_GENES, N_CELLS, SETS = 300, 12, (5, 20, 60)
rng = np.random.default_rng(20261121)
genes, cells = [f"G{i:03d}" for i in range(N_GENES)], [f"C{i:02d}" for i in range(N_CELLS)]
counts = rng.geometric(0.4, (N_CELLS, N_GENES)) * (rng.random((N_CELLS, N_GENES)) < 0.3)
distinct = np.argsort(rng.random((N_CELLS, N_GENES)), axis=1) + 1
sets = {f"set{size}": sorted(rng.choice(genes, size, replace=False).tolist()) for size in SETS}
net = pd.DataFrame(
    [(name, gene) for name, members in sets.items() for gene in members],
    columns=["source", "target"],
)

(HERE / "cell_sets.gmt").write_text(
    "".join("\t".join([name, "made", *members]) + "\n" for name, members in sets.items()),
    encoding="utf-8",
)
for kind, values in (("tied", counts), ("distinct", distinct)):
    table = pd.DataFrame(values, cells, genes)
    table.to_csv(HERE / f"cells_{kind}.csv", lineterminator="\n")
    adata = anndata.AnnData(table.astype(np.float64))
    pyucell.compute_ucell_scores(adata, signatures=sets, max_rank=100, n_jobs=1)
    ucell = adata.obs[[f"{name}_UCell" for name in sets]].set_axis(list(sets), axis=1)
    ucell.to_csv(HERE / f"pyucell_{kind}.csv", float_format="%.17g", lineterminator="\n")
    adata = anndata.AnnData(table.astype(np.float64))
    decoupler.mt.aucell(adata, net, tmin=0, n_up=30, empty=False, verbose=False)
    aucell = adata.obsm["score_aucell"][list(sets)]
    aucell.to_csv(HERE / f"decoupler_{kind}.csv", float_format="%.17g", lineterminator="\n")
