"""Clones of cells: from the AIRR columns of scirpy, or from a plain table of clonotypes, to one name a cell.

A clone is named by the sequences of its receptor and belongs to one patient: the same receptor in two patients is two
clones. A cell without a receptor, or with more chains than a cell can have, has no clone and is *untracked*; it is
never put with others that lack one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from resistype.errors import SamplesError
from resistype.samples import read_samples
from resistype.samples.table import listed, plural

__all__ = ["Clones", "clone_counts", "clones_from_airr", "clones_from_table"]

NAMED = ("clone_id", "clone", "clonotype", "clonotype_id", "raw_clonotype_id", "clonotype_orig")
# of scirpy in order of preference: nucleotides before amino acids, new names before old
VJ = ("VJ_1_junction", "IR_VJ_1_junction", "IR_VJ_1_cdr3_nt", "VJ_1_junction_aa", "IR_VJ_1_junction_aa", "IR_VJ_1_cdr3")
VDJ = tuple(name.replace("VJ_1", "VDJ_1") for name in VJ)
MULTI = ("multi_chain", "IR_multi_chain", "chain_pairing", "receptor_subtype")
EMPTY = frozenset({"", "None", "nan", "NaN", "none", "<NA>", "NA"})


@dataclass(frozen=True, eq=False)
class Clones:
    """One clone a cell.

    Parameters
    ----------
    clone
        Name of the clone, indexed by cell; None where the cell is untracked.
    notes
        What was read, what was left out and why.
    """

    clone: pd.Series
    notes: tuple[str, ...] = ()

    @property
    def n_tracked(self) -> int:
        """Cells that have a clone."""
        return int(self.clone.notna().sum())


def clones_from_airr(obs: pd.DataFrame, *, patient: str | None = "patient", column: str | None = None) -> Clones:
    """Clones from the columns that scirpy leaves in ``obs``.

    Parameters
    ----------
    obs
        One row a cell.
    patient
        Column of the patient; clones never cross patients. None when all cells are of one patient.
    column
        Column with names of clones (for example ``clone_id`` of ``scirpy.tl.define_clonotypes``). By default that
        column when it is there, else the first VJ and VDJ junction: nucleotides where given, else amino acids.

    Returns
    -------
    Clones

    Raises
    ------
    SamplesError
        E971 when no column of a receptor is there, E962 when cells have no patient.

    Examples
    --------
    >>> obs = pd.DataFrame({"patient": ["A", "A", "B"], "clone_id": ["1", "1", "1"]})
    >>> clones_from_airr(obs).clone.tolist()
    ['A:1', 'A:1', 'B:1']
    """
    chosen = column or ("clone_id" if "clone_id" in obs.columns else None)
    if chosen is not None:
        if chosen not in obs.columns:
            raise SamplesError(_no_column(chosen, obs), code="E971")
        key, how = _text(obs[chosen]), f"column {chosen!r}"
    else:
        key, how = _junctions(obs)
    many = _several_chains(obs)
    key = key.mask(many)
    key = _within(key, obs, patient)
    found = f"{plural(int(key.notna().sum()), 'cell', 'cells')} of {len(obs):,} have a clone, by {how}."
    left = f"{plural(int(many.sum()), 'cell has', 'cells have')} more chains than one receptor and no clone."
    return Clones(key, (found, left) if many.any() else (found,))


def _no_column(name: str, obs: pd.DataFrame) -> str:
    return f"There is no column {name!r} among those of the cells ({listed(obs.columns.tolist())})."


def _text(values: pd.Series) -> pd.Series:
    """Text, with None for what is missing; scirpy and old h5ad files write that in several ways."""
    codes, found = pd.factorize(values)
    words = np.array([None if str(one).strip() in EMPTY else str(one).strip() for one in found] + [None], dtype=object)
    return pd.Series(words[codes], index=values.index, dtype=object)


def _junctions(obs: pd.DataFrame) -> tuple[pd.Series, str]:
    vj = next((name for name in VJ if name in obs.columns), None)
    vdj = next((name for name in VDJ if name in obs.columns), None)
    if vdj is None:
        message = (
            "The cells have no column of a receptor: neither 'clone_id' nor VDJ_1_junction(_aa) or IR_VDJ_1_cdr3(_nt). "
            "Run scirpy.get.airr or define_clonotypes, or give a table of clonotypes."
        )
        raise SamplesError(message, code="E971")
    beta = _text(obs[vdj])
    alpha = _text(obs[vj]) if vj is not None else pd.Series(None, index=obs.index, dtype=object)
    key = (alpha.fillna("-") + "|" + beta).where(beta.notna(), None)
    return key, f"{vj or 'no VJ chain'} and {vdj}"


def _several_chains(obs: pd.DataFrame) -> pd.Series:
    mark = next((name for name in MULTI if name in obs.columns), None)
    if mark is None:
        return pd.Series(data=False, index=obs.index)
    return obs[mark].astype(str).isin({"True", "true", "1", "multichain", "multi_chain"})


def _within(key: pd.Series, obs: pd.DataFrame, patient: str | None) -> pd.Series:
    if patient is None:
        return key
    if patient not in obs.columns:
        raise SamplesError(_no_column(patient, obs), code="E971")
    absent = int(obs[patient].isna().sum())
    if absent:
        message = f"{absent} of {len(obs)} cells have no {patient}. Give each cell its patient, or leave it out."
        raise SamplesError(message, code="E962")
    return (obs[patient].astype(str).astype(object) + ":" + key).where(key.notna(), None)


def clones_from_table(
    table: str | Path | pd.DataFrame, cells: Sequence[str], *, clone: str | None = None, cell: str | None = None
) -> Clones:
    """Clones from a table with one row a cell.

    Parameters
    ----------
    table
        csv, tsv or DataFrame; the cell barcodes in its first column unless `cell` names another.
    cells
        Names of the cells of the matrix.
    clone, cell
        Columns; that of the clone is found among the usual names (clone_id, clonotype, raw_clonotype_id, …).

    Returns
    -------
    Clones
        In the order of `cells`. Rows for cells that are not in the matrix are counted in a note.

    Raises
    ------
    SamplesError
        E971 when no column of clones is there; E972 when none of the table's cells is in the matrix.

    Examples
    --------
    >>> table = pd.DataFrame({"barcode": ["c1", "c9"], "clonotype": ["T1", "T2"]})
    >>> found = clones_from_table(table, ["c1", "c2"])
    >>> found.clone.tolist(), found.notes[1]
    (['T1', None], '1 row of clones without cells: its cell is not in the matrix (c9).')
    """
    frame = read_samples(table, sample=cell)
    chosen = clone or next((name for name in NAMED if name in frame.columns), None)
    if chosen is None or chosen not in frame.columns:
        raise SamplesError(_no_column(chosen or "clone_id", frame), code="E971")
    known = set(cells)
    without = [name for name in frame.index if name not in known]
    if len(without) == len(frame):
        message = (
            f"Clones without cells: none of the {len(frame)} cells of the clone table is in the matrix (table: "
            f"{listed(without[:2])}; matrix: {listed(list(cells)[:2])}). Bring the barcodes to one form."
        )
        raise SamplesError(message, code="E972")
    named = _text(frame[chosen]).reindex(pd.Index(cells, dtype=object))
    named = named.where(named.notna(), None)
    notes = [f"{int(named.notna().sum()):,} of {len(named):,} cells have a clone, by column {chosen!r}."]
    if without:
        its = "its cell is" if len(without) == 1 else "their cells are"
        rows = plural(len(without), "row", "rows")
        notes.append(f"{rows} of clones without cells: {its} not in the matrix ({listed(without)}).")
    return Clones(named, tuple(notes))


def clone_counts(clone: pd.Series, sample: pd.Series) -> pd.DataFrame:
    """Cells of every clone in every sample; untracked cells are not counted.

    Parameters
    ----------
    clone, sample
        One value a cell, in the same order.

    Returns
    -------
    DataFrame
        Shape (n_clones, n_samples).

    Examples
    --------
    >>> clone_counts(pd.Series(["a", "a", None, "b"]), pd.Series(["s", "t", "t", "t"])).loc["a"].tolist()
    [1, 1]
    """
    keys = sample.astype(str).to_numpy()
    frame = pd.DataFrame({"clone": clone.to_numpy(), "sample": keys})
    table = pd.crosstab(frame["clone"], frame["sample"])
    return table.reindex(columns=pd.Index(pd.unique(keys), name="sample"), fill_value=0)
