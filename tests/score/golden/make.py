"""Make the input of gsva.R: `python make.py` in this folder."""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
rng = np.random.default_rng(20261121)
N_GENES, N_SAMPLES = 80, 9
genes, samples = [f"G{i:02d}" for i in range(N_GENES)], [f"S{i}" for i in range(N_SAMPLES)]
# one permutation of distinct numbers: nothing ties within a gene or a sample
values = (
    (rng.permutation(N_GENES * N_SAMPLES).reshape(N_GENES, N_SAMPLES) + 1)
    / 97
    * rng.uniform(0.5, 1.5, (N_GENES, 1))
)
counts = rng.permutation(np.arange(1, N_GENES * N_SAMPLES + 1)).reshape(N_GENES, N_SAMPLES)
pd.DataFrame(values.round(9), genes, samples).to_csv(HERE / "expression.csv", lineterminator="\n")
pd.DataFrame(counts, genes, samples).to_csv(HERE / "counts.csv", lineterminator="\n")
lines = []
for number, size in enumerate((3, 8, 20, 40)):
    lines.append(
        "\t".join([f"set{number}", "made", *sorted(rng.choice(genes, size, replace=False))])
    )
(HERE / "sets.gmt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
