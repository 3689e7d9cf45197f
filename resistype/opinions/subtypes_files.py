"""A user's own clone of the tumour microenvironment subtypes of Bagaev 2021: gene sets, reference
scores and labels.

The files belong to their authors and may be used for academic, non-commercial research only; the
note that says so is printed whenever they are read. Nothing is copied, kept or sent anywhere.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import SchemeError, complain
from resistype.opinions.frame import not_numbers, repeated, some

DOI = "10.1016/j.ccell.2021.04.014"
LICENCE_NOTE = (
    f"The gene sets and reference of Bagaev 2021 (doi {DOI}) are their authors' and are read from"
    " your own copy. Their licence allows academic, non-commercial research only; see the licence"
    " file in that copy."
)
MAX_BYTES = 64 * 2**20
_PLACES = {
    "gene sets": "signatures/gene_signatures.gmt",
    "reference scores": "Cohorts/Pan_TCGA/signatures.tsv",
    "reference labels": "Cohorts/Pan_TCGA/annotation.tsv",
}
_LABEL = "MFP"
_UNSCALED = 50.0


@dataclass(frozen=True, eq=False)
class PortraitFiles:
    """Gene sets with a reference cohort; S132 with every complaint.

    Parameters
    ----------
    sets
        Genes of each signature.
    reference
        Scaled scores of the reference, shape (n_reference, n_signatures); its columns are names of
        `sets`.
    labels
        Label of each reference sample, with the index of `reference`.
    """

    sets: dict[str, tuple[str, ...]]
    reference: pd.DataFrame
    labels: pd.Series[Any]

    def __post_init__(self) -> None:
        complain(_wrong_files(self), SchemeError, code="S132", subject="Files of the subtypes")

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels of the reference, sorted."""
        return tuple(sorted({str(one) for one in self.labels}))


def read_portrait_clone(folder: str | Path) -> PortraitFiles:
    """Gene sets, reference scores and labels from a clone of the authors' repository.

    Prints the licence note.

    Parameters
    ----------
    folder
        The clone, with ``signatures/gene_signatures.gmt``, ``Cohorts/Pan_TCGA/signatures.tsv`` and
        ``Cohorts/Pan_TCGA/annotation.tsv`` (column ``MFP``).

    Raises
    ------
    SchemeError
        S131 for files that are absent or cannot be read, S132 when they do not go together.
    """
    places = {what: Path(folder) / place for what, place in _PLACES.items()}
    absent = [
        f"{what}: there is no file {str(path)!r}"
        for what, path in places.items()
        if not path.is_file()
    ]
    complain(
        absent, SchemeError, code="S131", subject="This is no clone of the portraits' repository"
    )
    sets = read_gene_sets(places["gene sets"])
    reference, annotation = _table(places["reference scores"]), _table(places["reference labels"])
    if _LABEL not in annotation:
        message = (
            f"{str(places['reference labels'])!r} has no column {_LABEL!r} with the labels of the"
            " reference."
        )
        raise SchemeError(message, code="S131")
    known = annotation[_LABEL].dropna()
    both = reference.index[reference.index.isin(known.index)]
    return PortraitFiles(sets, reference.loc[both], known.loc[both].astype(str))


def read_gene_sets(path: str | Path) -> dict[str, tuple[str, ...]]:
    """Gene sets of a GMT file (S131 when it is none); prints the licence note."""
    print(LICENCE_NOTE, file=sys.stderr)
    sets: dict[str, tuple[str, ...]] = {}
    complaints = []
    for number, line in enumerate(_text(Path(path)).splitlines(), start=1):
        cells = [cell.strip() for cell in line.split("\t")]
        genes = tuple(dict.fromkeys(cell for cell in cells[2:] if cell))
        if not line.strip():
            continue
        if not genes or not cells[0]:
            complaints.append(
                f"line {number}: wanted name, description and genes separated by TABs"
            )
        elif cells[0] in sets:
            complaints.append(f"line {number}: the name {cells[0][:60]!r} is there already")
        else:
            sets[cells[0]] = genes
    if not sets and not complaints:
        complaints.append("there is no gene set in it")
    complain(complaints, SchemeError, code="S131", subject=f"Gene sets {str(path)!r}")
    return sets


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            message = (
                f"{str(path)!r} is larger than {MAX_BYTES // 2**20} MB; that is no file of the"
                " portraits."
            )
            raise SchemeError(message, code="S131")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SchemeError(f"{str(path)!r} cannot be read: {error.strerror}.", code="S131") from None
    except UnicodeDecodeError:
        raise SchemeError(f"{str(path)!r} is not UTF-8 text.", code="S131") from None


def _table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(StringIO(_text(path)), sep="\t", index_col=0)
    except (pd.errors.ParserError, pd.errors.EmptyDataError):
        raise SchemeError(
            f"{str(path)!r} is not a table of cells separated by TABs.", code="S131"
        ) from None
    table.index = table.index.map(str)
    if table.index.has_duplicates:
        message = f"{str(path)!r}: samples given more than once: {repeated(table.index)}."
        raise SchemeError(message, code="S131")
    return table


def _wrong_files(files: PortraitFiles) -> list[str]:
    reference, labels = files.reference, files.labels
    complaints = [
        f"reference: {what} given more than once: {repeated(names)}"
        for what, names in (("signature", reference.columns), ("sample", reference.index))
        if names.has_duplicates
    ]
    without = [str(name) for name in reference.columns if name not in files.sets]
    if without or not len(reference.columns):
        complaints.append(
            f"reference: signatures without genes: {some(without) or 'it has no column'}"
        )
    if not reference.index.equals(labels.index):
        complaints.append(
            "labels: they are not those of the samples of the reference, in its order"
        )
    if labels.isna().any() or labels.nunique() < 2:
        found = f"{labels.nunique()} different, {int(labels.isna().sum())} missing"
        complaints.append(f"labels: {found}; wanted at least 2 different and none missing")
    if not_numbers(reference):
        return [*complaints, "reference: not all scores are numbers"]
    values = reference.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        complaints.append("reference: scores are missing or infinite")
    elif values.size and np.abs(np.median(values, axis=0)).max() > _UNSCALED:
        complaints.append(
            "reference: the scores look unscaled; wanted (x − median) / mean deviation"
        )
    return complaints
