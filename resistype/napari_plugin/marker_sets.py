"""Marker sets: what a user writes in a line, the scheme they make, and what they say of a cell.

A panel of antibodies is not a transcriptome: its few markers are scored by their mean, on a scale
from 0 to 1, and cut by a threshold that the user sees on the histogram and can move. All cut-offs
are ours. A cell that is positive for several sets is called ``several``, one that is positive for
none ``unassigned``; nothing is forced into a class. A marker is not a state: CD163 alone does not
prove an M2 macrophage.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError
from resistype.scheme import Scheme
from resistype.scheme.scheme import Axis, Label, Quantity, Rule, Threshold
from resistype.systems.tissue import UNASSIGNED

ALIASES = {
    "CD3": ("CD3", "CD3D", "CD3E", "CD3G", "CD3EPSILON"),
    "CD8": ("CD8", "CD8A", "CD8ALPHA"),
    "CD163": ("CD163",),
    "CD206": ("CD206", "MRC1"),
    "PANCK": (
        "PANCK",
        "PANCYTOKERATIN",
        "KRT",
        "CYTOKERATIN",
        "ECADHERIN",
        "EPCAM",
        "ARG1",
        "HEPPAR1",
        "GLYPICAN3",
    ),
    "MHCI": ("MHCI", "HLAABC", "HLAA", "HLAB", "HLAC", "B2M"),
    "PD1": ("PD1", "PDCD1", "CD279"),
}


@dataclass(frozen=True)
class MarkerSet:
    """A set of markers: its id, what a positive cell is called in words, the markers."""

    id: str
    title: str
    markers: tuple[str, ...]


DEFAULT_SETS = (
    MarkerSet("tumour", "tumour cell markers", ("PANCK",)),
    MarkerSet("cd8_t_cell", "CD8 T cell markers", ("CD3", "CD8")),
    MarkerSet("cd163_macrophage", "CD163+ myeloid markers", ("CD163", "CD206")),
)


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def find_markers(
    wanted: Sequence[str], columns: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns that stand for the markers, and the markers that have none.

    Examples
    --------
    >>> find_markers(["CD8", "CD163"], ["CD8a", "DNA1"])
    (('CD8a',), ('CD163',))
    """
    known = {_plain(name): name for name in columns}
    hits: list[str] = []
    absent: list[str] = []
    for marker in wanted:
        names = (_plain(marker), *ALIASES.get(_plain(marker), ()))
        hit = next((known[name] for name in names if name in known), None)
        (absent if hit is None else hits).append(marker if hit is None else hit)
    return tuple(dict.fromkeys(hits)), tuple(absent)


def sets_text(sets: Sequence[MarkerSet]) -> str:
    """Marker sets as a line that `parse_sets` reads.

    Examples
    --------
    >>> sets_text(DEFAULT_SETS)
    'tumour: PANCK; cd8_t_cell: CD3, CD8; cd163_macrophage: CD163, CD206'
    """
    return "; ".join(f"{one.id}: {', '.join(one.markers)}" for one in sets)


def parse_sets(text: str) -> tuple[MarkerSet, ...]:
    """Marker sets from a line such as ``tumour: CD30; m2: CD163, CD206``.

    Examples
    --------
    >>> parse_sets("m2: CD163, CD206")[0].markers
    ('CD163', 'CD206')
    """
    titles = {one.id: one.title for one in DEFAULT_SETS}
    found = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        name, colon, listed = part.partition(":")
        markers = tuple(filter(None, (one.strip() for one in listed.split(","))))
        if not colon or not markers or not name.strip():
            raise InputError(
                f"Marker set {part!r}: write it as 'name: MARKER, MARKER; name: MARKER'.",
                code="N111",
            )
        key = quantity_name(name.strip())
        found.append(MarkerSet(key, titles.get(key, f"{name.strip()} markers"), markers))
    if not found:
        raise InputError(
            "There is no marker set: write 'name: MARKER, MARKER; name: MARKER'.", code="N111"
        )
    return tuple(found)


def quantity_name(name: str, taken: Iterable[str] = ()) -> str:
    """Name that a rule of a scheme can use, made from a column's.

    Examples
    --------
    >>> quantity_name("HLA-DR (2)")
    'hla_dr_2'
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "value"
    plain = plain if plain[0].isalpha() else f"v_{plain}"
    used, number = set(taken), 1
    while (plain if number == 1 else f"{plain}_{number}") in used:
        number += 1
    return plain if number == 1 else f"{plain}_{number}"


MAX_LEVELS = 512
ALL_NAME = "cell"
SEVERAL = "several"


@dataclass(frozen=True, eq=False)
class Panel:
    """A scheme made of marker sets, and its quantities, shape (n_obs, n_quantities)."""

    scheme: Scheme
    quantities: pd.DataFrame
    found: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]


def otsu(values: NDArray[np.floating]) -> float:
    """The value that splits numbers into two groups with the largest variance between them.

    NaN is left out.

    Otsu 1979, doi:10.1109/TSMC.1979.4310076. Without a spread it lies just above the value, and
    nothing reaches it.

    Examples
    --------
    >>> 1 < otsu(np.array([0.0, 1.0, 8.0, 9.0])) <= 8
    True
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return 0.5
    low, high = float(known.min()), float(known.max())
    if low == high:
        return float(np.nextafter(np.float32(high), np.float32(np.inf)))
    counts, edges = np.histogram(known, bins=MAX_LEVELS, range=(low, high))
    middle = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    above = len(known) - below
    sums = np.cumsum(counts * middle)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = below * above * (sums[:-1] / below - (sums[-1] - sums[:-1]) / above) ** 2
    between = np.where((below > 0) & (above > 0), between, -1.0)
    best = between >= between.max() * (1 - 1e-12)
    first = int(
        best.argmax()
    )  # the middle of the first gap: the middle of two gaps that are as good would be neither
    n_alike = int(np.append(best[first:], False).argmin())
    return float(edges[1:][first + (n_alike - 1) // 2])


def _scaled(markers: pd.DataFrame) -> pd.DataFrame:
    """Markers from 0 to 1.

    As they are where they lie there, else asinh and their 1st and 99th percentile of all cells.

    The inverse hyperbolic sine with a cofactor of 1 is usual for imaging mass cytometry (Windhager
    et al. 2023, doi:10.1038/s41596-023-00881-0).
    """
    values = markers.to_numpy(dtype=np.float32)
    known = values[~np.isnan(values)]
    if not known.size or (known.min() >= 0 and known.max() <= 1):
        return markers
    values = np.arcsinh(values)
    low, high = np.full((2, values.shape[1]), np.nan)
    measured = ~np.isnan(values).all(axis=0)
    low[measured], high[measured] = np.nanpercentile(values[:, measured], [1, 99], axis=0)
    spread = np.where(high > low, high - low, 1.0)
    return pd.DataFrame(
        np.clip((values - low) / spread, 0, 1).astype(np.float32), columns=markers.columns
    )


def read_panel(
    markers: pd.DataFrame,
    sets: Sequence[MarkerSet] = DEFAULT_SETS,
    *,
    numbers: pd.DataFrame | None = None,
) -> Panel:
    """Score marker sets and make the scheme that calls them."""
    wrong = [one.id for one in sets if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", one.id)]
    if wrong or len({one.id for one in sets}) < len(sets):
        ids = wrong or [one.id for one in sets]
        message = f"Marker sets {ids}: ids of small letters, digits and _ are needed, each once."
        raise InputError(message, code="N111")
    found = {one.id: find_markers(one.markers, markers.columns) for one in sets}
    used = [
        one for one in sets if len(found[one.id][0]) * 2 >= len(one.markers) and found[one.id][0]
    ]
    if not used:
        asked = "; ".join(f"{one.id}: {', '.join(one.markers)}" for one in sets)
        message = (
            f"No set has half of its markers here ({asked}). The table has: "
            f"{', '.join(markers.columns[:40])}."
        )
        raise InputError(message, code="N110")
    endless = [
        str(name) for name in markers if np.isinf(markers[name].to_numpy(dtype=np.float64)).any()
    ]
    if endless:
        message = (
            f"{len(endless)} markers have infinite values ({', '.join(endless[:5])}). Give "
            "numbers, or NaN where a "
            "marker was not measured."
        )
        raise InputError(message, code="N113")
    scaled = _scaled(markers)
    scores = {
        one.id: scaled[list(found[one.id][0])].mean(axis=1).astype(np.float32) for one in used
    }
    table = {f"{name}_score": values for name, values in scores.items()}
    quantities = {f"{one.id}_score": _score(one, found[one.id]) for one in used}
    shown = [(markers, "marker"), *([] if numbers is None else [(numbers, "of the table")])]
    for source, kind in shown:
        for column in source.columns:
            name = quantity_name(str(column), quantities)
            quantities[name] = Quantity(kind="number", title=f"{column}", unit=kind)
            table[name] = source[column]
    axes = [_axis(one, found[one.id], scores[one.id], unit=scaled is markers) for one in used]
    scheme = _scheme(used, quantities, (*axes, _name_axis(used)))
    frame = pd.DataFrame({name: np.asarray(values) for name, values in table.items()})
    return Panel(scheme, frame, found)


def _score(one: MarkerSet, found: tuple[tuple[str, ...], tuple[str, ...]]) -> Quantity:
    return Quantity(
        kind="score",
        title=f"{one.title} (mean of {', '.join(found[0])})",
        unit="0 to 1",
        method="mean",
    )


def _axis(
    one: MarkerSet, found: tuple[tuple[str, ...], tuple[str, ...]], scores: pd.Series, *, unit: bool
) -> Axis:
    of = f"{len(found[0])} of {len(one.markers)} markers"
    cut = otsu(scores.to_numpy())
    where = (
        "values between 0 and 1 as given"
        if unit
        else "asinh of the markers, 1st to 99th percentile"
    )
    text = (
        f"Otsu's split of the scores of these cells ({of}; {where}); look at the histogram and "
        "move it"
    )
    return Axis(
        id=one.id,
        title=one.title,
        labels={"positive": Label(text=f"{one.title}: at or above the cut")},
        thresholds={"cut": Threshold(value=cut, source="ours", text=text)},
        rules=(
            Rule(
                call="not_assessable",
                when=(f"lacks {one.id}_score",),
                reason="no value for its markers",
            ),
            Rule(call="positive", when=(f"{one.id}_score >= cut",)),
        ),
        otherwise="below the cut",
        otherwise_call=UNASSIGNED,
    )


def _name_axis(used: Sequence[MarkerSet]) -> Axis:
    both = [
        Rule(call=SEVERAL, when=(f"call {a.id} is positive", f"call {b.id} is positive"))
        for a, b in combinations(used, 2)
    ]
    single = [Rule(call=one.id, when=(f"call {one.id} is positive",)) for one in used]
    none = Rule(
        call="not_assessable",
        when=tuple(f"call {one.id} is not_assessable" for one in used),
        reason="no value for any marker set",
    )
    labels = {one.id: Label(text=f"positive for {one.title} only") for one in used}
    if both:
        labels[SEVERAL] = Label(text="positive for more than one set")
    return Axis(
        id=ALL_NAME,
        title="Cells by marker set",
        labels=labels,
        rules=(none, *both, *single),
        otherwise="positive for no set",
        otherwise_call=UNASSIGNED,
    )


def _scheme(
    used: Sequence[MarkerSet], quantities: dict[str, Quantity], axes: tuple[Axis, ...]
) -> Scheme:
    names = ", ".join(one.id for one in used)
    return Scheme(
        format="resistype-scheme",
        format_version=1,
        id="tissue_markers",
        version="1.0.0",
        title="Cells in tissue by marker sets",
        level="cell",
        context="antibody panels on tissue sections",
        summary=f"Mean of the markers of each set: {names}. All cut-offs are ours.",
        citation="",
        scope=(
            "A marker is not a state. Describes cells; nothing here says who will respond. "
            "Research use only."
        ),
        quantities=quantities,
        axes=axes,
    )
