"""The columns of a samples table that are read: their names, the other names that they go by, and
what each is for. The page "Your samples table" is this table.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from typing import NamedTuple

import pandas as pd

from resistype.text import listed


class Known(NamedTuple):
    """A column that is read: its name, other names for it, and what it holds."""

    name: str
    synonyms: tuple[str, ...]
    text: str


COLUMNS = (
    Known(
        "patient",
        ("patient_id", "patientid", "subject", "subject_id", "participant", "participant_id",
         "case_id", "donor", "donor_id", "individual"),
        "the patient; biopsies of one patient are pairs (option --patient names another column)",
    ),
    Known(
        "timepoint",
        ("time_point", "visit", "biopsy_time", "biopsy_timepoint", "sampling_time", "timing"),
        "when the biopsy was taken, in your words (Pre, On, Post; option --timepoint)",
    ),
    Known(
        "timepoint_kind",
        ("kind_of_timepoint",),
        "what that time is: pre, on_treatment, progression, after_stop or unknown",
    ),
    Known("weeks", ("weeks_on_treatment", "week"), "weeks since the first dose, a number"),
    Known(
        "batch",
        ("batch_id", "sequencing_batch"),
        "biopsies that were processed together (option --batch)",
    ),
    Known(
        "site",
        ("biopsy_site", "lesion_site", "anatomic_site", "anatomical_location"),
        "organ or lesion of the biopsy; pairs of one site are counted apart",
    ),
    Known(
        "purity",
        ("tumour_purity", "tumor_purity", "purity_absolute", "absolute_purity"),
        "tumour purity between 0 and 1, for relative axes",
    ),
    Known(
        "genomic",
        ("dna_events", "genomic_events"),
        "DNA events as gene:event, several separated by ';' (option --mutations makes it)",
    ),
    Known(
        "sequenced",
        ("exome", "wes"),
        "yes where the DNA was sequenced: with --mutations, no variant then means none",
    ),
    Known(
        "clinical",
        ("clinical_phenotype",),
        "clinical phenotype of the patient, as resistype clinical gives it",
    ),
    Known(
        "nlr",
        ("neutrophil_lymphocyte_ratio", "neutrophil_to_lymphocyte_ratio"),
        "neutrophil-to-lymphocyte ratio before treatment",
    ),
    Known("anc", ("absolute_neutrophil_count",), "absolute neutrophil count, in the unit of alc"),
    Known("alc", ("absolute_lymphocyte_count",), "absolute lymphocyte count, in the unit of anc"),
    Known("nlr_confounder", (), "why the ratio may mislead (steroid, G-CSF, infection)"),
    Known(
        "tumour_type",
        ("tumor_type", "cancer_type"),
        "tumour type of the data, compared with that of a reference",
    ),
    Known("library", ("library_preparation", "library_prep"), "how the libraries were made"),
    Known("quantification", ("quantifier",), "what the values are and which program made them"),
    Known("simulated", (), "yes for simulated data; said in every view"),
)  # fmt: skip
_NAMES = {word for one in COLUMNS for word in (one.name, *one.synonyms)}
NEAR = 0.84  # likeness of two names from which one is taken for a slip of the other (ours)


def plain(name: object) -> str:
    """A name of a column without case, spaces, dots and dashes."""
    return re.sub(r"[\s.\-_]+", "_", str(name).strip().casefold()).strip("_")


def is_read(name: object) -> bool:
    """Whether a column of that name is read, under its own or another name."""
    return plain(name) in _NAMES


def near(name: str, columns: Collection[object]) -> str:
    """Words for the columns that a missing one may be, empty where none is like it."""
    known = {plain(column): str(column) for column in reversed([*columns])}
    found = difflib.get_close_matches(plain(name), known, n=2, cutoff=0.7)
    return f" Did you mean {' or '.join(repr(known[one]) for one in found)}?" if found else ""


def named(
    table: pd.DataFrame, *, asked: Collection[str | None] = ()
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """A samples table with its columns under the names by which they are read, but for those that
    the user `asked` for; and notes: what was taken for what, and near misses.
    """
    free = [column for column in table.columns if column not in asked]
    names, notes = {}, []
    for known in COLUMNS:
        if known.name in table.columns:
            continue
        words = (known.name, *known.synonyms)
        found = [column for column in free if plain(column) in words]
        if len(found) == 1:
            names[found[0]] = known.name
            notes.append(f"Column {found[0]!r} of the samples table is read as {known.name!r}.")
        elif found:
            notes.append(
                f"Columns {listed([repr(one) for one in found])} of the samples table may each be"
                f" {known.name!r}; none is read. Keep one, or rename it."
            )
        else:
            slips = [
                column
                for column in free
                if difflib.SequenceMatcher(None, plain(column), known.name).ratio() >= NEAR
            ]
            notes += [
                f"Column {column!r} of the samples table is not read. Did you mean {known.name!r}?"
                for column in slips
                if not is_read(column)
            ]
    return table.rename(columns=names), tuple(notes)
