"""Names of samples and patients stay in Python: what a notebook saves says their place in the matrix or the table.

Traits of a widget are saved with the notebook. Notes, warnings and errors name samples, in brackets and quotes; each
name that is known is exchanged for its place there, such as ``sample 4``. The words with their names stay in Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

__all__ = ["stand_ins", "unnamed"]

EDGES = re.compile(r"([(),'\"…]+)")  # what stands around a name in our words


def stand_ins(samples: Sequence[str], table: pd.DataFrame | None = None, patient: str = "") -> dict[str, str]:
    """What is said in the place of each name: its place, counted from 1.

    Parameters
    ----------
    samples
        Names of the rows of the matrix.
    table
        Samples table, whose index may hold more of them.
    patient
        Its column of patients.

    Examples
    --------
    >>> stand_ins(["a", "b"], pd.DataFrame({"who": ["P", "P"]}, index=["b", "c"]), "who")
    {'P': 'patient 1', 'b': 'sample 2', 'c': 'row 2 of the table', 'a': 'sample 1'}
    """
    found: dict[str, str] = {}
    if table is not None:
        people = table[patient].dropna().tolist() if patient in table.columns else []
        found |= _counted("patient {}", dict.fromkeys(str(one) for one in people))
        found |= _counted("row {} of the table", (str(one) for one in table.index))
    return found | _counted("sample {}", samples)


def _counted(words: str, names: Iterable[str]) -> dict[str, str]:
    return {name: words.format(at) for at, name in enumerate(names, start=1) if name}


def unnamed(text: str, names: Mapping[str, str]) -> str:
    """The words with each known name exchanged for its place.

    Examples
    --------
    >>> unnamed("2 samples are flat (MRN-7, MRN-9 at 'Pre').", {"MRN-7": "sample 1", "MRN-9": "sample 2"})
    "2 samples are flat (sample 1, sample 2 at 'Pre')."
    """
    for name in (one for one in names if one in text and EDGES.search(one)):
        text = text.replace(name, names[name])
    return "".join(_exchanged(part, names) for part in EDGES.split(text))


def _exchanged(part: str, names: Mapping[str, str]) -> str:
    name = part.strip()
    for known in (name, name.removesuffix(" at")):
        if known in names:
            return part.replace(known, names[known])
    return part
