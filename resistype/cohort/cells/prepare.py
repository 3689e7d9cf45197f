"""What is known of the cells of a matrix, before a scheme sees it: their table, their states, their clones.

States come from one place: a column, the published gate, or cuts that the user set; never from two at once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from resistype.cohort.cells.cuts import states_by_cuts
from resistype.cohort.cells.options import CellOptions
from resistype.cohort.cells.table import CellColumns
from resistype.cohort.clones import clones_from_table
from resistype.cohort.gate import pseudo_flow, smooth_markers
from resistype.errors import SamplesError
from resistype.expression import Expression
from resistype.samples import read_samples

__all__ = ["STATE_OF_SCORE", "prepare_clones", "prepare_obs", "prepare_states"]

STATE_OF_SCORE = {"exhaustion": "exhausted", "car_treg": "treg", "proliferation": "proliferating"}


def prepare_obs(expression: Expression, options: CellOptions) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table of cells by row number, with the columns of the samples table beside them."""
    obs = pd.DataFrame({str(name): _small(values) for name, values in expression.obs.items()})
    obs = obs.set_axis(pd.RangeIndex(expression.n_obs), axis=0)
    if options.samples is None:
        return obs, ()
    if options.sample is None or options.sample not in obs.columns:
        message = (
            f"A table of samples needs the column of the cells that names the sample (sample=); the cells have: "
            f"{', '.join(map(str, obs.columns[:8]))}."
        )
        raise SamplesError(message, code="E983")
    table = read_samples(options.samples)
    key = obs[options.sample].astype(str)
    absent = sorted(set(key.unique()) - set(table.index))
    if absent:
        message = f"{len(absent)} samples of the cells are not in the samples table (first: {absent[0]!r})."
        raise SamplesError(message, code="E904")
    place = table.index.get_indexer(pd.Index(key))
    for name in table.columns:
        obs[str(name)] = pd.Categorical(table[name].to_numpy()[place])
    return obs, (f"{len(table.columns)} columns of the samples table were joined by {options.sample!r}.",)


def _small(values: pd.Series) -> pd.Series:
    """Text as categories where it repeats."""
    if values.dtype != object and not isinstance(values.dtype, pd.StringDtype):  # text of pandas 3
        return values
    codes, found = pd.factorize(values)
    few = len(found) < len(values) / 4
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(found)), index=values.index) if few else values


def prepare_states(
    expression: Expression, obs: pd.DataFrame, scores: pd.DataFrame, *, options: CellOptions
) -> tuple[pd.DataFrame, CellColumns, tuple[str, ...]]:
    """Where states come from: a column, the gate, cuts that were set, or nowhere; never two of them."""
    given = [word for word, has in (("a column", options.columns.state), ("the gate", options.gate)) if has]
    given += ["cuts"] if options.cuts else []
    if len(given) > 1:
        message = f"States come from one place; {' and '.join(given)} were given. Choose one."
        raise SamplesError(message, code="E982")
    if options.cuts:
        own = scores.rename(columns=STATE_OF_SCORE)
        state = states_by_cuts(own, options.cuts)
        told = ", ".join(f"{name} ≥ {cut:g}" for name, cut in options.cuts.items())
        note = f"States by cuts that the user set: {told}; cells above several are 'several'."
        return obs.assign(state_by_cuts=state), replace(options.columns, state="state_by_cuts"), (note,)
    if options.gate:
        return _gated(expression, obs, options)
    return obs, options.columns, ()


def _gated(
    expression: Expression, obs: pd.DataFrame, options: CellOptions
) -> tuple[pd.DataFrame, CellColumns, tuple[str, ...]]:
    columns = options.columns
    sample = obs[columns.patient].astype(str)
    if columns.timepoint is not None:
        sample = sample + " " + obs[columns.timepoint].astype(str)
    isoforms = None if options.isoform is None else obs[options.isoform].astype(float)
    markers = smooth_markers(expression, sample, isoforms=isoforms)
    gated = pseudo_flow(markers)
    place = pd.Index(expression.samples).get_indexer(gated.cells.index)
    kept = gated.cells["kept"].to_numpy()
    label, lineage = np.full(len(obs), None, dtype=object), np.full(len(obs), "not a T cell by the gate", dtype=object)
    label[place] = gated.cells["label"].to_numpy()
    lineage[place[kept]] = [f"{one} T" for one in gated.cells["lineage"][kept]]
    notes = [f"Gate of Haradhvala 2022: {', '.join(f'{n:,} {name}' for name, n in gated.counts().items())}."]
    notes += [gated.message] if gated.message else []
    notes += [f"Not gated: {name}, {why}." for name, why in markers.attrs.get("left_out", {}).items()]
    out = obs.assign(state_by_gate=label, lineage_by_gate=lineage)
    return out, replace(columns, state="state_by_gate", lineage="lineage_by_gate"), tuple(notes)


def prepare_clones(expression: Expression, options: CellOptions) -> tuple[pd.Series | None, tuple[str, ...]]:
    """Clones of the table of clonotypes, by row number; None when no table was given."""
    if options.clones is None:
        return None, ()
    found = clones_from_table(options.clones, expression.samples)
    return found.clone.reset_index(drop=True), found.notes
