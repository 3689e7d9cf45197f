"""The table of cells: patient, time, product, state and clone of each cell, checked before anything
is counted.

Time points are read from what people write: ``IP`` or ``infusion product``; ``day 14``, ``D14`` or
14; other words stay words, in the order of the table. All complaints come at once, each with its
name.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from resistype.errors import SamplesError, complain
from resistype.samples.composition import balance, composition
from resistype.samples.table import as_key
from resistype.scheme.scheme import Scheme
from resistype.text import listed

PRODUCT = frozenset({"ip", "product", "infusion product", "infusion", "bag", "drug product", "dp"})
DAY = re.compile(r"(?:day|d)?[ _]*([+-]?[0-9]+(?:\.[0-9]+)?)", re.IGNORECASE)
T_CELL = re.compile(
    r"(?:^|[^a-z])(?:t|t[ _-]?cells?|cd4|cd8|cd3|treg|t-reg)(?:[^a-z]|$)", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class CellColumns:
    """Names of the columns of the cells; None for what is not there.

    Parameters
    ----------
    patient, timepoint
        Needed. Without a time point, name None: all cells of a patient are one sample.
    product
        CAR product or infusion; one a patient.
    state
        State of the cell: from a gate, an annotation, or cuts.
    lineage
        Kind of cell (CD4, CD8, T cell, …), to leave out what is no T cell.
    stage
        Stage of exhaustion (for `tex_psr`).
    clone
        Clone of the cell; made from receptor columns where None and they are there.
    disease, group
        Of the patient; `group` for comparisons.
    """

    patient: str = "patient"
    timepoint: str | None = "timepoint"
    product: str | None = None
    state: str | None = None
    lineage: str | None = None
    stage: str | None = None
    clone: str | None = None
    disease: str | None = None
    group: str | None = None


@dataclass(frozen=True, eq=False)
class CellTable:
    """Cells that passed the checks.

    Parameters
    ----------
    frame
        One row per cell with the columns patient, timepoint, day, is_product and, where known,
        product, state, lineage, stage, clone, disease, group. Text is categorical, so that a
        million cells stay small.
    times
        Time points in order: the infusion product, then days, then other words as they stand.
    notes
        What was found.
    caveats
        Codes for the whole run.
    """

    frame: pd.DataFrame
    times: tuple[str, ...]
    notes: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    def only(self, keep: np.ndarray, note: str) -> CellTable:
        """The cells of a mask, with a note of why."""
        return replace(self, frame=self.frame[keep], notes=(*self.notes, note))


def read_time(value: Hashable) -> tuple[str, float, bool]:
    """Label, day and whether it is the infusion product.

    Examples
    --------
    >>> read_time("Infusion product"), read_time("D14"), read_time(7.0)
    (('IP', nan, True), ('day 14', 14.0, False), ('day 7', 7.0, False))
    """
    text = as_key(value) or ""
    if text.lower().replace("_", " ") in PRODUCT:
        return "IP", float("nan"), True
    found = DAY.fullmatch(text)
    if found is None:
        return text, float("nan"), False
    day = float(found[1])
    return f"day {day:g}", day, False


def cell_table(obs: pd.DataFrame, columns: CellColumns | None = None) -> CellTable:
    """Check and bring into one form what is known of the cells.

    Parameters
    ----------
    obs
        One row per cell.
    columns
        Which column is what.

    Returns
    -------
    CellTable

    Raises
    ------
    SamplesError
        E980 with every complaint: columns that are not there, cells without patient or time point,
        negative days, two products in one patient, two groups in one patient.

    Examples
    --------
    >>> obs = pd.DataFrame({"patient": ["A", "A"], "timepoint": ["IP", "D7"]})
    >>> cell_table(obs).times
    ('IP', 'day 7')
    """
    columns = columns or CellColumns()
    named = {key: name for key, name in vars(columns).items() if name is not None}
    absent = [
        f"there is no column {name!r} ({key})"
        for key, name in named.items()
        if name not in obs.columns
    ]
    have = f"The cells' columns are: {listed(obs.columns.tolist())}."
    complain([f"{one}. {have}" for one in absent], SamplesError, code="E980", subject="Cells")
    if not len(obs):
        raise SamplesError("There are no cells.", code="E980")
    frame = pd.DataFrame(
        {key: _category(obs[name]) for key, name in named.items()}, index=obs.index
    )
    complaints = [*_empty(frame, named)]
    times = _times(frame, complaints)
    complaints += _one_a_patient(frame)
    complain(complaints, SamplesError, code="E980", subject="Cells")
    notes = (
        f"{len(frame):,} cells of {frame['patient'].nunique():,} patients; time points:"
        f" {', '.join(times)}."
    )
    return _t_cells(CellTable(frame, times, (notes,)))


def _category(values: pd.Series) -> pd.Series:
    """Text as categories; numbers of ids become text without a decimal point."""
    codes, found = pd.factorize(values)
    words = [as_key(one) for one in found]
    names = list(dict.fromkeys(word for word in words if word is not None))
    where = {name: i for i, name in enumerate(names)}
    place = np.array([*(where[word] if word is not None else -1 for word in words), -1], np.int64)
    return pd.Series(
        pd.Categorical.from_codes(place[codes], pd.Index(names, dtype=object)), index=values.index
    )


def _empty(frame: pd.DataFrame, named: dict[str, str]) -> list[str]:
    complaints = []
    for key in ("patient", "timepoint"):
        n = int(frame[key].isna().sum()) if key in frame else 0
        if n:
            complaints.append(
                f"{n:,} of {len(frame):,} cells have no {key} (column {named[key]!r})."
            )
    return complaints


def _times(frame: pd.DataFrame, complaints: list[str]) -> tuple[str, ...]:
    """Put timepoint, day and is_product into the frame; their order."""
    if "timepoint" not in frame:
        frame["timepoint"] = pd.Categorical(["all"] * len(frame))
    given = list(frame["timepoint"].cat.categories)
    read = [read_time(one) for one in given]
    negative = [name for name, (_, day, _) in zip(given, read, strict=True) if day < 0]
    if negative:
        complaints.append(
            f"negative days: {listed(negative)}. Days count from infusion; write the product as"
            " 'IP', and give samples from before infusion a word (for example 'pre')."
        )
    labels = list(dict.fromkeys(label for label, _, _ in read))
    codes = frame["timepoint"].cat.codes.to_numpy()
    place = np.array([*(labels.index(label) for label, _, _ in read), -1], np.int64)[codes]
    facts = {label: (day, product) for label, day, product in read}
    order = sorted(
        labels, key=lambda name: (not facts[name][1], np.isnan(facts[name][0]), facts[name][0])
    )
    frame["timepoint"] = pd.Categorical.from_codes(place, pd.Index(labels, dtype=object))
    frame["day"] = np.array([*(facts[name][0] for name in labels), np.nan], dtype=np.float32)[place]
    frame["is_product"] = np.array([*(facts[name][1] for name in labels), False])[place]
    return tuple(order)


def _one_a_patient(frame: pd.DataFrame) -> list[str]:
    complaints = []
    for key, word in (
        ("product", "two products in one patient"),
        ("group", "two groups in one patient"),
    ):
        if key in frame:
            pairs = frame[["patient", key]].dropna().drop_duplicates()
            twice = pairs[pairs["patient"].duplicated(keep=False)]
            if len(twice):
                name = twice["patient"].iloc[0]
                what = " and ".join(map(str, twice.loc[twice["patient"] == name, key]))
                complaints.append(
                    f"{word}: {name} has {what} ({twice['patient'].nunique()} such patients). Give"
                    f" each infusion its own patient id, or choose one {key}."
                )
    return complaints


def _t_cells(table: CellTable) -> CellTable:
    """Only T cells, where a column says which they are."""
    if "lineage" not in table.frame:
        return replace(table, caveats=(*table.caveats, "LINEAGE_GIVEN_BY_NOBODY"))
    lineage = table.frame["lineage"]
    good = [name for name in lineage.cat.categories if T_CELL.search(name)]
    keep = lineage.isin(good).to_numpy()
    if keep.all():
        return table
    left = [name for name in lineage.cat.categories if name not in good]
    note = (
        f"{int((~keep).sum()):,} cells are no T cells by their column and left out"
        f" ({listed(left)})."
    )
    return table.only(keep, note)


# Numbers of samples: shares of states, balance, mean scores. One row per patient and time point.

KEYS = ["patient", "timepoint"]


def group_names(table: CellTable, scheme: Scheme) -> pd.Series:
    """The group of states that each cell belongs to, its own state where it is in none, None
    without a state.
    """
    if "state" not in table.frame:
        return pd.Series(None, index=table.frame.index, dtype=object)
    of = {member: name for name, members in scheme.states.items() for member in members}
    state = table.frame["state"]
    names = np.array(
        [*(of.get(str(one), str(one)) for one in state.cat.categories), None], dtype=object
    )
    return pd.Series(pd.Categorical(names[state.cat.codes.to_numpy()]), index=state.index)


def sample_shares(table: CellTable, scheme: Scheme) -> pd.DataFrame:
    """Fraction of every group of states in every sample, as from `composition`, with day and
    is_product.
    """
    frame = table.frame[KEYS].assign(state=group_names(table, scheme))
    shares = composition(frame, "state", by=KEYS, min_cells=int(scheme.cut("min_cells")))
    about = table.frame[[*KEYS, "day", "is_product"]].drop_duplicates(KEYS)
    keys = [shares[name].astype(str) for name in KEYS]
    place = pd.MultiIndex.from_arrays([about[name].astype(str) for name in KEYS])
    about = about.set_axis(place).reindex(pd.MultiIndex.from_arrays(keys))
    return shares.assign(
        patient=keys[0],
        timepoint=keys[1],
        day=about["day"].to_numpy(),
        is_product=about["is_product"].to_numpy(),
    )


def share_of(shares: pd.DataFrame, kind: str, index: pd.MultiIndex) -> pd.DataFrame:
    """Rows of one kind, one a sample; NaN in all of them when no cell of the data is of that
    kind.
    """
    own = shares[shares["kind"] == kind].set_index(KEYS)[["numerator", "proportion", "low", "high"]]
    if not own["numerator"].sum():
        own = own.iloc[:0]
    return own.reindex(index)


def balances(
    shares: pd.DataFrame, first: str, second: str, *, min_cells: int, seed: int = 0
) -> pd.DataFrame:
    """Balance of two kinds in every sample, indexed by sample: the counts, balance, low, high,
    reason.
    """
    samples = shares.drop_duplicates(KEYS).set_index(KEYS)["denominator"]
    index = pd.MultiIndex.from_tuples(samples.index.tolist(), names=KEYS)
    counts = [share_of(shares, kind, index)["numerator"] for kind in (first, second)]
    rows = []
    for n, a, b in zip(samples.tolist(), counts[0].tolist(), counts[1].tolist(), strict=True):
        if np.isnan(a) or np.isnan(b):
            reason = f"the data have no {first if np.isnan(a) else second} cells"
            rows.append((np.nan, np.nan, n, np.nan, np.nan, np.nan, reason))
        elif n < min_cells:
            rows.append((a, b, n, np.nan, np.nan, np.nan, f"{n} T cells, {min_cells} are needed"))
        else:
            found = balance(int(a), int(b), int(n), seed=seed)
            rows.append((a, b, n, found.value, found.low, found.high, ""))
    names = [f"n_{first}", f"n_{second}", "n_cells", "balance", "low", "high", "reason"]
    return pd.DataFrame(rows, index=index, columns=names)


def mean_scores(
    table: CellTable, scores: pd.DataFrame, *, min_cells: int, by: Sequence[str] = KEYS
) -> pd.DataFrame:
    """Mean and median score of every sample: one row per sample and score."""
    own = scores if scores.index.equals(table.frame.index) else scores.reindex(table.frame.index)
    keys = [table.frame[name] for name in by]
    parts = []
    for score in own.columns:  # one column at a time: a million cells stay small
        grouped = own[score].groupby(keys, observed=True)
        part = pd.DataFrame(
            {"n_cells": grouped.size(), "mean": grouped.mean(), "median": grouped.median()}
        ).round(12)
        part.insert(0, "score", str(score))
        parts.append(part.reset_index())
    out = pd.concat(parts, ignore_index=True)
    few = out["n_cells"] < min_cells
    out.loc[few, ["mean", "median"]] = np.nan
    out["reason"] = np.where(
        few, [f"{k} cells, {min_cells} are needed" for k in out["n_cells"]], ""
    )
    for name in by:
        out[name] = out[name].astype(str)
    return out
