"""A small h5ad of the simulated CAR-T study, with genes whose programmes follow the planted
states.
"""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from resistype.library import load_library
from resistype.scheme import load_scheme
from resistype.systems.cells import scheme_signatures
from tests.systems.cells.study import simulate

PROGRAMME = {"memory": "memory", "cytotoxic": "cytotoxic", "exhausted": "exhaustion"}


def genes_of(scheme: str) -> dict[str, list[str]]:
    library = load_library()
    return {
        name: sorted(library[one].genes)
        for name, one in scheme_signatures(load_scheme(scheme)).items()
    }


def write_study(path: Path, *, n_patients: int = 3, every: int = 6, seed: int = 7) -> pd.DataFrame:
    """Write the cells (every sixth, to be quick) and give back their table."""
    cells = simulate(n_patients=n_patients, seed=seed).cells.iloc[::every].reset_index(drop=True)
    rng = np.random.default_rng(seed)
    sets = genes_of("cart_product")
    genes = [
        *dict.fromkeys(gene for names in sets.values() for gene in names),
        *(f"FILL{i}" for i in range(400)),
    ]
    place = {gene: number for number, gene in enumerate(genes)}
    rate = np.full((len(cells), len(genes)), 0.4)
    for state, name in PROGRAMME.items():
        rows = np.flatnonzero((cells["state"] == state).to_numpy())
        rate[np.ix_(rows, [place[gene] for gene in sets[name]])] = 6.0
    obs = cells.rename(columns={"time": "timepoint"}).assign(
        lineage="CD8 T", product="sim-cel", response=np.where(cells["patient"] == "SIM0", "R", "NR")
    )
    obs.index = pd.Index([f"cell{i}" for i in obs.index])
    obs["clone"] = obs["clone"].astype("category")
    counts = sp.csr_matrix(rng.poisson(rate).astype(np.float32))
    adata = ad.AnnData(counts, obs=obs, var=pd.DataFrame(index=genes))
    adata.write_h5ad(path)
    return obs
