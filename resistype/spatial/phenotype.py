"""Inflamed, excluded or desert: a description of each region with the rows it rests on, or why there is none.

A description of one image, by limits that are ours. It needs tumour, what is around it, and enough of both; where the
interval of a deciding number crosses its limit the answer is indeterminate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.scheme import Calls, Scheme
from resistype.scheme.measured import Measured, call_measured
from resistype.spatial.compartments import Compartments, compartments
from resistype.spatial.density import Estimate, density_ratio, poisson_interval
from resistype.spatial.neighbours import nearest
from resistype.spatial.options import ImmuneRule, MarginRule, Roles, Threshold
from resistype.spatial.tissue import Tissue

__all__ = ["CAVEATS", "RegionCall", "RegionCalls", "classify_tissue", "describe_regions"]

CAVEATS = {
    "RUO": "Research use only; not for treatment decisions.",
    "THRESHOLD_OURS": "The cut-offs are the package's defaults, not from a paper.",
    "ONE_IMAGE": "A description of this image; other parts of the tumour may differ, and cells are not patients.",
    "POISSON": "Intervals take cells as independent; cells cluster, so the true intervals are wider.",
    "NO_VALIDATION": "These descriptions have not been validated against an independent labelled cohort.",
}


@dataclass(frozen=True, eq=False)
class RegionCall:
    """What is said of one region.

    Attributes
    ----------
    region
        Its name.
    label
        ``inflamed``, ``excluded``, ``desert``, ``indeterminate`` or ``not_assessable``.
    reason
        Why it is that, in words.
    evidence
        One row a number: quantity, n, area_mm2, value, low, high, unit, threshold, source.
    """

    region: str
    label: str
    reason: str
    evidence: pd.DataFrame


@dataclass(frozen=True, eq=False)
class RegionCalls:
    """The description of every region, and the compartments and limits behind it."""

    calls: tuple[RegionCall, ...]
    compartments: Compartments
    rule: ImmuneRule

    def to_frame(self) -> pd.DataFrame:
        """One row a region: label, reason."""
        rows = [(one.region, one.label, one.reason) for one in self.calls]
        return pd.DataFrame(rows, columns=["region", "label", "reason"]).set_index("region")

    def evidence(self) -> pd.DataFrame:
        """Evidence of all regions, one row a number."""
        return pd.concat([one.evidence.assign(region=one.region) for one in self.calls], ignore_index=True)

    def thresholds(self) -> tuple[Threshold, ...]:
        """All limits."""
        return self.rule.thresholds()

    def caveats(self) -> dict[str, str]:
        """What must be said beside any of these descriptions."""
        return dict(CAVEATS)


@dataclass(frozen=True)
class _Counts:
    """T cells and areas of one region."""

    n_tumour: int
    n: dict[str, int]
    area: dict[str, float]

    def part(self, *names: str) -> tuple[int, float]:
        return sum(self.n[name] for name in names), sum(self.area[name] for name in names)


def describe_regions(tissue: Tissue, roles: Roles, *, rule: ImmuneRule | None = None) -> RegionCalls:
    """Describe every region as inflamed, excluded or desert, with evidence, or say why not.

    Desert: fewer T cells than `dense_mm2` both inside the tumour and around it (margin and outside). Excluded: at
    least that many around, and inside less than `ratio` of it. Inflamed: at least that many inside, and not less than
    `ratio` of what is around. Each holds only where the whole interval of 95 % is on that side of the limit.

    Parameters
    ----------
    tissue
        Cells.
    roles
        Which kinds are tumour and which are T cells.
    rule
        Limits; by default `ImmuneRule()`, which are ours.

    Returns
    -------
    RegionCalls

    Raises
    ------
    TissueError
        P105 when a kind is not there, P108 when a grid is too large.

    Examples
    --------
    >>> from resistype.datasets import tissue_demo
    >>> from resistype.spatial import read_tissue
    >>> demo = tissue_demo()
    >>> tissue = read_tissue(demo.to_anndata(), scale_um=demo.scale_um)
    >>> calls = describe_regions(tissue, Roles(tumour=("Tumour",), t_cells=("CD8 T cell",)))
    >>> calls.to_frame().loc["sim_excluded", "label"]
    'excluded'
    """
    rule = rule or ImmuneRule()
    found = compartments(tissue, roles, rule=rule.margin)
    tumour, t_cells = tissue.of(roles.tumour), tissue.of(roles.t_cells)
    distance = nearest(tissue, roles.tumour, of=roles.t_cells).to_numpy()
    where = found.cells["compartment"].astype(str).to_numpy()
    calls = []
    for name, rows in tissue.each():
        inhabited = pd.Series(where[rows][t_cells[rows]]).value_counts()
        areas = found.area(name)
        counts = _Counts(int(tumour[rows].sum()), {one: int(inhabited.get(one, 0)) for one in areas}, areas)
        label, reason = _label(counts, rule)
        calls.append(RegionCall(name, label, reason, _evidence(counts, distance[rows], rule)))
    return RegionCalls(tuple(calls), found, rule)


def _label(counts: _Counts, rule: ImmuneRule) -> tuple[str, str]:
    why = _not_assessable(counts, rule)
    if why:
        return "not_assessable", why
    inside, around = counts.part("inside"), counts.part("margin", "outside")
    within, beyond, ratio = poisson_interval(*inside), poisson_interval(*around), density_ratio(inside, around)
    if max(within.high, beyond.high) < rule.dense_mm2:
        return "desert", f"T cells are below {rule.dense_mm2:g}/mm² inside and around"
    if beyond.low >= rule.dense_mm2 and ratio.high < rule.ratio:
        return "excluded", f"T cells are around; inside they are {ratio.value:.2f} of that, below {rule.ratio:g}"
    if within.low >= rule.dense_mm2 and ratio.low >= rule.ratio:
        return "inflamed", f"T cells are inside, {ratio.value:.2f} of what is around"
    return "indeterminate", _crossed(within, beyond, ratio, rule)


def _not_assessable(counts: _Counts, rule: ImmuneRule) -> str:
    _, inside = counts.part("inside")
    _, around = counts.part("margin", "outside")
    if counts.n_tumour < rule.min_tumour:
        return f"too few tumour cells: {counts.n_tumour}, {rule.min_tumour} are needed"
    if counts.area["margin"] == 0:
        return "no margin: the image holds no border of a tumour"
    if inside < rule.min_area_mm2:
        return f"too little inside: {inside:.3f} mm², {rule.min_area_mm2:g} are needed"
    if around < rule.min_area_mm2:
        return f"too little around the tumour: {around:.3f} mm², {rule.min_area_mm2:g} are needed"
    return ""


def _crossed(within: Estimate, beyond: Estimate, ratio: Estimate, rule: ImmuneRule) -> str:
    named = (("inside", within, rule.dense_mm2), ("around", beyond, rule.dense_mm2), ("ratio", ratio, rule.ratio))
    open_ = [
        f"{name} {one.low:.3g} to {one.high:.3g} ({cut:g})" for name, one, cut in named if one.low < cut <= one.high
    ]
    if open_:
        return f"intervals cross their limits: {'; '.join(open_)}"
    return "the numbers fit none of the three descriptions"


_ROWS = {"inside": ("inside",), "margin": ("margin",), "outside": ("outside",), "around": ("margin", "outside")}
_COLUMNS = ("quantity", "n", "area_mm2", "value", "low", "high", "unit", "threshold", "source")
Row = tuple[str, int, float, Estimate, str, float]


def _evidence(counts: _Counts, distance: NDArray[np.float64], rule: ImmuneRule) -> pd.DataFrame:
    rows: list[Row] = []
    for title, parts in _ROWS.items():
        n, area = counts.part(*parts)
        cut = rule.dense_mm2 if title in ("inside", "around") else np.nan
        rows.append((f"T cells {title}", n, area, poisson_interval(n, area), "cells/mm²", cut))
    ratio = density_ratio(counts.part("inside"), counts.part("margin", "outside"))
    rows.append(("T cells inside / around", sum(counts.n.values()), np.nan, ratio, "ratio", rule.ratio))
    known = distance[~np.isnan(distance)]
    middle, low, high = np.quantile(known, [0.5, 0.25, 0.75]) if len(known) else [np.nan] * 3
    spread = Estimate(float(middle), float(low), float(high))
    rows.append(("T cell to nearest tumour cell (median, quartiles)", len(known), np.nan, spread, "µm", np.nan))
    count = Estimate(float(counts.n_tumour), np.nan, np.nan)
    rows.append(("tumour cells", counts.n_tumour, np.nan, count, "cells", float(rule.min_tumour)))
    flat = [(q, n, a, i.value, i.low, i.high, u, cut, "" if np.isnan(cut) else "ours") for q, n, a, i, u, cut in rows]
    return pd.DataFrame(flat, columns=list(_COLUMNS))


# ------------------------------------------------------------------ as a scheme


def classify_tissue(tissue: Tissue, scheme: Scheme, *, rule: MarginRule | None = None) -> Calls:
    """Call every region by a scheme of the system ``immune_phenotype``; its `states` say which kinds play which part.

    Parameters
    ----------
    tissue
        Cells with coordinates and kinds.
    scheme
        Rules and thresholds; ``states.tumour`` and ``states.t_cells`` name kinds of cells.
    rule
        Where the tumour ends.

    Raises
    ------
    TissueError
        P105 when a kind is not there.
    """
    have = set(tissue.kinds)
    parts = {role: tuple(name for name in names if name in have) for role, names in scheme.states.items()}
    roles = Roles(tumour=parts["tumour"], t_cells=parts["t_cells"])
    found = compartments(tissue, roles, rule=rule or MarginRule())
    tumour, t_cells = tissue.of(roles.tumour), tissue.of(roles.t_cells)
    where = found.cells["compartment"].astype(str).to_numpy()
    rows = {}
    for name, own in tissue.each():
        inhabited = pd.Series(where[own][t_cells[own]]).value_counts()
        areas = found.area(name)
        rows[name] = _numbers(
            _Counts(int(tumour[own].sum()), {one: int(inhabited.get(one, 0)) for one in areas}, areas)
        )
    numbers = pd.DataFrame.from_dict(rows, orient="index")
    given = {"n_obs": tissue.n_obs, "n_genes": 0, "unit": "kinds of cells", "source": "tissue", "sha256": ""}
    about = {"mode": "each region by itself", "name": "fixed densities", "n": len(numbers)}
    run = {"input": {**given, "notes": []}, "columns": {"region": "region"}}
    return call_measured(scheme, Measured(unit="region", numbers=numbers, reference=about, run=run))


def _numbers(counts: _Counts) -> dict[str, float]:
    """The quantities of one region; an interval that would rest on no area is NaN."""
    inside, around = counts.part("inside"), counts.part("margin", "outside")
    areas = {"margin_area": counts.area["margin"], "inside_area": inside[1], "around_area": around[1]}
    named = {"inside": poisson_interval(*inside), "around": poisson_interval(*around)}
    named["ratio"] = density_ratio(inside, around)
    spread = {f"{name}{end}": getattr(one, part) for name, one in named.items() for end, part in _ENDS}
    return {"n_tumour": float(counts.n_tumour), **areas, **spread}


_ENDS = (("", "value"), ("_low", "low"), ("_high", "high"))
