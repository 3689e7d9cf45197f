"""Hypothesis strategies shared by the tests of all rooms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

# --- score -----------------------------------------------------------------------------------------------------------

PLAIN = st.sampled_from([0.0, 0.0, 0.0, 0.5, 1.0, 2.0, 3.25, 7.0])
WILD = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False, allow_subnormal=False, width=32)


@dataclass(frozen=True)
class Scored:
    """A matrix (n_obs, n_genes) with some sets of columns, none empty and none holding all genes."""

    values: NDArray[np.float64]
    sets: tuple[NDArray[np.intp], ...]


@st.composite
def scored(draw: st.DrawFn, *, max_obs: int = 4, max_genes: int = 40, negative: bool = False) -> Scored:
    """Rows with ties, zeros and, when asked for, negative and wild values; and sets of their columns."""
    n_obs, n_genes = draw(st.integers(1, max_obs)), draw(st.integers(4, max_genes))
    cells = st.one_of(PLAIN, WILD) if negative else PLAIN
    rows = draw(st.lists(st.lists(cells, min_size=n_genes, max_size=n_genes), min_size=n_obs, max_size=n_obs))
    columns = st.lists(st.integers(0, n_genes - 1), min_size=1, max_size=n_genes - 1, unique=True)
    sets = draw(st.lists(columns, min_size=1, max_size=4))
    return Scored(np.array(rows), tuple(np.array(one) for one in sets))
