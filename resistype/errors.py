"""Every exception and warning of resistype, and the one function that warns.

    ResistypeError
    ├── InputError                 what the user gave cannot be used
    │   ├── ExpressionError        the matrix: orientation, duplicates, NaN, text, unit   (E3xx-8xx)
    │   ├── GeneError              gene names, coverage                                   (E1xx)
    │   ├── SignatureError         signature files and libraries                          (E2xx)
    │   ├── SamplesError           samples tables, pairs, clinical tables                 (E9xx)
    │   ├── SchemeError            scheme files and what they need                        (S1xx)
    │   ├── ModelError             models trained on a user's labels, and their files     (T1xx)
    │   ├── SessionError           commands of a session: unknown, out of range           (V1xx)
    │   ├── TissueError            cells with places: scale, keys, coordinates, regions   (P1xx)
    │   └── ReferenceDataError     references: absent, too small, of another kind         (R1xx)
    ├── OutputError                a result could not be written; nothing was             (O1xx)
    ├── RunError                   a computation was interrupted or lost a worker         (E6xx)
    └── MissingExtraError          an optional dependency is not installed                (X1xx)

    ResistypeWarning
    ├── CoverageWarning            genes of a signature are missing                       (W2xx)
    ├── CohortWarning              too few samples, one-sided cohorts                     (W3xx)
    ├── ExpressionWarning          samples without information                            (W4xx)
    ├── TissueWarning              polygons, masks that needed repair or do not fit       (W5xx)
    └── GeneNameWarning            damaged or ambiguous gene names                        (W9xx)

A message says what was got, what was wanted and the next step. Its code never changes, so that it
can be looked up: ``codes.toml`` has one row for each (class, title, remedy), which ``resistype
doctor --explain CODE`` prints.
"""

from __future__ import annotations

import tomllib
import warnings
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "Code",
    "CohortWarning",
    "CoverageWarning",
    "ExpressionError",
    "ExpressionWarning",
    "GeneError",
    "GeneNameWarning",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "OutputError",
    "ReferenceDataError",
    "ReferenceError_",
    "ResistypeError",
    "ResistypeWarning",
    "RunError",
    "SamplesError",
    "SchemeError",
    "SessionError",
    "SignatureError",
    "TissueError",
    "TissueWarning",
    "codes",
    "complain",
    "explained",
    "warn",
]


class ResistypeError(Exception):
    """Base of every error that resistype raises on purpose.

    Parameters
    ----------
    message
        What was got, what was wanted, the next step.
    code
        Stable code, for example ``"E701"``.
    """

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code} {self.message}"


class InputError(ResistypeError, ValueError):
    """What the user gave cannot be used as it is."""


class ExpressionError(InputError):
    """The expression matrix cannot be used as it is."""


class GeneError(InputError):
    """Gene names do not match, or match too little."""


class SignatureError(InputError):
    """A signature, or a library of them, is wrong or unknown."""


class SamplesError(InputError):
    """A table of samples or patients is wrong or incomplete."""


class SchemeError(InputError):
    """A scheme is wrong, unknown, or lacks what it needs."""


class ReferenceDataError(InputError):
    """A reference is absent, too small or of another kind."""


ReferenceError_ = ReferenceDataError  # the name of 0.1; it leaves with 0.3


class ModelError(InputError):
    """Labels, scores or a file cannot be used for a trained model."""


class SessionError(InputError):
    """A command of a session names something unknown or out of range; nothing was changed."""


class TissueError(InputError):
    """Cells with their places cannot be used: no scale, keys that repeat, coordinates, kinds or
    regions.
    """


class OutputError(ResistypeError, OSError):
    """A result could not be written; nothing half-written was left."""


class RunError(ResistypeError, RuntimeError):
    """A computation was interrupted or lost its workers."""


class MissingExtraError(ResistypeError, ImportError):
    """An optional dependency is not installed."""


class ResistypeWarning(UserWarning):
    """Base of every warning that resistype gives."""


class CoverageWarning(ResistypeWarning):
    """Genes of a signature are missing from the data."""


class CohortWarning(ResistypeWarning):
    """A cohort is small or one-sided."""


class ExpressionWarning(ResistypeWarning):
    """Samples of a matrix carry no information."""


class TissueWarning(ResistypeWarning):
    """Polygons or masks needed repair, or do not fit the cells."""


class GeneNameWarning(ResistypeWarning):
    """Gene names look damaged or are ambiguous."""


class Code(NamedTuple):
    """One row of the registry: the code, its class, what it means and what to do."""

    code: str
    cls: str
    title: str
    remedy: str


@lru_cache(maxsize=1)
def codes() -> dict[str, Code]:
    """Every code of an error, warning or finding; read when first asked for.

    Examples
    --------
    >>> codes()["E504"].title
    'Every value of the matrix is the same'
    """
    text = Path(__file__).with_name("codes.toml").read_text(encoding="utf-8")
    return {
        code: Code(code, row["class"], row["title"], row["remedy"])
        for code, row in tomllib.loads(text).items()
    }


def explained(code: str) -> str:
    """What a code means and what to do, in three lines."""
    row = codes().get(code.strip().upper())
    if row is None:
        message = (
            f"There is no code {code[:40]!r}; a code is a letter and three digits, such as E504."
        )
        raise InputError(message, code="E990")
    return f"{row.code} {row.title}.\n{row.remedy}\nRaised as {row.cls}."


def warn(message: str, category: type[ResistypeWarning], *, code: str, stacklevel: int = 3) -> None:
    """Give a warning that begins with its code."""
    # the one place
    warnings.warn(f"{code} {message}", category, stacklevel=stacklevel)  # noqa: TID251


def complain(
    complaints: list[str], error: type[ResistypeError], *, code: str, subject: str
) -> None:
    """Raise `error` with all complaints at once; do nothing when there are none."""
    if not complaints:
        return
    lines = "\n".join(f"  - {line}" for line in complaints)
    count = "1 problem" if len(complaints) == 1 else f"{len(complaints)} problems"
    raise error(f"{subject}: {count}\n{lines}", code=code)
