"""Simulated CAR T cells with planted states, clones and stress: three patients, the product and day
14.

Nothing in it was measured. What is planted stands in `truth`:

- ``SIM-C1``: a product of mostly memory cells; clones grow after infusion; PSR chaperones rise
  along exhaustion;
- ``SIM-C2``: a product of mostly cytotoxic cells; no clone grows; PSR chaperones rise along
  exhaustion;
- ``SIM-C3``: a product that leans to neither side; clones grow; PSR chaperones stay the same.

Counts are Poisson, with the genes of the signatures that the cell schemes score raised in the cells
that show them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.extras import needs
from resistype.library import load_library

if TYPE_CHECKING:
    from anndata import AnnData


Floats = NDArray[np.float64]
N_CLONES, N_GROW, GROWTH = 120, 6, 8.0
DEPTH = {"IP": 500, "day 14": 1000}
STATES = ("memory", "cytotoxic", "exhausted")
STAGES = ("Tprog", "Tint", "Ttex")
PROGRAMMES = {
    "memory": "memory_core4",
    "cytotoxic": "tcrsift_state_effector_cytotoxic",
    "exhausted": "dysfunction_core",
    "psr": "tex_psr_core3",
    "activation": "activation_chaperones",
    "heat_shock": "heat_shock_stress",
}
MEASURED = (
    "tcrsift_state_proliferating",
    "car_treg_proxy",
    "cytopus_t_tcr_activation",
)  # scored, and nowhere raised
N_FILL, BACKGROUND, RAISED = 300, 0.4, 6.0
WITHOUT_CLONE = 0.1
DESCRIPTION = """\
SIMULATED DATA. Nothing here was measured; no patient exists.
CAR T cells of three patients: the infusion product (IP) and day 14, with counts, states, stages
and clones.
Planted: one product leans to memory, one to cytotoxic cells, one to neither; clones grow in two
patients; the chaperones of the proteotoxic stress response rise along exhaustion in two patients.
"""


@dataclass(frozen=True)
class _Patient:
    name: str
    memory: float
    grows: bool
    stress: tuple[float, float, float]


PLAN = (
    _Patient("SIM-C1", 0.75, grows=True, stress=(1.0, 3.0, 6.0)),
    _Patient("SIM-C2", 0.15, grows=False, stress=(1.0, 3.0, 6.0)),
    _Patient("SIM-C3", 0.42, grows=True, stress=(2.0, 2.0, 2.0)),
)
TRUTH = (
    ("SIM-C1", "product_balance", "memory_leaning"),
    ("SIM-C2", "product_balance", "cytotoxic_leaning"),
    ("SIM-C3", "product_balance", "indeterminate"),
    ("SIM-C1", "expansion", "seen"),
    ("SIM-C2", "expansion", "not_seen"),
    ("SIM-C3", "expansion", "seen"),
    ("SIM-C1", "stages", "increases"),
    ("SIM-C2", "stages", "increases"),
)


@dataclass(frozen=True, eq=False)
class CellDemo:
    """The simulated cells.

    Attributes
    ----------
    counts
        Counts, float32, shape (n_cells, n_genes).
    obs
        One row per cell: patient, timepoint, lineage, product, state, stage (exhausted cells only),
        clone (nine of ten cells), simulated.
    genes
        Approved symbols, and ``FILL0`` … for genes that follow nothing.
    truth
        What was planted: patient, axis, label, simulated.
    description
        What it is, in words.
    """

    counts: NDArray[np.float32]
    obs: pd.DataFrame
    genes: tuple[str, ...]
    truth: pd.DataFrame
    description: str

    def to_anndata(self) -> AnnData:
        """The cells as an AnnData: X the counts, obs the table of cells.

        Raises
        ------
        MissingExtraError
            X101 without anndata.
        """
        with needs("anndata", extra="h5ad", what="An AnnData"):
            import anndata  # noqa: PLC0415  only where an AnnData is asked for
        made = anndata.AnnData(
            self.counts.copy(), self.obs.copy(), pd.DataFrame(index=list(self.genes))
        )
        made.uns["description"] = self.description
        return made


def cell_demo(*, seed: int = 5) -> CellDemo:
    """Simulated CAR T cells of three patients at two times.

    Parameters
    ----------
    seed
        The same seed gives the same cells. The default is the one whose planted calls are tested.

    Returns
    -------
    CellDemo
        Counts (4500, n_genes), the table of cells, and what was planted.

    Examples
    --------
    >>> from resistype import datasets
    >>> cells = datasets.cell_demo()
    >>> cells.counts.shape[0], cells.obs["patient"].nunique()
    (4500, 3)
    >>> cells.obs["state"].value_counts().index.tolist()
    ['cytotoxic', 'memory', 'exhausted']
    """
    rng = np.random.default_rng(seed)
    obs = pd.concat(
        [_sample(rng, patient, time) for patient in PLAN for time in DEPTH], ignore_index=True
    )
    obs.index = pd.Index([f"SIM-cell{number}" for number in range(len(obs))])
    genes, rate = _rates(obs)
    counts = rng.poisson(rate).astype(np.float32)
    truth = pd.DataFrame(list(TRUTH), columns=["patient", "axis", "label"]).assign(simulated=True)
    return CellDemo(counts, obs, genes, truth, DESCRIPTION)


def _sample(rng: np.random.Generator, patient: _Patient, time: str) -> pd.DataFrame:
    """Cells of one patient at one time: clone, state, stage."""
    n = DEPTH[time]
    weight = 1.0 / np.arange(1, N_CLONES + 1) ** 0.5
    if patient.grows and time != "IP":
        weight[-N_GROW:] *= GROWTH
    clone = rng.choice(N_CLONES, size=n, p=weight / weight.sum())
    memory = patient.memory if time == "IP" else 0.35
    state = rng.choice(STATES, size=n, p=[memory, (1 - memory) * 0.75, (1 - memory) * 0.25])
    drawn = np.where(state == "exhausted", rng.integers(len(STAGES), size=n), -1)
    stage = pd.Categorical.from_codes(drawn, dtype=pd.CategoricalDtype(list(STAGES)))
    hidden = rng.random(n) < WITHOUT_CLONE
    clones = [
        None if gone else f"{patient.name}:{one:03d}"
        for gone, one in zip(hidden, clone, strict=True)
    ]
    return pd.DataFrame({"state": state, "stage": stage, "clone": clones}).assign(
        patient=patient.name, timepoint=time, lineage="CD8 T", product="sim-cel", simulated=True
    )


def _rates(obs: pd.DataFrame) -> tuple[tuple[str, ...], Floats]:
    """Genes, and the expected count of each in each cell, shape (n_cells, n_genes)."""
    library = load_library()
    sets = {name: library[one].genes for name, one in PROGRAMMES.items()}
    listed = [
        *sets.values(),
        *(library[one].genes for one in MEASURED),
        [f"FILL{number}" for number in range(N_FILL)],
    ]
    genes = tuple(dict.fromkeys(gene for names in listed for gene in names))
    place = {gene: column for column, gene in enumerate(genes)}
    rate = np.full((len(obs), len(genes)), BACKGROUND)
    for state in STATES:
        rows = np.flatnonzero((obs["state"] == state).to_numpy())
        rate[np.ix_(rows, _places(place, sets[state]))] = RAISED
    for patient in PLAN:
        for stage, level in zip(STAGES, patient.stress, strict=True):
            rows = np.flatnonzero(
                ((obs["patient"] == patient.name) & (obs["stage"] == stage)).to_numpy()
            )
            rate[np.ix_(rows, _places(place, sets["psr"]))] = level
    return genes, rate


def _places(place: dict[str, int], genes: Iterable[str]) -> NDArray[np.intp]:
    return np.array([place[gene] for gene in genes], dtype=np.intp)
