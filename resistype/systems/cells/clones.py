"""Clones of cells: from the AIRR columns of scirpy, or from a plain table of clonotypes, to one
name a cell.

A clone is named by the sequences of its receptor and belongs to one patient: the same receptor in
two patients is two clones. A cell without a receptor, or with more chains than a cell can have, has
no clone and is *untracked*; it is never put with others that lack one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import SamplesError
from resistype.samples import read_samples
from resistype.stats import adjusted
from resistype.text import listed, plural

NAMED = ("clone_id", "clone", "clonotype", "clonotype_id", "raw_clonotype_id", "clonotype_orig")
# of scirpy in order of preference: nucleotides before amino acids, new names before old
VJ = (
    "VJ_1_junction",
    "IR_VJ_1_junction",
    "IR_VJ_1_cdr3_nt",
    "VJ_1_junction_aa",
    "IR_VJ_1_junction_aa",
    "IR_VJ_1_cdr3",
)
VDJ = tuple(name.replace("VJ_1", "VDJ_1") for name in VJ)
MULTI = ("multi_chain", "IR_multi_chain", "chain_pairing", "receptor_subtype")
EMPTY = frozenset({"", "None", "nan", "NaN", "none", "<NA>", "NA"})


@dataclass(frozen=True, eq=False)
class Clones:
    """One clone a cell."""

    clone: pd.Series
    notes: tuple[str, ...] = ()

    @property
    def n_tracked(self) -> int:
        """Cells that have a clone."""
        return int(self.clone.notna().sum())


def clones_from_airr(
    obs: pd.DataFrame, *, patient: str | None = "patient", column: str | None = None
) -> Clones:
    """Clones from the columns that scirpy leaves in ``obs``.

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
    found = (
        f"{plural(int(key.notna().sum()), 'cell', 'cells')} of {len(obs):,} have a clone, by {how}."
    )
    left = (
        f"{plural(int(many.sum()), 'cell has', 'cells have')} more chains than one receptor and no"
        " clone."
    )
    return Clones(key, (found, left) if many.any() else (found,))


def _no_column(name: str, obs: pd.DataFrame) -> str:
    return f"There is no column {name!r} among those of the cells ({listed(obs.columns.tolist())})."


def _text(values: pd.Series) -> pd.Series:
    """Text, with None for what is missing; scirpy and old h5ad files write that in several ways."""
    codes, found = pd.factorize(values)
    words = np.array(
        [None if str(one).strip() in EMPTY else str(one).strip() for one in found] + [None],
        dtype=object,
    )
    return pd.Series(words[codes], index=values.index, dtype=object)


def _junctions(obs: pd.DataFrame) -> tuple[pd.Series, str]:
    vj = next((name for name in VJ if name in obs.columns), None)
    vdj = next((name for name in VDJ if name in obs.columns), None)
    if vdj is None:
        message = (
            "The cells have no column of a receptor: neither 'clone_id' nor VDJ_1_junction(_aa) or"
            " IR_VDJ_1_cdr3(_nt). Run scirpy.get.airr or define_clonotypes, or give a table of"
            " clonotypes."
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
        message = (
            f"{absent} of {len(obs)} cells have no {patient}. Give each cell its patient, or leave"
            " it out."
        )
        raise SamplesError(message, code="E962")
    return (obs[patient].astype(str).astype(object) + ":" + key).where(key.notna(), None)


def clones_from_table(
    table: str | Path | pd.DataFrame,
    cells: Sequence[str],
    *,
    clone: str | None = None,
    cell: str | None = None,
) -> Clones:
    """Clones from a table with one row per cell.

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
            f"Clones without cells: none of the {len(frame)} cells of the clone table is in the"
            f" matrix (table: {listed(without[:2])}; matrix: {listed(list(cells)[:2])}). Bring the"
            " barcodes to one form."
        )
        raise SamplesError(message, code="E972")
    named = _text(frame[chosen]).reindex(pd.Index(cells, dtype=object))
    named = named.where(named.notna(), None)
    notes = [
        f"{int(named.notna().sum()):,} of {len(named):,} cells have a clone, by column {chosen!r}."
    ]
    if without:
        its = "its cell is" if len(without) == 1 else "their cells are"
        rows = plural(len(without), "row", "rows")
        notes.append(
            f"{rows} of clones without cells: {its} not in the matrix ({listed(without)})."
        )
    return Clones(named, tuple(notes))


def clone_counts(clone: pd.Series, sample: pd.Series) -> pd.DataFrame:
    """Cells of every clone in every sample; untracked cells are not counted.

    Examples
    --------
    >>> clone_counts(pd.Series(["a", "a", None, "b"]), pd.Series(["s", "t", "t", "t"])).loc[
    ...     "a"
    ... ].tolist()
    [1, 1]
    """
    keys = sample.astype(str).to_numpy()
    frame = pd.DataFrame({"clone": clone.to_numpy(), "sample": keys})
    table = pd.crosstab(frame["clone"], frame["sample"])
    return table.reindex(columns=pd.Index(pd.unique(keys), name="sample"), fill_value=0)


# Clones that expand and contract between two samples of one patient.


@dataclass(frozen=True)
class ChangeRule:
    """When a clone counts as expanded or contracted."""

    fdr: float = 0.05
    fold: float = 2.0
    min_cells: int = 3


def clone_change(
    before: pd.Series, after: pd.Series, *, rule: ChangeRule | None = None
) -> pd.DataFrame:
    """Expansion and contraction of the clones of one patient.

    Examples
    --------
    >>> found = clone_change(pd.Series({"a": 2, "b": 98}), pd.Series({"a": 40, "b": 60}))
    >>> found.loc["a", "call"]
    'expanded'
    """
    rule = rule or ChangeRule()
    table = (
        pd.concat([before.rename("n_before"), after.rename("n_after")], axis=1)
        .fillna(0)
        .astype(int)
    )
    n1, n2 = int(table["n_before"].sum()), int(table["n_after"].sum())
    if min(n1, n2) < 1 or bool((table < 0).any(axis=None)):
        message = (
            f"{n1} and {n2} tracked cells in the two samples: a change of clones needs some in"
            " both."
        )
        raise SamplesError(message, code="E973")
    k1, k2 = table["n_before"].to_numpy(), table["n_after"].to_numpy()
    table = table.assign(
        depth_before=n1, depth_after=n2, fraction_before=k1 / n1, fraction_after=k2 / n2
    )
    table["fold"] = ((k2 + 0.5) / (n2 + 1)) / ((k1 + 0.5) / (n1 + 1))
    tested = k1 + k2 >= rule.min_cells
    p = np.full(len(table), np.nan)
    p[tested] = _fisher(k1[tested], k2[tested], n1, n2)
    q = adjusted(p)
    found = (q < rule.fdr) & tested
    call = np.select(
        [~tested, found & (table["fold"] >= rule.fold), found & (table["fold"] <= 1 / rule.fold)],
        ["not_tested", "expanded", "contracted"],
        "unchanged",
    )
    out = table.assign(p=p, q=q, call=call).rename_axis("clone")
    return out.sort_values(["n_after", "n_before"], ascending=False, kind="stable")


def _fisher(k1: NDArray[np.int64], k2: NDArray[np.int64], n1: int, n2: int) -> NDArray[np.float64]:
    """Two-sided p of each clone; clones of the same two counts share one test."""
    pairs, which = np.unique(np.column_stack([k1, k2]), axis=0, return_inverse=True)
    found = [_one_fisher(a, b, n1, n2) for a, b in pairs.tolist()]
    return np.asarray(found)[which.ravel()]


@lru_cache(maxsize=1 << 16)
def _one_fisher(k1: int, k2: int, n1: int, n2: int) -> float:
    """Kept, because samples that are drawn anew ask the same tests again."""
    from scipy.stats import fisher_exact  # noqa: PLC0415  0.6 s

    return float(fisher_exact(np.array([[k2, n2 - k2], [k1, n1 - k1]]))[1])


# Diversity of clones, compared only at equal depth.


@dataclass(frozen=True)
class Rarefaction:
    """How samples are brought to one depth."""

    depth: int | None = None
    min_depth: int = 50
    repeats: int = 200
    seed: int = 0


def gini(counts: NDArray[np.int64]) -> float:
    """Gini index of clone sizes, over the clones that are there: 0 all equal, towards 1 one clone
    has all.

    Examples
    --------
    >>> gini(np.array([5, 5, 5])), round(gini(np.array([97, 1, 1, 1])), 2)
    (0.0, 0.72)
    """
    sizes = np.sort(counts[counts > 0]).astype(np.float64)
    n = sizes.size
    if not n:
        return float("nan")
    return float((2 * np.arange(1, n + 1) - n - 1) @ sizes / (n * sizes.sum()))


def shannon(counts: NDArray[np.int64]) -> float:
    """Shannon entropy of clone sizes, in bits.

    Examples
    --------
    >>> shannon(np.array([5, 5, 5, 5]))
    2.0
    """
    p = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(p * np.log2(p)).sum()) + 0.0 if p.size else float("nan")


def top_share(counts: NDArray[np.int64], n: int = 10) -> float:
    """Fraction of the cells that the `n` largest clones have.

    Examples
    --------
    >>> top_share(np.array([50, 30, 10, 10]), 2)
    0.8
    """
    total = int(counts.sum())
    return float(np.sort(counts)[::-1][:n].sum() / total) if total else float("nan")


_MEASURES = {
    "n_clones": lambda c: float((c > 0).sum()),
    "top10": top_share,
    "gini": gini,
    "shannon": shannon,
}


def clone_diversity(
    counts: pd.DataFrame, *, rarefaction: Rarefaction | None = None
) -> pd.DataFrame:
    """Diversity of samples at one depth.

    Examples
    --------
    >>> counts = pd.DataFrame({"s": [60, 40, 20], "t": [600, 400, 200]})
    >>> found = clone_diversity(counts)
    >>> (
    ...     found["depth"].tolist(),
    ...     bool(abs(found.loc["s", "shannon"] - found.loc["t", "shannon"]) < 0.02),
    ... )
    ([120, 120], True)
    """
    plan = rarefaction or Rarefaction()
    totals = counts.sum(axis=0)
    enough = totals[totals >= (plan.depth or plan.min_depth)]
    if not len(enough):
        message = (
            f"No sample has {plan.depth or plan.min_depth} tracked cells (the largest has"
            f" {int(totals.max())}): diversity is not assessed."
        )
        raise SamplesError(message, code="E974")
    depth = plan.depth or int(enough.min())
    rng = np.random.default_rng(plan.seed)
    rows = [_one(counts[name].to_numpy(np.int64), depth, plan, rng) for name in counts.columns]
    return pd.DataFrame(rows, index=counts.columns)


def _one(
    sizes: NDArray[np.int64], depth: int, plan: Rarefaction, rng: np.random.Generator
) -> dict[str, object]:
    total = int(sizes.sum())
    row: dict[str, object] = {"n_cells": total, "depth": depth}
    short = total < depth or total < (plan.depth or plan.min_depth)
    there = sizes[sizes > 0]
    drawn = (
        []
        if short
        else [_draw(there, depth, rng) for _ in range(plan.repeats if total > depth else 1)]
    )
    for name, measure in _MEASURES.items():
        values = np.array([measure(one) for one in drawn])
        low, high = np.quantile(values, [0.025, 0.975]) if drawn else (np.nan, np.nan)
        row |= {
            name: float(values.mean()) if drawn else np.nan,
            f"{name}_low": low,
            f"{name}_high": high,
        }
    row |= {
        f"one_{name}": measure(drawn[0]) if drawn else np.nan for name, measure in _MEASURES.items()
    }
    row |= {f"raw_{name}": measure(sizes) for name, measure in _MEASURES.items()}
    row["reason"] = (
        f"{total} tracked cells, {max(depth, plan.min_depth)} are needed" if short else ""
    )
    return row


def _draw(sizes: NDArray[np.int64], depth: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Sizes of the clones among `depth` cells drawn without replacement."""
    return rng.multivariate_hypergeometric(sizes, depth, method="marginals")
