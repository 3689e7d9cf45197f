"""Hypothesis strategies shared by the tests of all rooms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

# --- score ----------------------------------------------------------------------------------------

PLAIN = st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0, 2.0, 3.25, 7.0])
WILD = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False, allow_subnormal=False, width=32)


@dataclass(frozen=True)
class Scored:
    """A matrix (n_obs, n_genes) with some sets of columns, none empty and none holding all
    genes.
    """

    values: NDArray[np.float64]
    sets: tuple[NDArray[np.intp], ...]


@st.composite
def scored(
    draw: st.DrawFn, *, max_obs: int = 4, max_genes: int = 40, negative: bool = False
) -> Scored:
    """Rows with ties, zeros and, when asked for, negative and wild values; and sets of their
    columns.
    """
    n_obs, n_genes = draw(st.integers(1, max_obs)), draw(st.integers(4, max_genes))
    cells = st.one_of(PLAIN, WILD) if negative else PLAIN
    rows = draw(
        st.lists(
            st.lists(cells, min_size=n_genes, max_size=n_genes), min_size=n_obs, max_size=n_obs
        )
    )
    columns = st.lists(st.integers(0, n_genes - 1), min_size=1, max_size=n_genes - 1, unique=True)
    sets = draw(st.lists(columns, min_size=1, max_size=4))
    return Scored(np.array(rows), tuple(np.array(one) for one in sets))


# --- expression -----------------------------------------------------------------------------------

APPROVED = (
    "CD8A",
    "B2M",
    "TAP1",
    "STAT1",
    "IFNG",
    "GZMA",
    "PRF1",
    "CXCL9",
    "HLA-A",
    "TP53",
    "PDCD1",
    "TOX",
)
COUNT = st.sampled_from([0, 0, 0, 0, 1, 2, 3, 17, 400, 65_000])


@dataclass(frozen=True)
class Matrix:
    """Values (n_obs, n_genes) with gene and sample names, none repeated."""

    values: NDArray[np.float64]
    genes: tuple[str, ...]
    samples: tuple[str, ...]


@st.composite
def matrices(
    draw: st.DrawFn, *, cells: st.SearchStrategy[float] = COUNT, min_genes: int = 1
) -> Matrix:
    """Small matrices of approved symbols; many zeros, whole numbers unless other cells are asked
    for.
    """
    genes = draw(
        st.lists(st.sampled_from(APPROVED), min_size=min_genes, max_size=len(APPROVED), unique=True)
    )
    n_obs = draw(st.integers(1, 6))
    row = st.lists(cells, min_size=len(genes), max_size=len(genes))
    values = np.array(draw(st.lists(row, min_size=n_obs, max_size=n_obs)), dtype=np.float64)
    return Matrix(values, tuple(genes), tuple(f"case-{number}" for number in range(n_obs)))


@st.composite
def visits(draw: st.DrawFn) -> tuple[tuple[str, str, str], ...]:
    """Rows of a samples table (sample, patient, time point), in any order; at least one patient
    has a pair.
    """
    patients, times = (
        st.sampled_from(["P1", "P2", "P3", "P4"]),
        st.sampled_from(["Pre", "On", "Post"]),
    )
    rows = draw(st.lists(st.tuples(patients, times), max_size=12))
    rows += [("P9", "Pre"), ("P9", draw(st.sampled_from(["On", "Post"])))]
    ordered = draw(st.permutations(rows))
    return tuple((f"s{number}", patient, time) for number, (patient, time) in enumerate(ordered))


# gene names and signatures

NAMES_OF_EACH_KIND = (
    # approved, previous, alias, ambiguous, Ensembl, NCBI, mouse, lower case, dates, damaged,
    # unknown
    *(
        "TP53",
        "B2M",
        "CD274",
        "CXCL8",
        "WARS1",
        "RIGI",
        "TAP1",
        "HLA-A",
        "CENPX",
        "VSIR",
        "C6orf15",
    ),
    *("WARS", "DDX58", "IL8", "MARCH1", "C10orf54", "CTGF", "SEPT2", "PDCD1LG1"),
    *("p53", "PD-L1", "B7-H1", "CD20", "VISTA"),
    *("STRA13", "DEC1", "HSPC150"),
    *("ENSG00000141510", "ENSG00000141510.18", "ENSG00000166710.2"),
    *("7157", "567", "43847"),
    *("Gzmb", "H2-K1", "Tox", "Wars"),
    *("tp53", "b2m"),
    *("1-Mar", "2-Sep", "44621"),
    *(" TP53", "TP53\u200b", "CD8\u0410", "TP53.1"),
    *("NOT_A_GENE", "probe_17", ""),
)


def gene_names() -> st.SearchStrategy[str]:
    """Gene names of every kind that matrices and lists hold, damaged ones included."""
    return st.sampled_from(NAMES_OF_EACH_KIND)


@st.composite
def signatures(draw: st.DrawFn) -> object:
    """Valid signatures with every field in use now and then."""
    from resistype.library import Scoring, Signature, Source

    words = st.text(
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cf")), max_size=40
    )
    genes = draw(
        st.lists(
            st.sampled_from(["TP53", "B2M", "TAP1", "TAP2", "HLA-A", "GZMB", "C6orf15"]),
            unique=True,
            min_size=1,
        )
    )
    split = draw(st.integers(0, len(genes)))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    weights = draw(st.none() | st.fixed_dictionaries(dict.fromkeys(genes, finite)))
    key = draw(st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,20}", fullmatch=True))
    return Signature(
        id=key,
        version=draw(st.sampled_from(["1.0.0", "0.1.0", "2.10.3"])),
        name=draw(words.map(str.strip).filter(bool)),
        axis=draw(st.sampled_from(["ifng", "custom", "control"])),
        status=draw(st.sampled_from(["verified", "secondary", "proxy", "recalled"])),
        description=draw(words),
        expected_in_resistance=draw(st.sampled_from([None, "up", "down"])),
        up=tuple(genes[:split]),
        down=tuple(genes[split:]),
        dropped=tuple(draw(st.lists(words, max_size=2))),
        scoring=Scoring(method=draw(st.sampled_from(["unstated", "ssgsea"])), note=draw(words)),
        source=Source(
            citation=draw(words), pmid=draw(st.sampled_from(["", "123", "1;2"])), note=draw(words)
        ),
        symbol_updates=draw(
            st.dictionaries(words.map(str.strip).filter(bool), st.sampled_from(genes), max_size=2)
        ),
        weights=weights,
    )


# --- tissue ---------------------------------------------------------------------------------------

CELL_KINDS = ("T cell", "macrophage", "tumour")


@st.composite
def cells_with_places(
    draw: st.DrawFn, *, max_cells: int = 25, side: int = 30
) -> list[tuple[str, int, int, int, str]]:
    """Rows (region, instance id, x, y, kind) of one or two images with whole coordinates; places
    may repeat.
    """
    place = st.tuples(
        st.sampled_from(["first", "second"]),
        st.integers(0, side),
        st.integers(0, side),
        st.sampled_from(CELL_KINDS),
    )
    rows = draw(st.lists(place, min_size=1, max_size=max_cells))
    return [
        (region, number, x, y, kind) for number, (region, x, y, kind) in enumerate(rows, start=1)
    ]


@st.composite
def polygons(draw: st.DrawFn, *, side: int = 20, simple: bool = False) -> list[tuple[int, int]]:
    """Corners (x, y), whole numbers, none twice, not all on one line; the lines may cross unless
    `simple`.
    """
    corner = st.tuples(st.integers(0, side), st.integers(0, side))
    corners = draw(st.lists(corner, min_size=3, max_size=7, unique=True))
    if simple:
        corners = _lower_and_upper(corners)
    (ax, ay), (bx, by) = corners[0], corners[1]
    flat = all((bx - ax) * (y - ay) == (by - ay) * (x - ax) for x, y in corners)
    return [*corners, (ax + (by - ay), ay - (bx - ax))] if flat else corners


def _lower_and_upper(corners: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The corners in an order whose lines do not cross: from the first to the last along below,
    back along above.
    """
    (ax, ay), (bx, by) = min(corners), max(corners)
    below = sorted(
        one for one in corners if (bx - ax) * (one[1] - ay) - (by - ay) * (one[0] - ax) <= 0
    )
    return below + sorted((one for one in corners if one not in below), reverse=True)
