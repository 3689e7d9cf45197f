"""Scale in small: the same file and command line as `million.py`, with fewer cells.

A million cells × 20,000 genes (8 GB) took 42 s, 9.7 times the plain reading of the file, at a peak
of 559 MiB, on two cores that were shared (21 November 2026). Repeat it with ``python -m
tests.systems.cells.million FOLDER``.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.systems.cells.million import BLOCK, N_PATIENTS, measure


@pytest.mark.slow
def test_memory_hardly_grows_with_cells(tmp_path: Path) -> None:
    """Four times the cells cost their numbers, not their rows, which take 8,000 bytes each."""
    few, many = (measure(tmp_path / str(n), n) for n in (BLOCK, 4 * BLOCK))

    assert many["peak_mib"] < 600
    assert (many["peak_mib"] - few["peak_mib"]) * 2**20 / (3 * BLOCK) < 2_000
    calls = pd.read_csv(tmp_path / str(4 * BLOCK) / "out" / "calls.tsv", sep="\t")
    assert len(calls) == N_PATIENTS
