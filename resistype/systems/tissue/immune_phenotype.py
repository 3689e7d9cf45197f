"""`immune_phenotype`: inflamed, excluded or desert, each region by itself; the scheme holds the
rules.

A description of one image, by limits that are ours. It needs tumour, what is around it, and enough
of both; where the interval of a deciding number crosses its limit the answer is indeterminate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.scheme import Calls, Scheme, load_scheme
from resistype.scheme.measured import ByChance, Measured, call_measured, rng_of
from resistype.systems.tissue.compartments import Compartments, compartments
from resistype.systems.tissue.density import density_ratio, poisson_interval
from resistype.systems.tissue.neighbours import nearest
from resistype.systems.tissue.options import Roles, Threshold, TissueOptions
from resistype.systems.tissue.tissue import Tissue

_PARTS = ("inside", "margin", "outside")
_SCATTERED = "regions with their T cells scattered over the area"


@dataclass(frozen=True)
class _Counts:
    """Cells and areas of one region, by compartment."""

    n_tumour: int
    n: NDArray[np.int64]
    area: NDArray[np.float64]
    to_tumour: float = float("nan")

    def part(self, *names: str) -> tuple[int, float]:
        at = [_PARTS.index(name) for name in names]
        return int(self.n[at].sum()), float(self.area[at].sum())


def describe_regions(
    tissue: Tissue,
    roles: Roles | None = None,
    *,
    options: TissueOptions | None = None,
    scheme: str | Path | Scheme = "immune_phenotype",
) -> Calls:
    """Call every region inflamed, excluded or desert, with evidence, or say why not.

    Parameters
    ----------
    tissue
        Cells.
    roles
        Which kinds are tumour and which are T cells; by default those of the scheme's states.
    options
        Where the tumour ends.
    scheme
        A scheme of the system ``immune_phenotype``: its thresholds are the limits.

    Returns
    -------
    Calls
        One row per region.

    Raises
    ------
    TissueError
        P105 when a kind is not there, P108 when a grid is too large.

    Examples
    --------
    >>> from resistype.datasets import tissue_demo
    >>> from resistype.systems.tissue import read_tissue
    >>> demo = tissue_demo()
    >>> tissue = read_tissue(demo.to_anndata(), scale_um=demo.scale_um)
    >>> calls = describe_regions(tissue, Roles(tumour=("Tumour",), t_cells=("CD8 T cell",)))
    >>> calls.to_frame().loc["sim_excluded", "phenotype"]
    'excluded'
    """
    loaded, options = load_scheme(scheme), options or TissueOptions()
    parts = roles or options.roles or _roles(tissue, loaded)
    found = compartments(tissue, parts, rule=options.margin)
    return call_measured(loaded, measure_regions(tissue, parts, found, scheme=loaded))


def _roles(tissue: Tissue, scheme: Scheme) -> Roles:
    """Kinds of the scheme's states that the data have; without any, all of them, so that they
    are asked for.
    """
    have = set(tissue.kinds)
    named = {
        role: tuple(n for n in names if n in have) or names for role, names in scheme.states.items()
    }
    return Roles(tumour=named["tumour"], t_cells=named["t_cells"])


def measure_regions(
    tissue: Tissue, roles: Roles, found: Compartments, *, scheme: Scheme
) -> Measured:
    """Numbers of every region, with T cells drawn anew, and scattered over the area."""
    counts = dict(_counts(tissue, roles, found))
    numbers = pd.DataFrame.from_dict(
        {name: _numbers(one) for name, one in counts.items()}, orient="index"
    )
    again, scattered = _repeats(counts, scheme)
    about = {
        "n_obs": tissue.n_obs,
        "n_genes": 0,
        "unit": "kinds of cells",
        "source": "tissue",
        "sha256": "",
    }
    named = {"tumour": list(roles.tumour), "t_cells": list(roles.t_cells)}
    return Measured(
        unit="region",
        numbers=numbers,
        reason=_why(numbers, scheme),
        by_chance=[ByChance(_SCATTERED, scattered)],
        again={"cells": again},
        reference={"mode": "each region by itself", "name": "fixed densities", "n": len(numbers)},
        run={
            "input": {**about, "notes": []},
            "columns": {"region": "region"},
            "roles": named,
            "margin": {one.name: f"{one.value:g} {one.unit}" for one in found.thresholds()},
        },
    )


def _counts(tissue: Tissue, roles: Roles, found: Compartments) -> Iterator[tuple[str, _Counts]]:
    tumour, t_cells = tissue.of(roles.tumour), tissue.of(roles.t_cells)
    distance = nearest(tissue, roles.tumour, of=roles.t_cells).to_numpy()
    where = found.cells["compartment"].astype(str).to_numpy()
    for name, rows in tissue.each():
        place, mine = where[rows], t_cells[rows]
        known = distance[rows][~np.isnan(distance[rows])]
        areas = found.area(name)
        yield (
            name,
            _Counts(
                n_tumour=int(tumour[rows].sum()),
                n=np.array([int((place[mine] == part).sum()) for part in _PARTS]),
                area=np.array([areas[part] for part in _PARTS]),
                to_tumour=float(np.median(known)) if len(known) else float("nan"),
            ),
        )


def _numbers(counts: _Counts) -> dict[str, float]:
    """The quantities of one region; an interval that would rest on no area is NaN."""
    inside, around = counts.part("inside"), counts.part("margin", "outside")
    named = {"inside": poisson_interval(*inside), "around": poisson_interval(*around)}
    named["ratio"] = density_ratio(inside, around)
    ends = (("", "value"), ("_low", "low"), ("_high", "high"))
    spread = {
        f"{name}{end}": float(getattr(one, part))
        for name, one in named.items()
        for end, part in ends
    }
    lone = {
        part: float(poisson_interval(*counts.part(part)).value) for part in ("margin", "outside")
    }
    cells = {f"n_{part}": float(n) for part, n in zip(_PARTS, counts.n, strict=True)}
    areas = {f"{part}_area": float(area) for part, area in zip(_PARTS, counts.area, strict=True)}
    first = {
        "n_tumour": float(counts.n_tumour),
        "around_area": around[1],
        "to_tumour": counts.to_tumour,
    }
    return {**first, **cells, **areas, **lone, **spread}


def _repeats(
    counts: dict[str, _Counts], scheme: Scheme
) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """T cells of every compartment drawn anew, and the T cells of a region scattered over its
    area.
    """
    again: dict[str, list[dict[str, float]]] = {}
    scattered: dict[str, list[dict[str, float]]] = {}
    for name, one in counts.items():
        rng, total = rng_of(scheme.seed, name), int(one.n.sum())
        drawn = rng.poisson(one.n, size=(scheme.repeats, 3))
        dealt = rng.multinomial(total, one.area / max(one.area.sum(), 1e-12), size=scheme.repeats)
        again[name] = [_numbers(_with(one, row)) for row in drawn]
        scattered[name] = [_numbers(_with(one, row)) for row in dealt]
    return _frames(again), _frames(scattered)


def _with(counts: _Counts, n: NDArray[np.int64]) -> _Counts:
    return _Counts(counts.n_tumour, n, counts.area, counts.to_tumour)


def _frames(rows: dict[str, list[dict[str, float]]]) -> list[pd.DataFrame]:
    return [
        pd.DataFrame(list(one), index=pd.Index(list(rows)))
        for one in zip(*rows.values(), strict=True)
    ]


def _why(numbers: pd.DataFrame, scheme: Scheme) -> pd.DataFrame:
    """What the reasons of the rules print beside their words."""
    cuts = {name: f"{one.value:g}" for name, one in scheme.parameters.items()}
    tumour, area = cuts.get("min_tumour", "more"), cuts.get("min_area", "more")
    why = pd.DataFrame(
        "", index=numbers.index, columns=["n_tumour", "inside_area", "around_area", "inside"]
    )
    why["n_tumour"] = [f"{n:.0f}, {tumour} are needed" for n in numbers["n_tumour"]]
    for name in ("inside_area", "around_area"):
        why[name] = [f"{one:.3f} mm², {area} are needed" for one in numbers[name]]
    spans = [
        [
            f"{name} {row[f'{name}_low']:.3g} to {row[f'{name}_high']:.3g}"
            for name in ("inside", "around", "ratio")
        ]
        for _, row in numbers.iterrows()
    ]
    why["inside"] = ["; ".join(one) for one in spans]
    return why


def scheme_limits(scheme: Scheme) -> tuple[Threshold, ...]:
    """The numbers of a scheme, as maps and exported tables say them.

    Parameters
    ----------
    scheme
        Any scheme.

    Returns
    -------
    tuple of Threshold
        One per number, with its source.
    """
    return tuple(
        Threshold(row["name"], row["value"], "", row["text"], row["source"], row["citation"])
        for row in scheme.threshold_rows()
    )
