"""The clinical phenotype of resistance: the gate before any subtype.

A table of patients goes in; out comes, for each definition asked for, an outcome with the sentence it rests on. The
published definitions disagree on the same patient, so all of them are always consulted and `definitions_disagree`
says where the choice decides the outcome. `phenotype` is the gate of a report: the words "acquired resistance
subtype" may be printed only where the chosen definition says acquired.

Research use only; nothing here predicts a response.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from resistype.cohort.courses import read_courses
from resistype.cohort.definitions import DEFINITIONS, judge
from resistype.cohort.history import THRESHOLDS, Verdict
from resistype.errors import SamplesError

__all__ = ["Phenotype", "clinical", "phenotype", "thresholds"]

DEFAULT: Final = "nsclc_ar_2021"


def clinical(table: str | Path | pd.DataFrame, definition: str | Sequence[str] = DEFAULT) -> pd.DataFrame:
    """Clinical phenotype of every patient under one, several or all published definitions.

    Parameters
    ----------
    table
        One row a patient: a table, or a csv or tsv file, with the columns `patient` (or `id`), `start`,
        `best_response` (or `bor`: CR, PR, SD, PD, NE), `last_dose`, `progression` (or `pd`; empty where none was
        seen) and `last_followup` (or `last_fu`); where known also `regimen`, `confirmed`, `rechallenge` and
        `stopped_for`. Dates are ISO: `2023-02-24`.
    definition
        `"sitc2020"`, `"sitc_180d"`, `"sitc_ici_chemo"`, `"nsclc_ar_2021"`, `"hcc_pref"`, a list of them, or `"all"`.

    Returns
    -------
    DataFrame
        One row a patient, in the order given: `patient`; for each definition its outcome under the definition's id,
        and `<id>_reason`, `<id>_days`, `<id>_months` (the span that decided, in days and whole calendar months) and
        `<id>_caveats` (codes); `definitions_disagree`, whether the choice of definition changes what is said, over
        all five definitions; `disagreement`, what each of them says where they disagree.

    Raises
    ------
    SamplesError
        E950 for a table that cannot be used, with every complaint; E951 for an unknown definition; E952 for a file
        that cannot be read.

    References
    ----------
    The five sources are listed by `thresholds()`; the default is Schoenfeld 2021, doi 10.1016/j.annonc.2021.08.2151.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.cohort import clinical
    >>> table = pd.DataFrame(
    ...     {
    ...         "patient": ["P03"],
    ...         "start": ["2023-01-01"],
    ...         "best_response": ["PR"],
    ...         "last_dose": ["2023-06-05"],
    ...         "progression": ["2023-06-01"],
    ...         "last_followup": ["2023-12-01"],
    ...     }
    ... )
    >>> calls = clinical(table, "all")
    >>> calls[["sitc2020", "sitc_180d", "nsclc_ar_2021"]].iloc[0].tolist()
    ['undefined', 'primary', 'yes']
    >>> bool(calls["definitions_disagree"].iloc[0])
    True
    """
    asked = _asked(definition)
    rows = []
    for history in read_courses(table):
        verdicts = {name: judge(history, known) for name, known in DEFINITIONS.items()}
        row: dict[str, object] = {"patient": history.patient}
        for name in asked:
            row |= _cells(name, verdicts[name])
        disagreement = _disagreement(verdicts)
        rows.append(row | {"definitions_disagree": bool(disagreement), "disagreement": disagreement})
    frame = pd.DataFrame(rows)
    for column in [f"{name}_{unit}" for name in asked for unit in ("days", "months")]:
        frame[column] = frame[column].astype("Int64")
    return frame


def thresholds() -> pd.DataFrame:
    """Table of every limit of every definition, with its source: published, or ours.

    Returns
    -------
    DataFrame
        One row a limit: `definition`, `name`, `value`, `unit`, `meaning`, `source`, `citation`.

    Examples
    --------
    >>> from resistype.cohort import thresholds
    >>> table = thresholds()
    >>> sorted(table["source"].unique())
    ['ours', 'published']
    """
    fields = ("definition", "name", "value", "unit", "meaning", "source", "citation")
    return pd.DataFrame([{field: getattr(limit, field) for field in fields} for limit in THRESHOLDS])


@dataclass(frozen=True)
class Phenotype:
    """Clinical phenotype of one patient under one definition, as a report may word it.

    `outcome` is the definition's own word, `resistance` what it says of resistance. `acquired` is the gate: only
    where it is True may a report print "acquired resistance subtype".
    """

    definition: str
    outcome: str
    resistance: str
    reason: str = ""

    @property
    def acquired(self) -> bool:
        """Whether the definition says acquired resistance."""
        return self.resistance == "acquired"

    def __str__(self) -> str:
        if self.outcome in {self.resistance, "not given"}:
            return f"{self.resistance} ({self.definition})"
        return f"{self.resistance} ({self.definition}: {self.outcome})"

    def headline(self, profile: str) -> str:
        """Sentence of a report for a profile such as "IFNγ-up + dysfunction"."""
        if self.acquired:
            return f"acquired resistance subtype: {profile}; clinical phenotype is {self}"
        return f"profile resembles {profile}; clinical phenotype is {self}"


def phenotype(calls: pd.DataFrame | None, patient: str, *, definition: str = DEFAULT) -> Phenotype:
    """Clinical phenotype of one patient, and whether a report may say "acquired resistance subtype".

    Parameters
    ----------
    calls
        What `clinical` returned, or None where no clinical table was given.
    patient
        The patient; one that is not in the table has the phenotype "not given".
    definition
        A definition that `calls` holds.

    Returns
    -------
    Phenotype
        Closed gate (`acquired` False) unless the definition says acquired.

    Raises
    ------
    SamplesError
        E951 when the definition is unknown, or is not in `calls`.

    Examples
    --------
    >>> from resistype.cohort import phenotype
    >>> phenotype(None, "P03").headline("IFNγ-up")
    'profile resembles IFNγ-up; clinical phenotype is not given (nsclc_ar_2021)'
    """
    known = _asked(definition)[0]
    if calls is None:
        return Phenotype(known, "not given", "not given")
    if known not in calls.columns:
        message = f"The clinical calls hold no definition '{known}'. Call clinical(table, definition='{known}') first."
        raise SamplesError(message, code="E951")
    row = calls[calls["patient"].astype(str) == str(patient)]
    if row.empty:
        return Phenotype(known, "not given", "not given")
    outcome = str(row[known].iloc[0])
    return Phenotype(known, outcome, DEFINITIONS[known].resistance[outcome], str(row[f"{known}_reason"].iloc[0]))


def _asked(definition: str | Sequence[str]) -> list[str]:
    names = [definition] if isinstance(definition, str) else list(dict.fromkeys(definition))
    if names == ["all"]:
        return list(DEFINITIONS)
    unknown = [name for name in names if name not in DEFINITIONS]
    if names and not unknown:
        return names
    got = ", ".join(f"'{name}'" for name in unknown) if unknown else "none"
    message = f"Unknown definition: {got}. Known are {', '.join(DEFINITIONS)}, or 'all'."
    raise SamplesError(message, code="E951")


def _cells(name: str, verdict: Verdict) -> dict[str, object]:
    return {
        name: verdict.outcome,
        f"{name}_reason": verdict.reason,
        f"{name}_days": verdict.days,
        f"{name}_months": verdict.months,
        f"{name}_caveats": " ".join(verdict.caveats),
    }


def _disagreement(verdicts: dict[str, Verdict]) -> str:
    """What the definitions say where they do not say the same; "" where they do.

    "Not acquired" and "not primary" contradict only their opposite: a responder may well be secondary resistant.
    """
    said = {DEFINITIONS[name].resistance[verdict.outcome] for name, verdict in verdicts.items()}
    positive = said - {"not acquired", "not primary"}
    contradicted = {f"not {word}" for word in positive} & said
    if len(positive) <= 1 and not contradicted:
        return ""
    return "; ".join(f"{name}: {verdict.outcome}" for name, verdict in verdicts.items())
