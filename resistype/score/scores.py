"""Scores: what `score` gives back, with everything needed to know what the numbers are.

Every sample of the input has its row and every signature asked for its column, in the order of the
input. What could not be scored is NaN, and `coverage` says why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError


@dataclass(frozen=True, eq=False)
class NullResult:
    """How scores compare with matched random sets; depends on the cohort through the mean
    expression of genes.

    Parameters
    ----------
    n, seed, bins
        Random sets a signature, seed of the draws, bins of mean expression.
    z, p
        For each rank method arrays of shape (n_obs, n_sets); p is (1 + k) / (1 + n), one-sided for
        high scores.
    """

    n: int
    seed: int
    bins: int
    z: Mapping[str, NDArray[np.float64]] = field(repr=False)
    p: Mapping[str, NDArray[np.float64]] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of samples or cells for signatures.

    Parameters
    ----------
    samples
        Names of the rows.
    signatures
        Ids of the columns.
    methods
        Ids of the methods, in the order asked for.
    values
        For each method an array of shape (n_obs, n_sets).
    coverage
        One row per signature: asked, found, fraction, missing, by_alias, ambiguous, direction,
        reason.
    specs
        For each method the id of its specification, for example ``"ssgsea/1"``.
    refs
        For each signature ``id@version`` and the hash of its content.
    n_genes
        Genes of the matrix, which all rank scores refer to.
    unit
        Unit of the matrix.
    notes
        What was found on reading, and which values depend on the cohort.
    null
        The comparison with matched random sets, where it was asked for.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from resistype.score import score
    >>> table = pd.DataFrame(
    ...     [[9.5, 2.0, 0.5, 4.0]], index=["P1"], columns=["B2M", "TAP1", "CD8A", "ACTB"]
    ... )
    >>> scores = score(table, {"mhc": ["B2M", "TAP1"]}, method="singscore")
    >>> scores.to_frame().loc["P1", "mhc"], scores.coverage.loc["mhc", "found"]
    (np.float64(0.25), np.int64(2))
    """

    samples: tuple[str, ...]
    signatures: tuple[str, ...]
    methods: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]] = field(repr=False)
    coverage: pd.DataFrame = field(repr=False)
    specs: Mapping[str, str] = field(repr=False)
    refs: Mapping[str, tuple[str, str]] = field(repr=False)
    n_genes: int
    unit: str
    notes: tuple[str, ...] = field(default=(), repr=False)
    null: NullResult | None = None

    def to_frame(self, method: str | None = None) -> pd.DataFrame:
        """Scores as a table, samples in rows.

        Parameters
        ----------
        method
            One of `methods`. By default the only one there is; with several, the columns are
            (method, signature).

        Returns
        -------
        DataFrame of shape (n_obs, n_sets), or (n_obs, n_methods * n_sets).
        """
        index = pd.Index(self.samples, name="sample")
        if method is None and len(self.methods) > 1:
            pairs = pd.MultiIndex.from_product(
                [self.methods, self.signatures], names=["method", "signature"]
            )
            return pd.DataFrame(
                np.hstack([self.values[name] for name in self.methods]), index=index, columns=pairs
            )
        columns = pd.Index(self.signatures, name="signature")
        return pd.DataFrame(self[method or self.methods[0]], index=index, columns=columns)

    def null_frame(self) -> pd.DataFrame:
        """Z and p against the random sets: one row per sample, signature and rank method; empty
        without a null.
        """
        columns = ["sample", "signature", "method", "score", "z", "p"]
        if self.null is None:
            return pd.DataFrame(columns=columns)
        n_obs, n_sets = len(self.samples), len(self.signatures)
        parts = []
        for name in self.null.z:
            part = {
                "sample": np.repeat(self.samples, n_sets),
                "signature": np.tile(self.signatures, n_obs),
            }
            values = {"score": self[name], "z": self.null.z[name], "p": self.null.p[name]}
            parts.append(
                pd.DataFrame(part | {key: array.ravel() for key, array in values.items()}).assign(
                    method=name
                )
            )
        return pd.concat(parts, ignore_index=True)[columns]

    def __getitem__(self, method: str) -> NDArray[np.float64]:
        """Values of one method, shape (n_obs, n_sets)."""
        if method not in self.values:
            message = f"These scores hold {', '.join(self.methods)}, not {method!r}."
            raise InputError(message, code="E607")
        return self.values[method]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names and the bytes of all values: the same for the same result, however
        it was computed.
        """
        parts = hashlib.sha256()
        for name in self.methods:
            parts.update(repr((name, self.specs[name], self.samples, self.signatures)).encode())
            parts.update(np.ascontiguousarray(self.values[name], "<f8").tobytes())
        return parts.hexdigest()
