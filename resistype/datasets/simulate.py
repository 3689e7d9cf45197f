"""How a count of the simulated cohort comes about.

Each biopsy has an immune infiltration that moves the interferon, T-cell and MHC class I genes together (raw axes
correlate at about 0.8, as in real tumours); each patient has an own level of every gene; planted effects are added at
the second biopsy; counts are negative binomial. Every gene draws from its own random stream, so that a gene more or
less in a signature leaves the other genes' draws as they were.
"""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.datasets.plan import (
    COLD,
    DYSFUNCTION,
    IFNG_DOWN,
    IFNG_UP,
    MHC1_LOSS,
    N_GENES,
    N_PATIENTS,
    samples_table,
)
from resistype.genes.names import gene_table
from resistype.library import load_library

__all__ = ["gene_roles", "simulate"]

Floats = NDArray[np.float64]

# signatures of each role; a gene of several takes the first
ROLES: Final[dict[str, tuple[str, ...]]] = {
    "mhc1": ("mhc1_core",),
    "tcell": ("ss_cyt_davoli",),
    "dysfunction": ("dysfunction_core",),
    "ifng": ("hallmark_ifng_without_ap", "benci_isg_rs", "isg_rs_unshared", "benci_ifng_gs"),
    "oxphos": ("hallmark_oxidative_phosphorylation",),
    "other": ("apm_dna_genes", "ifn_sensing_dna_genes"),
}
# mean and spread of the genes' log2 expression
BASE: Final = {
    "mhc1": (9.5, 0.8),
    "tcell": (5.0, 0.7),
    "dysfunction": (4.5, 1.0),
    "ifng": (5.0, 1.5),
    "oxphos": (8.0, 1.0),
    "other": (6.0, 1.5),
}
BACKGROUND: Final = (4.0, 3.0)


def _flags(numbers: tuple[int, ...]) -> Floats:
    """1.0 for the patients with these numbers, 0.0 for the others, shape (n_patients,)."""
    return np.isin(np.arange(1, N_PATIENTS + 1), numbers).astype(np.float64)


def gene_roles() -> dict[str, str]:
    """Every gene with its role, in a fixed order; background genes have the role "background"."""
    library = load_library()
    roles: dict[str, str] = {}
    for role, signatures in ROLES.items():
        for gene in (gene for signature in signatures for gene in library[signature].genes):
            roles.setdefault(gene, role)
    others = sorted(_with_ensembl_id() - roles.keys(), key=lambda gene: (_stream(gene), gene))
    for gene in others[: N_GENES - len(roles)]:
        roles[gene] = "background"
    return dict(sorted(roles.items()))


def _with_ensembl_id() -> set[str]:
    table = gene_table()
    return set(table.ensembl.values()) & table.approved


def _stream(gene: str) -> int:
    return zlib.crc32(gene.encode())


def _activities(rng: np.random.Generator) -> dict[str, Floats]:
    """Log2 activity of each role in every sample, shape (n_patients, 2): before and at progression."""

    def patient(spread: float) -> Floats:
        return np.repeat(rng.normal(0.0, spread, (N_PATIENTS, 1)), 2, axis=1)

    def biopsy(spread: float) -> Floats:
        return rng.normal(0.0, spread, (N_PATIENTS, 2))

    def at_post(numbers: tuple[int, ...], shift: float) -> Floats:
        return np.outer(_flags(numbers), [0.0, shift])

    cold, inflamed = _flags(COLD)[:, None], _flags(DYSFUNCTION)[:, None]
    immune = np.clip(patient(1.0), -1.8, None)
    immune = np.where(inflamed == 1.0, np.abs(immune) + 0.3, np.where(cold == 1.0, -2.5, immune))
    ifng = immune + patient(0.45) + biopsy(0.04) + at_post(IFNG_UP, 1.8) + at_post(IFNG_DOWN, -1.5)
    tcell = immune + (1.0 - cold) * patient(0.45) + biopsy(0.04)
    return {
        "ifng": ifng,
        "tcell": tcell,
        "mhc1": 0.6 * ifng + patient(0.1) + biopsy(0.05) + at_post(MHC1_LOSS, -np.log2(12.0)),
        "dysfunction": 0.8 * tcell + patient(0.15) + biopsy(0.1) + at_post(DYSFUNCTION, 1.5),
        "oxphos": patient(0.6) + biopsy(0.05) + at_post(IFNG_UP, 0.4),
    }


def simulate(seed: int) -> pd.DataFrame:
    """Counts of every sample, shape (n_obs, n_genes)."""
    rng = np.random.default_rng(seed)
    activities = _activities(rng)
    library_size = rng.uniform(5e6, 10e6, 2 * N_PATIENTS)
    genes = gene_roles()
    streams = [np.random.default_rng([seed, _stream(gene)]) for gene in genes]
    log2 = np.column_stack(
        [_log2_means(stream, role, activities) for stream, role in zip(streams, genes.values(), strict=True)]
    )
    share = np.exp2(log2)
    means = share / share.sum(axis=1, keepdims=True) * library_size[:, None]
    counts = np.column_stack([_counts(stream, means[:, column]) for column, stream in enumerate(streams)])
    return pd.DataFrame(counts, index=samples_table().index, columns=list(genes))


def _log2_means(rng: np.random.Generator, role: str, activities: dict[str, Floats]) -> Floats:
    """Log2 expression of one gene in every sample, shape (n_obs,)."""
    level, spread = BASE.get(role, BACKGROUND)
    base = np.clip(rng.normal(level, spread), -6.0, 12.5)
    own = np.repeat(rng.normal(0.0, 0.3, (N_PATIENTS, 1)), 2, axis=1) + rng.normal(0.0, 0.1, (N_PATIENTS, 2))
    load = rng.uniform(0.8, 1.2)
    return np.ravel(base + own + load * activities.get(role, np.zeros((N_PATIENTS, 2))))


def _counts(rng: np.random.Generator, means: Floats, dispersion: float = 0.03) -> NDArray[np.int64]:
    """Negative binomial counts with variance mean + dispersion × mean²."""
    return rng.poisson(rng.gamma(1.0 / dispersion, means * dispersion))
