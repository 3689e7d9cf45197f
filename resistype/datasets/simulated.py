"""A simulated cohort with planted profiles, small enough for a first try and for tests.

Nothing in it was measured. Every patient and sample is named SIM-..., every table has a column `simulated`, and
what was planted stands in `truth`, so that a call can be compared with what was put in. The genes are those of the
signatures that the scheme `acquired_resistance` reads, and background genes from the shipped gene table.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from resistype.atomic import replace_file
from resistype.datasets.plan import DESCRIPTION, clinical_table, samples_table, truth_table
from resistype.datasets.simulate import simulate
from resistype.errors import OutputError
from resistype.text import inert_frame

__all__ = ["Demo", "demo", "write_demo"]


@dataclass(frozen=True)
class Demo:
    """The simulated cohort.

    Attributes
    ----------
    expression
        Counts, shape (n_obs, n_genes): samples in rows, approved symbols in columns.
    samples
        One row a sample, indexed by its id: patient, timepoint (Pre, Post), genomic (DNA events), simulated.
    clinical
        One row a patient, as `resistype.clinical` reads it.
    truth
        One row for each sample and axis on which something was planted: sample, axis, label, simulated.
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
        The same seed gives the same cohort. The default is the one whose planted profiles are tested.

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
    """Write the simulated cohort as files, as a public cohort would come: genes in rows, samples in columns.

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
        "expression": ("expression.tsv.gz", gzip.compress(genes_in_rows.encode(), compresslevel=6, mtime=0)),
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
            f"The demo cohort could not be written to '{target}': {error.strerror}. Choose a folder you may write to."
        )
        raise OutputError(message, code="O101") from error
    return {key: target / name for key, (name, _) in files.items()}


def _tsv(table: pd.DataFrame) -> bytes:
    return str(inert_frame(table).to_csv(sep="\t", index=False, lineterminator="\n")).encode()


def _fill(content: bytes, stream: BinaryIO) -> None:
    stream.write(content)
