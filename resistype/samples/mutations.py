"""DNA variants of a table (a MAF, or one made of a VCF) as events of samples or patients.

A sample that the table does not name may have been sequenced or not: nothing is said of it unless
the samples table has a column `sequenced`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from resistype.errors import SamplesError
from resistype.samples.columns import near, plain
from resistype.samples.table import as_key, read_rows
from resistype.text import listed

# Terms of MAF files and of the Sequence Ontology, and the events that they are. Only the events
# of loss that the field `genomic` knows count; what changes an amino acid does not.
_TERMS = {
    "frameshift": ("frame_shift_del", "frame_shift_ins", "frameshift_variant", "frameshift"),
    "nonsense": ("nonsense_mutation", "stop_gained", "nonsense"),
    "splice": ("splice_site", "splice_acceptor_variant", "splice_donor_variant", "splice"),
    "start_lost": ("translation_start_site", "start_lost", "initiator_codon_variant"),
    "deletion": ("transcript_ablation", "homozygous_deletion", "deep_deletion", "homdel"),
    "inframe": (
        *("in_frame_del", "in_frame_ins", "inframe_deletion", "inframe_insertion"),
        *("protein_altering_variant", "inframe_variant"),
    ),
    "missense": (
        *("missense_mutation", "missense_variant", "missense", "nonstop_mutation", "stop_lost"),
        *("splice_region", "splice_region_variant"),
    ),
    "silent": (
        *("silent", "synonymous_variant", "synonymous", "stop_retained_variant", "intron", "igr"),
        *("intron_variant", "rna", "upstream_gene_variant", "downstream_gene_variant", "5_flank"),
        *("3_flank", "5'flank", "3'flank", "intergenic_variant", "lincrna"),
    ),
    "utr": ("5'utr", "3'utr", "5_prime_utr_variant", "3_prime_utr_variant"),
}
_EVENTS = {term: event for event, terms in _TERMS.items() for term in terms}
_WORST = tuple(_TERMS)  # of several terms of one variant the first of these
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sample or patient": ("tumor_sample_barcode", "sample", "sample_id", "patient", "patient_id"),
    "gene": ("hugo_symbol", "gene", "symbol", "gene_symbol", "gene_name"),
    "classification": (
        *("variant_classification", "classification", "consequence", "effect", "event"),
    ),
}


def read_mutations(table: str | Path | pd.DataFrame) -> dict[str, str]:
    """Events by sample or patient, as the column `genomic` holds them.

    Parameters
    ----------
    table
        A row per variant: a MAF (``Tumor_Sample_Barcode``, ``Hugo_Symbol``,
        ``Variant_Classification``), or a table with the columns sample or patient, gene and
        classification (terms of MAF or of the Sequence Ontology, as VEP and SnpEff write them).

    Returns
    -------
    dict
        ``"gene:event;gene:event"`` of each sample or patient in the table.

    Raises
    ------
    SamplesError
        E903 when a column is not there, E921 for a term that is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.samples import read_mutations
    >>> rows = {"patient": ["P1"], "gene": ["B2M"], "classification": ["frameshift_variant"]}
    >>> read_mutations(pd.DataFrame(rows))
    {'P1': 'B2M:frameshift'}
    """
    frame = table.copy() if isinstance(table, pd.DataFrame) else read_rows(table)
    who, gene, term = (_column(frame, what) for what in _COLUMNS)
    found: dict[str, list[str]] = {}
    unknown: dict[str, None] = {}
    for person, symbol, terms in zip(frame[who], frame[gene], frame[term], strict=True):
        event, name = _event(str(terms), unknown), as_key(person)
        if name and event:
            found.setdefault(name, []).append(f"{symbol}:{event}" if as_key(symbol) else "")
    if unknown:
        message = (
            f"Variants have terms that are not known here: {listed(unknown)}. Known are the terms"
            " of MAF files and of the Sequence Ontology (frameshift_variant, Nonsense_Mutation,"
            " missense_variant …). Rename them, or leave these variants out."
        )
        raise SamplesError(message, code="E921")
    return {name: ";".join(dict.fromkeys(filter(None, one))) for name, one in found.items()}


def _column(frame: pd.DataFrame, what: str) -> str:
    known = {plain(column): str(column) for column in reversed(frame.columns)}
    name = next((known[one] for one in _COLUMNS[what] if one in known), None)
    if name is None:
        message = (
            f"The table of mutations has no column of the {what} ({', '.join(_COLUMNS[what])});"
            f" its columns are: {', '.join(map(str, frame.columns))}."
            f"{near(_COLUMNS[what][0], frame.columns)}"
        )
        raise SamplesError(message, code="E903")
    return name


def _event(terms: str, unknown: dict[str, None]) -> str:
    """The gravest of the terms of one variant."""
    parts = [part.strip() for part in terms.replace("&", ",").replace("|", ",").split(",")]
    events = []
    for part in filter(None, parts):
        event = _EVENTS.get(part.casefold().replace(" ", "_").replace("-", "_"))
        if event is None:
            unknown.setdefault(part)
        else:
            events.append(event)
    return min(events, key=_WORST.index, default="")


def with_events(
    table: pd.DataFrame, events: Mapping[str, str], *, patient: str
) -> tuple[pd.DataFrame, str]:
    """A samples table with the events of each sample or its patient in the column `genomic`, and a
    note; without a variant nothing is known, unless the column `sequenced` says yes.
    """
    if "genomic" in table.columns:
        message = (
            "The samples table has a column 'genomic' and mutations were given too. Leave one out."
        )
        raise SamplesError(message, code="E921")
    people = table[patient] if patient in table.columns else pd.Series(table.index, table.index)
    sequenced = table["sequenced"] if "sequenced" in table.columns else pd.Series("", table.index)
    cells, by_patient = [], 0
    for name, person, known in zip(table.index, people, sequenced, strict=True):
        found = events.get(str(name), events.get(as_key(person) or "", ""))
        by_patient += bool(found) and str(name) not in events
        yes = (as_key(known) or "").casefold() in ("yes", "true", "1")
        cells.append(found or ("none" if yes else None))
    if not any(cell and cell != "none" for cell in cells):
        message = (
            f"The table of mutations names no sample and no patient of the samples table (it has"
            f" {listed(events)}; the samples table has {listed(table.index[:3].tolist())})."
            " Rename them alike."
        )
        raise SamplesError(message, code="E904")
    named = sum(cell is not None and cell != "none" for cell in cells)
    silent = sum(cell is None for cell in cells)
    note = (
        f"DNA variants of {named} of {len(table)} samples were given; of {silent} it is not known"
        " whether they were sequenced (a column 'sequenced' says so)."
    )
    if by_patient:
        note += (
            f" {by_patient} have those of their patient: which biopsy was sequenced is not known,"
            " and a later one may have lost more."
        )
    return table.assign(genomic=pd.Series(cells, table.index, dtype=object)), note
