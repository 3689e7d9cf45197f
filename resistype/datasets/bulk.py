"""How a count of the simulated cohort comes about.

Each biopsy has an immune infiltration that moves the interferon, T-cell and MHC class I genes
together (raw axes correlate at about 0.8, as in real tumours); each patient has an own level of
every gene; planted effects are added at the second biopsy; counts are negative binomial. Every gene
draws from its own random stream, so that a gene more or less in a signature leaves the other genes'
draws as they were.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import OutputError
from resistype.genes.names import gene_table
from resistype.library import load_library
from resistype.safe.files import replace_file
from resistype.text import inert_frame

# What is planted in the simulated cohort: who gets which effect, the tables of samples and courses,
# and the truth.

N_PATIENTS: Final = 32
N_GENES: Final = 5000
TIMEPOINTS: Final = ("Pre", "Post")
AXES: Final = ("ifng", "antigen_presentation", "dysfunction")
FIRST_DAY: Final = date(2021, 1, 4)

# numbers of the patients with each effect
IFNG_UP: Final = (2, 5, 9, 13, 20, 27)
IFNG_DOWN: Final = (7, 16, 24)
MHC1_LOSS: Final = (5, 11, 22)
DYSFUNCTION: Final = (2, 9, 14, 29)
COLD: Final = (18, 31)
DNA: Final = {13: "B2M:frameshift"}

# best response, day of the last dose and of the progression, and what else is known, where it is
# not the usual course
COURSES: Final[dict[int, tuple[str, int, int, str, str]]] = {
    4: ("SD", 276, 273, "yes", ""),
    8: ("PD", 50, 54, "yes", ""),
    12: ("PR", 155, 151, "yes", ""),
    15: ("PR", 243, 516, "yes", "completion"),
    19: ("PR", 402, 402, "unknown", ""),
}

DESCRIPTION: Final = f"""\
SIMULATED DATA. Nothing here was measured; no patient exists.
{N_PATIENTS} patients, each with a biopsy before treatment (Pre) and one at progression (Post).
Counts of {N_GENES} genes. Planted at Post, in so many patients:
  {len(IFNG_UP)}  interferon-γ response up
  {len(IFNG_DOWN)}  interferon-γ response down (in all others it is stable)
  {len(MHC1_LOSS)}  MHC class I genes divided by 12
  {len(DNA)}  a DNA event in B2M, expression as before
  {len(DYSFUNCTION)}  dysfunction genes raised
  {len(COLD)}  too few T cells to judge dysfunction, at both biopsies
"""


def patients() -> list[str]:
    """Names of the patients, in order."""
    return [f"SIM-P{number:02}" for number in range(1, N_PATIENTS + 1)]


def samples_table() -> pd.DataFrame:
    """One row a biopsy, by sample id: patient, timepoint, genomic, simulated."""
    rows = []
    for number, patient in enumerate(patients(), start=1):
        known = "none" if number in DNA else ""
        for timepoint, genomic in zip(TIMEPOINTS, (known, DNA.get(number, "")), strict=True):
            rows.append((f"{patient}-{timepoint}", patient, timepoint, genomic, True))
    return pd.DataFrame(
        rows, columns=["sample", "patient", "timepoint", "genomic", "simulated"]
    ).set_index("sample")


def truth_table() -> pd.DataFrame:
    """One row for each biopsy and axis on which something is planted: sample, axis, label,
    simulated.
    """
    planted = [
        (f"{patient}-{timepoint}", _planted(number, after=timepoint == "Post"))
        for number, patient in enumerate(patients(), start=1)
        for timepoint in TIMEPOINTS
    ]
    rows = [
        (sample, axis, labels[axis], True)
        for axis in AXES
        for sample, labels in planted
        if axis in labels
    ]
    return pd.DataFrame(rows, columns=["sample", "axis", "label", "simulated"])


def _planted(number: int, *, after: bool) -> dict[str, str]:
    """Label planted on each axis in one biopsy; before treatment only what both biopsies share."""
    labels = {"antigen_presentation": "intact"}
    if number in COLD:
        labels["dysfunction"] = "not_assessable"
    if not after:
        return labels
    labels["ifng"] = "up" if number in IFNG_UP else "down" if number in IFNG_DOWN else "stable"
    if number in MHC1_LOSS:
        labels["antigen_presentation"] = "defect_expression"
    if number in DNA:
        labels["antigen_presentation"] = "defect_genomic"
    if number in DYSFUNCTION:
        labels["dysfunction"] = "present"
    return labels


def clinical_table(seed: int) -> pd.DataFrame:
    """Course of every patient: a response, then progression on treatment, unless `COURSES` says
    otherwise.
    """
    rng = np.random.default_rng([seed, 1])
    rows = []
    for number, patient in enumerate(patients(), start=1):
        day = int(rng.integers(250, 800))
        response, dose, progression, confirmed, stopped = COURSES.get(
            number, ("PR", day - 7, day, "yes", "")
        )
        start = FIRST_DAY + timedelta(days=9 * number)
        days = [
            start + timedelta(days=days)
            for days in (0, dose, progression, max(dose, progression) + 120)
        ]
        dates = [day.isoformat() for day in days]
        rows.append((patient, dates[0], response, *dates[1:], "ici_mono", confirmed, stopped, True))
    columns = ["patient", "start", "best_response", "last_dose", "progression", "last_followup"]
    return pd.DataFrame(
        rows, columns=[*columns, "regimen", "confirmed", "stopped_for", "simulated"]
    )


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
    """Log2 activity of each role in every sample, shape (n_patients, 2): before and at
    progression.
    """

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
        [
            _log2_means(stream, role, activities)
            for stream, role in zip(streams, genes.values(), strict=True)
        ]
    )
    share = np.exp2(log2)
    means = share / share.sum(axis=1, keepdims=True) * library_size[:, None]
    counts = np.column_stack(
        [_counts(stream, means[:, column]) for column, stream in enumerate(streams)]
    )
    return pd.DataFrame(counts, index=samples_table().index, columns=list(genes))


def _log2_means(rng: np.random.Generator, role: str, activities: dict[str, Floats]) -> Floats:
    """Log2 expression of one gene in every sample, shape (n_obs,)."""
    level, spread = BASE.get(role, BACKGROUND)
    base = np.clip(rng.normal(level, spread), -6.0, 12.5)
    own = np.repeat(rng.normal(0.0, 0.3, (N_PATIENTS, 1)), 2, axis=1) + rng.normal(
        0.0, 0.1, (N_PATIENTS, 2)
    )
    load = rng.uniform(0.8, 1.2)
    return np.ravel(base + own + load * activities.get(role, np.zeros((N_PATIENTS, 2))))


def _counts(rng: np.random.Generator, means: Floats, dispersion: float = 0.03) -> NDArray[np.int64]:
    """Negative binomial counts with variance mean + dispersion × mean²."""
    return rng.poisson(rng.gamma(1.0 / dispersion, means * dispersion))


# A simulated cohort with planted profiles, small enough for a first try and for tests.


@dataclass(frozen=True)
class Demo:
    """The simulated cohort.

    Attributes
    ----------
    expression
        Counts, shape (n_obs, n_genes): samples in rows, approved symbols in columns.
    samples
        One row per sample, indexed by its id: patient, timepoint (Pre, Post), genomic (DNA events),
        simulated.
    clinical
        One row per patient, as `resistype.clinical` reads it.
    truth
        One row for each sample and axis on which something was planted: sample, axis, label,
        simulated.
    description
        What it is, in words.
    """

    expression: pd.DataFrame
    samples: pd.DataFrame
    clinical: pd.DataFrame
    truth: pd.DataFrame
    description: str


def demo(*, seed: int = 11) -> Demo:
    """Simulated cohort of 32 patients with two biopsies each and planted resistance profiles.

    Parameters
    ----------
    seed
        The same seed gives the same cohort. The default is the one whose planted profiles are
        tested.

    Returns
    -------
    Demo
        `expression` (64, 5000) counts, `samples`, `clinical`, `truth` and a `description`.

    Examples
    --------
    >>> from resistype import datasets
    >>> cohort = datasets.demo()
    >>> cohort.expression.shape
    (64, 5000)
    >>> cohort.truth.query("axis == 'ifng'")["label"].value_counts().to_dict()
    {'stable': 23, 'up': 6, 'down': 3}
    """
    made = Demo(simulate(seed), samples_table(), clinical_table(seed), truth_table(), DESCRIPTION)
    for table in (made.expression, made.samples, made.clinical, made.truth):
        table.attrs["simulated"] = True
    return made


def write_demo(folder: str | Path) -> dict[str, Path]:
    """Write the simulated cohort as files, as a public cohort would come: genes in rows, samples in
    columns.

    Parameters
    ----------
    folder
        Made where it does not exist. Each file appears whole or not at all.

    Returns
    -------
    dict
        Path of `expression`, `samples`, `clinical`, `truth` and `description`.

    Raises
    ------
    OutputError
        O101 when the folder cannot be written to.

    Examples
    --------
    >>> from resistype import datasets
    >>> sorted(path.name for path in datasets.write_demo("resistype-demo").values())
    ['README.txt', 'clinical.tsv', 'expression.tsv.gz', 'samples.tsv', 'truth.tsv']
    """
    made, target = demo(), Path(folder)
    genes_in_rows = made.expression.T.rename_axis("gene").to_csv(sep="\t", lineterminator="\n")
    files = {
        "expression": (
            "expression.tsv.gz",
            gzip.compress(genes_in_rows.encode(), compresslevel=6, mtime=0),
        ),
        "samples": ("samples.tsv", _tsv(made.samples.reset_index())),
        "clinical": ("clinical.tsv", _tsv(made.clinical)),
        "truth": ("truth.tsv", _tsv(made.truth)),
        "description": ("README.txt", made.description.encode()),
    }
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name, content in files.values():
            replace_file(target / name, partial(_fill, content))
    except OSError as error:
        message = (
            f"The demo cohort could not be written to '{target}': {error.strerror}. Choose a folder"
            " you may write to."
        )
        raise OutputError(message, code="O101") from error
    return {key: target / name for key, (name, _) in files.items()}


def _tsv(table: pd.DataFrame) -> bytes:
    return str(inert_frame(table).to_csv(sep="\t", index=False, lineterminator="\n")).encode()


def _fill(content: bytes, stream: BinaryIO) -> None:
    stream.write(content)
