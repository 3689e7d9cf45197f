"""What becomes of clones: drift between states, flow, plasticity.

All of it rests on receptors and on at least two samples in time. Without either the answer is *not
assessable*: no sample by itself shows plasticity, and a state that grows may grow because its
clones did. `drift` therefore looks inside clones, and tests them together with the clone as stratum
(Cochran–Mantel–Haenszel).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from resistype.errors import SamplesError
from resistype.stats import adjusted, wilson

COLUMNS = ("clone", "time", "state")


def _two_times(cells: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    absent = [name for name in COLUMNS if name not in cells.columns]
    if absent:
        raise SamplesError(
            f"The cells need the columns {', '.join(COLUMNS)}; {absent[0]!r} is missing.",
            code="E903",
        )
    times = cells["time"].astype(str)
    lacking = [time for time in (first, second) if not (times == time).any()]
    if lacking:
        message = (
            f"There are no cells at {lacking[0]!r}; time points: {', '.join(sorted(set(times)))}."
        )
        raise SamplesError(message, code="E975")
    kept = cells.assign(time=times)[
        times.isin([first, second]) & cells["clone"].notna() & cells["state"].notna()
    ]
    return kept.reset_index(drop=True)


@dataclass(frozen=True, eq=False)
class Drift:
    """Change of state inside clones."""

    clones: pd.DataFrame
    n_clones: int
    change: float
    odds_ratio: float
    p: float
    between: float


def drift(
    cells: pd.DataFrame,
    state: str | Collection[str],
    *,
    first: str,
    second: str,
    min_cells: int = 2,
) -> Drift:
    """Drift of clones into or out of a state between two time points of one patient.

    Examples
    --------
    >>> cells = pd.DataFrame(
    ...     {
    ...         "clone": ["a"] * 20,
    ...         "time": ["IP"] * 10 + ["day 14"] * 10,
    ...         "state": ["memory"] * 9 + ["effector"] * 10 + ["memory"],
    ...     }
    ... )
    >>> found = drift(cells, "memory", first="IP", second="day 14")
    >>> found.n_clones, round(found.change, 2), bool(found.p < 0.01)
    (1, -0.8, True)
    """
    wanted = {state} if isinstance(state, str) else set(state)
    kept = _two_times(cells, first, second)
    inside = kept["state"].astype(str).isin(wanted)
    n, k = (
        pd.crosstab(kept.loc[mask, "clone"], kept.loc[mask, "time"]).reindex(
            columns=[first, second], fill_value=0
        )
        for mask in (inside | True, inside)
    )
    both = n[(n >= min_cells).all(axis=1)]
    if both.empty:
        message = (
            f"No clone has {min_cells} cells at {first!r} and at {second!r}: drift is not"
            " assessable."
        )
        raise SamplesError(message, code="E976")
    hits = k.reindex(both.index, fill_value=0)
    table = _per_clone(both.to_numpy(), hits.to_numpy(), both.index)
    odds, p = _mantel_haenszel(both.to_numpy(), hits.to_numpy())
    return Drift(table, len(table), float(table["change"].mean()), odds, p, _between(both, hits))


def _per_clone(n: np.ndarray, k: np.ndarray, names: pd.Index) -> pd.DataFrame:
    from scipy.stats import fisher_exact  # noqa: PLC0415  0.6 s

    tables = np.stack(
        [k[:, ::-1], (n - k)[:, ::-1]], axis=2
    )  # of each clone, after then before: in the state, not in it
    p = np.array([float(fisher_exact(one)[1]) for one in tables])
    share = k / n
    q = adjusted(p)
    return pd.DataFrame(
        {
            "n_before": n[:, 0],
            "k_before": k[:, 0],
            "n_after": n[:, 1],
            "k_after": k[:, 1],
            "fraction_before": share[:, 0],
            "fraction_after": share[:, 1],
            "change": share[:, 1] - share[:, 0],
            "p": p,
            "q": q,
            "drifted": q < 0.05,
        },
        index=names.rename("clone"),
    )


def _mantel_haenszel(n: np.ndarray, k: np.ndarray) -> tuple[float, float]:
    """Common odds ratio and p of the 2 × 2 tables of all clones, without continuity correction."""
    total, hits = n.sum(axis=1), k.sum(axis=1)
    expected = n[:, 1] * hits / total
    variance = n[:, 0] * n[:, 1] * hits * (total - hits) / (total**2 * np.maximum(total - 1, 1))
    up = (k[:, 1] * (n[:, 0] - k[:, 0]) / total).sum()
    down = (k[:, 0] * (n[:, 1] - k[:, 1]) / total).sum()
    odds = float(up / down) if down > 0 else float("inf") if up > 0 else float("nan")
    if variance.sum() <= 0:
        return odds, float("nan")
    return odds, float(chdtrc(1, (k[:, 1].sum() - expected.sum()) ** 2 / variance.sum()))


def _between(n: pd.DataFrame, k: pd.DataFrame) -> float:
    """Σ (change of a clone's weight) × (its mean share): growth and loss of clones, not drift."""
    weight = (n / n.sum(axis=0)).to_numpy()
    share = (k / n).to_numpy()
    return float(((weight[:, 1] - weight[:, 0]) * share.mean(axis=1)).sum())


def flow(cells: pd.DataFrame, *, first: str, second: str, min_cells: int = 2) -> pd.DataFrame:
    """Clones between states of two time points, each clone counted once and split by its shares."""
    kept = _two_times(cells, first, second)
    counts = pd.crosstab([kept["clone"], kept["time"]], kept["state"].astype(str))
    sizes = counts.sum(axis=1).unstack(fill_value=0)  # noqa: PD010
    clones = sizes.index[
        (sizes.reindex(columns=[first, second], fill_value=0) >= min_cells).all(axis=1)
    ]
    if not len(clones):
        message = (
            f"No clone has {min_cells} cells at {first!r} and at {second!r}: there is no flow to"
            " show."
        )
        raise SamplesError(message, code="E976")
    share = counts.div(counts.sum(axis=1), axis=0)
    old, new = (share.xs(time, level="time").reindex(clones).to_numpy() for time in (first, second))
    moved = old.T @ new
    names = counts.columns.astype(str)
    rows = [(a, b, moved[i, j]) for i, a in enumerate(names) for j, b in enumerate(names)]
    out = pd.DataFrame(rows, columns=["from_state", "to_state", "clones"])
    return out.assign(fraction=out["clones"] / len(clones))


@dataclass(frozen=True)
class Plasticity:
    """Clones seen in memory at one time and as effectors at another.

    `share` is None, with the reason, where it is not assessable. `n_dominant` counts the stricter
    case: most cells of the clone in memory at one time and most effectors at another.
    """

    reason: str = ""
    n_clones: int = 0
    n_seen: int = 0
    n_dominant: int = 0
    share: float | None = None
    low: float | None = None
    high: float | None = None


def plasticity(
    cells: pd.DataFrame, memory: Collection[str], effector: Collection[str], *, min_cells: int = 2
) -> Plasticity:
    """Fraction of clones that were memory at one time and effector at another.

    Examples
    --------
    >>> cells = pd.DataFrame(
    ...     {"clone": ["a"] * 4, "time": ["0", "0", "7", "7"], "state": ["m", "m", "e", "e"]}
    ... )
    >>> plasticity(cells, {"m"}, {"e"}).share
    1.0
    """
    if "clone" not in cells.columns or not cells["clone"].notna().any():
        return Plasticity("no receptors were sequenced; plasticity needs them")
    kept = cells[cells["clone"].notna() & cells["state"].notna()].reset_index(drop=True)
    if kept["time"].nunique() < 2:
        return Plasticity("one time point; plasticity needs two")
    state = kept["state"].astype(str)
    frame = kept[["clone", "time"]].assign(
        n=1, m=state.isin(set(memory)), e=state.isin(set(effector))
    )
    table = frame.groupby(["clone", "time"], observed=True)[["n", "m", "e"]].sum().reset_index()
    table = table[table["n"] >= min_cells]
    times = table.groupby("clone")["time"].nunique()
    table = table[table["clone"].isin(times.index[times >= 2])]
    if table.empty:
        return Plasticity(f"no clone has {min_cells} cells at two time points")
    n = int(table["clone"].nunique())
    seen = _both(table, table["m"] > 0, table["e"] > 0)
    dominant = _both(table, 2 * table["m"] > table["n"], 2 * table["e"] > table["n"])
    low, high = wilson(seen, n)
    return Plasticity("", n, seen, dominant, seen / n, float(low), float(high))


def _both(table: pd.DataFrame, memory: pd.Series, effector: pd.Series) -> int:
    """Clones with one mark at one time and the other mark at another time."""
    marks = (
        pd.DataFrame({"m": memory, "e": effector, "any": memory | effector})
        .groupby(table["clone"])
        .sum()
    )
    return int(((marks["m"] > 0) & (marks["e"] > 0) & (marks["any"] > 1)).sum())


# Where clones come from: there before infusion, new, from the infusion product, both, or not to be
# told.

ORIGINS = ("pre-existing", "novel", "infusion product", "both", "untracked")


def origin(
    clone: pd.Series, *, before: pd.Series | None, product: pd.Series | None
) -> pd.DataFrame:
    """Where the clones of some cells were seen before.

    Examples
    --------
    >>> cells = pd.Series(["a", "a", "b", "c", None])
    >>> origin(cells, before=pd.Series(["a"]), product=pd.Series(["b"]))["n_cells"].to_dict()
    {'pre-existing': 2, 'novel': 1, 'infusion product': 1, 'both': 0, 'untracked': 1}
    """
    tracked = clone.dropna()
    seen = (
        tracked.isin(set(before.dropna()))
        if before is not None
        else pd.Series(data=False, index=tracked.index)
    )
    given = (
        tracked.isin(set(product.dropna()))
        if product is not None
        else pd.Series(data=False, index=tracked.index)
    )
    unknown = "novel" if before is not None and product is not None else "untracked"
    kind = np.select(
        [seen & given, seen, given], ["both", "pre-existing", "infusion product"], unknown
    )
    cells = pd.Series(kind).value_counts().reindex(ORIGINS, fill_value=0)
    clones = (
        pd.Series(kind)[~tracked.duplicated().to_numpy()]
        .value_counts()
        .reindex(ORIGINS, fill_value=0)
    )
    cells["untracked"] += int(clone.isna().sum())
    low, high = wilson(cells, len(clone))
    out = pd.DataFrame(
        {
            "n_cells": cells,
            "fraction_cells": cells / max(len(clone), 1),
            "n_clones": clones,
            "fraction_clones": clones / max(int(clones.sum()), 1),
            "low": low,
            "high": high,
        }
    ).rename_axis("origin")
    out.attrs["detectable"] = _detectable(before), _detectable(product)
    return out


def _detectable(clones: pd.Series | None) -> float:
    """Smallest frequency of a clone that is found with 95 % probability among the tracked cells."""
    n = 0 if clones is None else int(clones.notna().sum())
    return 1 - 0.05 ** (1 / n) if n else float("nan")
