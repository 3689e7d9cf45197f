"""Every way in for a file: what a user does with one, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resistype.clinical.definitions import clinical
from resistype.expression import Block, ReadOptions, check_file, read_block, read_expression
from resistype.library import import_signatures, read_toml
from resistype.opinions.model import read_model
from resistype.opinions.subtypes import PortraitScaler
from resistype.samples import read_samples
from resistype.scheme import Reference, load_scheme
from resistype.score import RunOptions, ScoreOptions, score

GENES = ("CD8A", "B2M", "TAP1", "STAT1", "IFNG", "GZMA", "PRF1", "CXCL9")


def matrix(path: Path) -> object:
    """Read a matrix whole, from its first row to its last."""
    found = read_expression(path)
    return np.asarray(found.n_obs), read_block(found, Block(0, found.n_obs))


def backed(path: Path) -> object:
    """Leave a matrix on disk and score it."""
    return score(read_expression(path, ReadOptions(backed=True)), {"a": ["CD8A", "B2M"]})


def before_anndata(path: Path) -> object:
    """Look at a store that another library is about to open."""
    check_file(path)
    return path.name


def signatures(path: Path) -> object:
    return read_toml(path) if path.suffix == ".toml" else import_signatures(path)


def resumed(path: Path) -> object:
    """Go on with a run that is kept in a folder."""
    table = pd.DataFrame(np.arange(32.0).reshape(4, 8), columns=list(GENES), index=list("abcd"))
    options = ScoreOptions(read=ReadOptions(unit="log2"), run=RunOptions(run_dir=path, resume=True))
    return score(table, {"a": ["CD8A", "B2M"]}, options=options).digest


READERS: dict[str, Callable[[Path], Any]] = {
    "matrix": matrix,
    "backed": backed,
    "before anndata": before_anndata,
    "signatures": signatures,
    "samples": read_samples,
    "clinical": clinical,
    "scheme": load_scheme,
    "cell scheme": load_scheme,
    "reference": Reference.load,
    "model": read_model,
    "scaler": PortraitScaler.load,
    "run": resumed,
}
