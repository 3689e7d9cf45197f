"""The scale of a cohort's portrait scores, kept so that a single sample can be put on it later.

A scaler is a small JSON of figures: for each signature the median and the mean absolute deviation about the mean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.atomic import replace_file
from resistype.errors import OutputError, ReferenceDataError, SchemeError, complain
from resistype.scheme.portraits.kernels import centre_and_spread
from resistype.strict import RefusedError, read_json

__all__ = ["PortraitScaler"]

_FORMAT, _VERSION = "resistype-portrait-scaler", 1
MAX_BYTES = 2**20


@dataclass(frozen=True, eq=False)
class PortraitScaler:
    """Median and mean absolute deviation of each signature in a cohort.

    Parameters
    ----------
    name
        Name printed on every output.
    signatures
        Names of the signatures.
    centre, spread
        Shape (n_signatures,).
    n
        Samples of the cohort.

    Raises
    ------
    ReferenceDataError
        R106 when the figures do not go together, or a signature does not vary.

    Examples
    --------
    >>> scores = pd.DataFrame({"T cells": [1.0, 2.0, 6.0]}, index=["a", "b", "c"])
    >>> PortraitScaler.fit(scores, name="demo").apply(scores)["T cells"].round(3).tolist()
    [-0.5, 0.0, 2.0]
    """

    name: str
    signatures: tuple[str, ...]
    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    n: int

    def __post_init__(self) -> None:
        shape = (len(self.signatures),)
        complaints = []
        if self.centre.shape != shape or self.spread.shape != shape:
            figures = f"{self.centre.size} centres and {self.spread.size} spreads"
            complaints.append(f"{len(self.signatures)} signatures have {figures}")
        elif not np.isfinite([self.centre, self.spread]).all():
            complaints.append("a centre or a spread is not finite")
        else:
            flat = [name for name, one in zip(self.signatures, self.spread.tolist(), strict=True) if one <= 0]
            complaints += [f"signature {name!r} does not vary in {self.n} samples" for name in flat]
        complain(complaints, ReferenceDataError, code="R106", subject=f"Scaler {self.name!r}")

    @staticmethod
    def fit(scores: pd.DataFrame, *, name: str) -> PortraitScaler:
        """Scaler of the scores (n_obs, n_signatures) of a cohort."""
        centre, spread = centre_and_spread(scores.to_numpy(dtype=np.float64))
        return PortraitScaler(name, tuple(str(one) for one in scores.columns), centre, spread, len(scores))

    def apply(self, scores: pd.DataFrame, *, clip: float | None = None) -> pd.DataFrame:
        """(score − median) / mean deviation, cut at ± clip.

        Parameters
        ----------
        scores
            Table (n_obs, n_signatures) with the columns in `signatures`.
        clip
            2 as the classifier wants it, 4 as the authors draw it, or None.

        Raises
        ------
        SchemeError
            S133 when signatures are absent.
        """
        absent = [name for name in self.signatures if name not in scores.columns]
        if absent:
            message = f"Scaler {self.name!r}: {len(absent)} signatures are not in the scores: {', '.join(absent[:5])}."
            raise SchemeError(message, code="S133")
        scaled = scores[list(self.signatures)].sub(self.centre, axis=1).div(self.spread, axis=1)
        return scaled if clip is None else scaled.clip(-clip, clip)

    def save(self, path: str | Path) -> Path:
        """Write the scaler as JSON, whole or not at all.

        Raises
        ------
        OutputError
            O101 when it cannot be written.
        """
        body = {
            "format": _FORMAT,
            "format_version": _VERSION,
            "name": self.name,
            "n": self.n,
            "signatures": {
                name: {"centre": centre, "spread": spread}
                for name, centre, spread in zip(
                    self.signatures, self.centre.tolist(), self.spread.tolist(), strict=True
                )
            },
        }
        text = json.dumps(body, indent=1, ensure_ascii=False) + "\n"
        try:
            return replace_file(path, lambda stream: stream.write(text.encode()))
        except OSError as error:
            message = f"The scaler could not be written to {str(path)!r}: {error.strerror or error}."
            raise OutputError(message, code="O101") from None

    @staticmethod
    def load(path: str | Path) -> PortraitScaler:
        """Read a saved scaler.

        Raises
        ------
        ReferenceDataError
            R106 when it is no scaler, or one of another version.
        """
        source = Path(path)
        try:
            text = source.read_text(encoding="utf-8") if source.stat().st_size <= MAX_BYTES else ""
            return _from_body(read_json(text))
        except ReferenceDataError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            why = str(error) if isinstance(error, RefusedError) else type(error).__name__
            message = f"{str(source)!r} is not a readable scaler ({why})."
            raise ReferenceDataError(message, code="R106") from None


def _from_body(body: Any) -> PortraitScaler:
    if body["format"] != _FORMAT or body["format_version"] != _VERSION:
        message = (
            f"Got {str(body['format'])[:60]!r} of version {body['format_version']}; this resistype reads {_FORMAT!r} "
            f"of version {_VERSION}."
        )
        raise ReferenceDataError(message, code="R106")
    figures = body["signatures"]
    centre, spread = (np.array([float(one[part]) for one in figures.values()]) for part in ("centre", "spread"))
    return PortraitScaler(str(body["name"]), tuple(figures), centre, spread, int(body["n"]))
