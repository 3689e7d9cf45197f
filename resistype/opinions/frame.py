"""The frame that the classifiers of others share.

Options, tables of labels, complaints and saved files, each once.

Every classifier of this room gives one kind of table, one row per sample: the label first
(``prediction``, or ``call`` of a trained model), then the numbers behind it, and in ``attrs`` the
method, its DOI, its settings and the caveats that must stand beside it. An external classifier is
shown beside a call and never averaged with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import (
    CoverageWarning,
    ExpressionError,
    OutputError,
    ResistypeError,
    complain,
    warn,
)
from resistype.safe.toml import RefusedError, read_json

Floats: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.intp]
Flags: TypeAlias = NDArray[np.bool_]

UNASSIGNED = "unassigned"
MIN_COVERAGE, WARN_COVERAGE = 0.5, 0.8


@dataclass(frozen=True)
class Limit:
    """What an option may be, as data.

    The check and the words of the complaint come from the same place.
    """

    low: float = -np.inf
    high: float = np.inf
    ends: str = "[]"
    whole: bool = False
    empty: bool = False
    choices: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.choices:
            return " or ".join(f'"{one}"' for one in self.choices)
        kind = "a whole number" if self.whole else "a number"
        low = f" {'from' if self.ends[0] == '[' else 'above'} {self.low:g}"
        high = f" {'to' if self.ends[1] == ']' else 'and below'} {self.high:g}"
        parts = [kind, low if self.low > -np.inf else "", high if self.high < np.inf else ""]
        return "".join(parts) + (" or None" if self.empty else "")

    def allows(self, value: object) -> bool:
        """Whether an option may have this value."""
        if value is None or self.choices:
            return self.empty if value is None else value in self.choices
        if isinstance(value, bool) or not isinstance(value, Integral if self.whole else Real):
            return False
        number = float(value)
        above = number >= self.low if self.ends[0] == "[" else number > self.low
        return above and (number <= self.high if self.ends[1] == "]" else number < self.high)


def check_limits(
    values: Mapping[str, Any],
    limits: Mapping[str, Limit],
    error: type[ResistypeError],
    *,
    code: str,
    subject: str,
) -> None:
    """Complain about every option that is out of its limits, at once."""
    wrong = [
        f"{name}={values[name]!r}: wanted {limit}"
        for name, limit in limits.items()
        if not limit.allows(values[name])
    ]
    complain(wrong, error, code=code, subject=subject)


def some(names: Iterable[object]) -> str:
    """The first five names, and a sign that there are more."""
    shown = [str(name) for name in names]
    return ", ".join(shown[:5]) + (", …" if len(shown) > 5 else "")


def repeated(names: pd.Index[Any]) -> str:
    """The first names that occur more than once; empty when none does."""
    return some(names[names.duplicated()].unique())


def not_numbers(table: pd.DataFrame) -> list[str]:
    """Names of the columns that do not hold numbers."""
    return [
        str(name) for name, kind in table.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)
    ]


def opinion_table(
    samples: Sequence[str] | pd.Index[Any], columns: Mapping[str, Any], about: Mapping[str, Any]
) -> pd.DataFrame:
    """The one result: a row per sample, the label in the first column, where it comes from in
    ``attrs``.
    """
    table = pd.DataFrame(dict(columns), index=pd.Index(samples, name="sample"))
    table.attrs.update({"opinion": next(iter(columns)), "caveats": [], **about})
    return table


def explain(table: pd.DataFrame, sample: str) -> pd.DataFrame:
    """Every number behind the label of one sample, and the settings of the method, as rows of name
    and value.

    Examples
    --------
    >>> table = opinion_table(["P1"], {"prediction": ["hot"], "n": ["7"]}, {"method": "ntp"})
    >>> explain(table, "P1").to_numpy().tolist()
    [['prediction', 'hot'], ['n', '7'], ['method', 'ntp']]
    """
    settings = {
        name: value for name, value in table.attrs.items() if name not in ("opinion", "caveats")
    }
    rows = [*table.loc[sample].items(), *settings.items()]
    rows += [("caveat", line) for line in table.attrs.get("caveats", ())]
    return pd.DataFrame(rows, columns=["name", "value"])


def check_coverage(
    asked: Mapping[str, int],
    found: Mapping[str, int],
    *,
    minimum: int,
    code: str,
    error: type[ResistypeError],
) -> dict[str, str]:
    """Refuse sets of which fewer than half the genes are there, warn below 80 %.

    "found/asked" of each set.
    """
    needed = "at least half" + (f", and {minimum}," if minimum > 1 else "")
    few = [
        f"{name}: {found[name]} of {n} genes are in the data; {needed} are needed"
        for name, n in asked.items()
        if found[name] < max(MIN_COVERAGE * n, minimum)
    ]
    complain(few, error, code=code, subject="Too few genes for this classifier")
    told = {name: f"{found[name]}/{n}" for name, n in asked.items()}
    low = [f"{name} {told[name]}" for name, n in asked.items() if found[name] < WARN_COVERAGE * n]
    if low:
        sets = f"{len(low)} of {len(asked)} gene sets: {some(low)}"
        message = f"Reduced coverage of {sets}. The labels rest on the genes found."
        warn(message, CoverageWarning, code="W201", stacklevel=5)
    return told


def refuse_missing(samples: Sequence[str], values: Floats) -> None:
    """Refuse rows of values (n_samples, n_genes) in which any is missing."""
    bad = np.flatnonzero(np.isnan(values).any(axis=1)).tolist()
    if bad:
        message = (
            f"{len(bad)} of {len(samples)} samples have missing values or no counts at all"
            f" ({some(samples[row] for row in bad)}); whole samples are compared. Leave these"
            " samples out."
        )
        raise ExpressionError(message, code="E501")


@contextmanager
def writing(what: str, path: str | Path) -> Iterator[None]:
    """Say in one sentence (O101) that a file could not be written."""
    try:
        yield
    except OSError as error:
        message = f"The {what} could not be written to {str(path)!r}: {error.strerror or error}."
        raise OutputError(message, code="O101") from None


def read_head(
    source: Path,
    kind: str,
    version: int,
    *,
    max_bytes: int,
    refused: Callable[[str], ResistypeError],
) -> dict[str, Any]:
    """The JSON of a saved file, of this kind and of this format version.

    Else what `refused` makes of the reason.
    """
    try:
        if source.stat().st_size > max_bytes:
            raise refused(f"its JSON is larger than {max_bytes // 2**20} MB")
        head = read_json(source.read_bytes())
    except FileNotFoundError:
        raise refused("there is no such file") from None
    except RefusedError as error:
        raise refused(
            "it is not JSON" if error.invalid else f"its JSON is not read ({error})"
        ) from None
    except OSError as error:
        raise refused(f"it cannot be read ({error.strerror})") from None
    if not isinstance(head, dict) or head.get("format") != kind:
        raise refused(f"it is not a {kind.replace('-', ' ')}")
    found = head.get("format_version")
    if isinstance(found, bool) or not isinstance(found, int):
        raise refused(f"its format version is {found!r}")
    if found > version:
        raise refused(
            f"it has format version {found} and this resistype reads {version}; install a newer"
            " resistype"
        )
    if found != version:
        raise refused(f"its format version is {found!r}")
    return head
