"""The published clinical definitions of resistance, one function each.

"Acquired" is a fact about the course of a patient, not about expression, and the published
definitions disagree on the same patient. So the definition is a named parameter everywhere, and
every verdict carries the sentence it rests on. A hole in a definition (`sitc2020` has no cell for a
partial response that fails before six months) gives `undefined`, never the nearest class.

A rule sees one `History` and returns one `Verdict`; its limits stand in `history.THRESHOLDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from resistype.clinical.timelines import (
    CITATIONS,
    THRESHOLDS,
    History,
    TimeColumns,
    Verdict,
    limit,
    read_courses,
    span,
)
from resistype.errors import SamplesError

_RESPONSE: Final = frozenset({"CR", "PR"})
_NO_RESPONSE_GIVEN: Final = frozenset({"NE", ""})


@dataclass(frozen=True)
class Definition:
    """A published definition of clinical resistance.

    `resistance` maps each outcome to what it says of resistance, so that definitions with other
    words can be compared. `regimens` are the regimen classes it was made for (empty: not said).
    """

    id: str
    title: str
    rule: Callable[[History], Verdict]
    resistance: dict[str, str]
    confirmation: bool = True
    regimens: frozenset[str] = frozenset()

    @property
    def citation(self) -> str:
        """Where the definition was published."""
        return CITATIONS[self.id]


@dataclass(frozen=True)
class _Course:
    """A history whose start, last dose and progression are all known."""

    start: date
    last_dose: date
    progression: date
    best_response: str
    words: str

    @property
    def exposed_until(self) -> date:
        """Last dose given up to the progression: later doses cannot have been part of the
        benefit.
        """
        return min(self.last_dose, self.progression)

    def after_stop(self, definition: str) -> bool:
        """Whether the progression came too long after the last dose to count as on treatment."""
        return self.progression > limit(definition, "window", self.last_dose)

    def verdict(self, outcome: str, note: str = "") -> Verdict:
        """Verdict on the time from start to progression."""
        return Verdict.of(outcome, f"{self.words}{note}", (self.start, self.progression))

    def stopped(self, outcome: str, note: str = "") -> Verdict:
        """Verdict on the time from the last dose to progression."""
        words = f"{self.words}, {span(self.last_dose, self.progression)} the last dose{note}"
        return Verdict.of(outcome, words, (self.last_dose, self.progression))


def judge(history: History, definition: Definition) -> Verdict:
    """Verdict of one definition on one patient, with its caveat codes."""
    verdict = definition.rule(history)
    caveats = ["RUO", *verdict.caveats]
    if history.progression and definition.confirmation and history.confirmed != "yes":
        caveats.append("UNCONFIRMED_PD")
    if history.regimen and definition.regimens and history.regimen not in definition.regimens:
        caveats.append("CONTEXT")
    return replace(verdict, caveats=tuple(caveats))


def _course(h: History, definition: str) -> _Course | Verdict:
    """Course that the SITC rules can judge, or the verdict that they cannot."""
    if h.start is None:
        return Verdict.of("not_evaluable", "the start of treatment is not given")
    if h.progression is None:
        return _without_progression(h, h.start, definition)
    if h.best_response in _NO_RESPONSE_GIVEN and definition != "sitc_ici_chemo":
        return Verdict.of("not_evaluable", "best response is not evaluable or not given")
    if h.last_dose is None:
        return Verdict.of("not_evaluable", "the last dose is not given, so the exposure is unknown")
    if h.last_dose < limit(definition, "exposure", h.start):
        reason = f"last dose {span(h.start, h.last_dose)} start: exposure below 6 weeks"
        return Verdict.of("not_evaluable_exposure", reason, (h.start, h.last_dose))
    response = h.best_response or "best response not given"
    words = f"{response}, progression {span(h.start, h.progression)} start"
    return _Course(h.start, h.last_dose, h.progression, h.best_response, words)


def _without_progression(h: History, start: date, definition: str) -> Verdict:
    if h.best_response == "PD":
        return Verdict.of(
            "not_evaluable", "best response is PD, but the date of progression is not given"
        )
    if h.best_response in _NO_RESPONSE_GIVEN:
        return Verdict.of(
            "not_evaluable", "no progression, and best response is not evaluable or not given"
        )
    if h.last_followup is None:
        return Verdict.of("not_evaluable", "no progression, and the last follow-up is not given")
    seen = f"{h.best_response} without progression, last seen {span(start, h.last_followup)} start"
    if h.last_followup < limit(definition, "followed", start):
        return Verdict.of(
            "not_evaluable", f"{seen}: followed too briefly", (start, h.last_followup)
        )
    return Verdict.of("no_resistance", seen, (start, h.last_followup))


def _ours(verdict: Verdict) -> Verdict:
    return replace(verdict, caveats=("THRESHOLD_OURS",))


def _in_window(course: _Course) -> Verdict:
    """Secondary; where a limit of ours decided that the progression was on treatment, it says
    so.
    """
    verdict = course.verdict("secondary")
    return _ours(verdict) if course.last_dose < course.progression else verdict


def _sitc2020(h: History) -> Verdict:
    """SITC 2020, Table 1 read literally."""
    course = _course(h, "sitc2020")
    if isinstance(course, Verdict):
        return course
    cut = limit("sitc2020", "benefit", course.start)
    if course.best_response == "PD" or (course.best_response == "SD" and course.progression < cut):
        return course.verdict("primary")
    if course.after_stop("sitc2020"):
        return _ours(course.stopped("progression_after_discontinuation"))
    if course.best_response == "SD" and course.progression == cut:
        return course.verdict("undefined", ": Table 1 has no cell for SD of exactly 6 months")
    if course.exposed_until < cut:
        return course.verdict(
            "undefined", ": Table 1 has no cell for it at an exposure below 6 months"
        )
    return _in_window(course)


def _sitc_180d(h: History) -> Verdict:
    """SITC 2020 as a later cohort applied it: 180 days, 12 weeks after the last dose,
    rechallenge.
    """
    course = _course(h, "sitc_180d")
    if isinstance(course, Verdict):
        return course
    if course.best_response == "PD" or course.progression < limit(
        "sitc_180d", "benefit", course.start
    ):
        return course.verdict("primary")
    if h.rechallenge == "yes":
        return course.verdict("secondary", ", at rechallenge")
    if course.after_stop("sitc_180d"):
        return course.stopped("progression_after_discontinuation")
    return course.verdict("secondary")


def _sitc_ici_chemo(h: History) -> Verdict:
    """SITC for immunotherapy with chemotherapy: the clock decides, not the best response."""
    rapid = _rapid(h)
    if rapid is not None:
        return rapid
    course = _course(h, "sitc_ici_chemo")
    if isinstance(course, Verdict):
        return course
    if course.after_stop("sitc_ici_chemo"):
        return _ours(
            course.stopped("undefined_after_stop", ": no uniform definition after stopping")
        )
    cut = limit("sitc_ici_chemo", "benefit", course.start)
    if course.progression <= cut:
        return course.verdict("primary")
    if course.exposed_until <= cut:
        return course.verdict(
            "undefined", ": neither primary nor late at an exposure of 6 months or less"
        )
    return _in_window(course)


def _rapid(h: History) -> Verdict | None:
    """Primary in spite of a short or unknown exposure, where the progression was rapid."""
    if (
        h.start is None
        or h.progression is None
        or h.progression > limit("sitc_ici_chemo", "rapid", h.start)
    ):
        return None
    if h.last_dose is not None and h.last_dose >= limit("sitc_ici_chemo", "exposure", h.start):
        return None
    reason = f"rapid progression, {span(h.start, h.progression)} start: any exposure counts"
    return _ours(Verdict.of("primary", reason, (h.start, h.progression)))


def _nsclc_ar_2021(h: History) -> Verdict:
    """Acquired resistance in NSCLC: an objective response, then progression near the last dose."""
    if h.best_response not in _RESPONSE:
        return _without_response(h)
    if h.progression is None:
        return _still_responding(h)
    if h.rechallenge == "yes":
        return Verdict.of(
            "yes", f"{h.best_response}, progression at rechallenge", (h.start, h.progression)
        )
    if h.last_dose is None:
        return Verdict.of("not_evaluable", "the last dose is not given")
    course = f"{h.best_response}, progression {span(h.last_dose, h.progression)} the last dose"
    if h.progression <= limit("nsclc_ar_2021", "window", h.last_dose):
        return Verdict.of("yes", course, (h.last_dose, h.progression))
    return Verdict.of("no", f"{course}: more than 6 months", (h.last_dose, h.progression))


def _without_response(h: History) -> Verdict:
    if h.best_response in _NO_RESPONSE_GIVEN:
        return Verdict.of("not_evaluable", "best response is not evaluable or not given")
    return Verdict.of(
        "no",
        f"best response {h.best_response} is not an objective response",
        (h.start, h.progression),
    )


def _still_responding(h: History) -> Verdict:
    if h.last_followup is None:
        return Verdict.of("not_evaluable", "no progression, and the last follow-up is not given")
    return Verdict.of(
        "no", f"{h.best_response} without progression so far", (h.start, h.last_followup)
    )


def _hcc_pref(h: History) -> Verdict:
    """Primary refractoriness of hepatocellular carcinoma to atezolizumab with bevacizumab."""
    if h.start is None:
        return Verdict.of("not_evaluable", "the start of treatment is not given")
    early = h.progression is not None and h.progression < limit("hcc_pref", "benefit", h.start)
    if h.best_response in _RESPONSE and not early:
        reason = f"best response {h.best_response}, no progression in the first 6 months"
        return Verdict.of("responder", reason, (h.start, h.progression or h.last_followup))
    if not early or h.progression is None:
        return _hcc_without_response(h, h.start)
    course = f"progression {span(h.start, h.progression)} start"
    if h.best_response in _RESPONSE:
        reason = f"{h.best_response}, but {course}: both classes apply"
        return Verdict.of("ambiguous_short_response", reason, (h.start, h.progression))
    return Verdict.of("PRef", course, (h.start, h.progression))


def _hcc_without_response(h: History, start: date) -> Verdict:
    seen = h.progression or h.last_followup
    if h.best_response == "PD" and h.progression:
        return Verdict.of(
            "undefined", "best response PD, but no progression in the first 6 months", (start, seen)
        )
    if h.best_response != "SD" or seen is None:
        return Verdict.of(
            "not_evaluable",
            "no progression in the first 6 months, and no response that can be judged",
        )
    stable = f"SD, known until {span(start, seen)} start"
    if seen < limit("hcc_pref", "benefit", start):
        return Verdict.of("not_evaluable", f"{stable}: followed too briefly", (start, seen))
    return Verdict.of("responder", stable, (start, seen))


_SITC: Final = {
    "primary": "primary",
    "secondary": "acquired",
    "progression_after_discontinuation": "after stopping",
    "undefined_after_stop": "after stopping",
    "undefined": "undefined",
    "not_evaluable": "not evaluable",
    "not_evaluable_exposure": "not evaluable",
    "no_resistance": "none",
}
_NSCLC: Final = {"yes": "acquired", "no": "not acquired", "not_evaluable": "not evaluable"}
_HCC: Final = {
    "PRef": "primary",
    "responder": "not primary",
    "ambiguous_short_response": "undefined",
    "undefined": "undefined",
    "not_evaluable": "not evaluable",
}
_MONO: Final = frozenset({"ici_mono", "ici_combination"})

DEFINITIONS: Final[dict[str, Definition]] = {
    definition.id: definition
    for definition in (
        Definition(
            "sitc2020", "SITC 2020, Table 1 read literally", _sitc2020, _SITC, regimens=_MONO
        ),
        Definition(
            "sitc_180d", "SITC 2020 as applied with 180 days", _sitc_180d, _SITC, regimens=_MONO
        ),
        Definition(
            "sitc_ici_chemo",
            "SITC for immunotherapy with chemotherapy",
            _sitc_ici_chemo,
            _SITC,
            confirmation=False,
            regimens=frozenset({"ici_chemo"}),
        ),
        Definition(
            "nsclc_ar_2021",
            "acquired resistance in NSCLC, 2021",
            _nsclc_ar_2021,
            _NSCLC,
            regimens=_MONO | {"ici_chemo", "ici_antiangiogenic"},
        ),
        Definition(
            "hcc_pref",
            "primary refractory HCC, 2026",
            _hcc_pref,
            _HCC,
            regimens=frozenset({"ici_antiangiogenic"}),
        ),
    )
}


# The clinical phenotype of resistance: the gate before any subtype.

DEFAULT: Final = "nsclc_ar_2021"


def clinical(
    table: str | Path | pd.DataFrame,
    definition: str | Sequence[str] = DEFAULT,
    *,
    columns: Mapping[str, str] | None = None,
    time_unit: str | None = None,
) -> pd.DataFrame:
    """Clinical phenotype of every patient under one, several or all published definitions.

    Parameters
    ----------
    table
        One row per patient: a table, or a csv or tsv file, with the columns `patient` (or `id`),
        `start`, `best_response` (or `bor`: CR, PR, SD, PD, NE), `last_dose`, `progression` (or
        `pd`; empty where none was seen) and `last_followup` (or `last_fu`); where known also
        `regimen`, `confirmed`, `rechallenge` and `stopped_for`. Dates are ISO: `2023-02-24`.
    definition
        `"sitc2020"`, `"sitc_180d"`, `"sitc_ici_chemo"`, `"nsclc_ar_2021"`, `"hcc_pref"`, a list of
        them, or `"all"`.
    columns
        Names of the columns where they differ: field and column, ``{"progression": "PFS"}``. The
        field `progressed` (1 or 0, yes or no) says whether the time of `progression` is an event or
        the end of follow-up, `censored` the contrary. An event of progression-free survival may be
        a death: look before you call it a progression.
    time_unit
        ``"days"`` or ``"months"`` (of 30.44 days): `progression`, `last_dose` and `last_followup`
        are numbers since the start of treatment; `start` is then not needed, rows of a patient
        that say the same count once, and what is not given is not known. By default they are dates.

    Returns
    -------
    DataFrame
        One row per patient, in the order given: `patient`; for each definition its outcome under
        the definition's id, and `<id>_reason`, `<id>_days`, `<id>_months` (the span that decided,
        in days and whole calendar months) and `<id>_caveats` (codes); `definitions_disagree`,
        whether the choice of definition changes what is said, over all five definitions;
        `disagreement`, what each of them says where they disagree.

    Raises
    ------
    SamplesError
        E950 for a table that cannot be used, with every complaint; E951 for an unknown definition;
        E952 for a file that cannot be read.

    References
    ----------
    The five sources are listed by `thresholds()`; the default is Schoenfeld 2021, doi
    10.1016/j.annonc.2021.08.2151.

    Examples
    --------
    >>> import pandas as pd
    >>> from resistype.clinical import clinical
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
    for history in read_courses(table, TimeColumns(columns or {}, time_unit)):
        verdicts = {name: judge(history, known) for name, known in DEFINITIONS.items()}
        row: dict[str, object] = {"patient": history.patient}
        for name in asked:
            row |= _cells(name, verdicts[name])
        disagreement = _disagreement(verdicts)
        rows.append(
            row | {"definitions_disagree": bool(disagreement), "disagreement": disagreement}
        )
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
    >>> from resistype.clinical import thresholds
    >>> table = thresholds()
    >>> sorted(table["source"].unique())
    ['ours', 'published']
    """
    fields = ("definition", "name", "value", "unit", "meaning", "source", "citation")
    return pd.DataFrame(
        [{field: getattr(limit, field) for field in fields} for limit in THRESHOLDS]
    )


@dataclass(frozen=True)
class Phenotype:
    """Clinical phenotype of one patient under one definition, as a report may word it.

    `outcome` is the definition's own word, `resistance` what it says of resistance. `acquired` is
    the gate: only where it is True may a report print "acquired resistance subtype".
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
    """Clinical phenotype of one patient, and whether a report may say "acquired resistance
    subtype".

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
    >>> from resistype.clinical import phenotype
    >>> phenotype(None, "P03").headline("IFNγ-up")
    'profile resembles IFNγ-up; clinical phenotype is not given (nsclc_ar_2021)'
    """
    known = _asked(definition)[0]
    if calls is None:
        return Phenotype(known, "not given", "not given")
    if known not in calls.columns:
        message = (
            f"The clinical calls hold no definition '{known}'. Call clinical(table,"
            f" definition='{known}') first."
        )
        raise SamplesError(message, code="E951")
    row = calls[calls["patient"].astype(str) == str(patient)]
    if row.empty:
        return Phenotype(known, "not given", "not given")
    outcome = str(row[known].iloc[0])
    return Phenotype(
        known, outcome, DEFINITIONS[known].resistance[outcome], str(row[f"{known}_reason"].iloc[0])
    )


def phenotypes(calls: pd.DataFrame | None, *, definition: str = DEFAULT) -> dict[str, str]:
    """Clinical phenotype of every patient in words, as `CallOptions` takes it.

    Parameters
    ----------
    calls
        What `clinical` returned; nothing is known without it.
    definition
        A definition that `calls` holds.

    Examples
    --------
    >>> import resistype as rt
    >>> from resistype.clinical import phenotypes
    >>> phenotypes(rt.clinical(rt.datasets.demo().clinical))["SIM-P01"]
    'acquired (nsclc_ar_2021: yes)'
    """
    people = () if calls is None else calls["patient"].astype(str)
    return {name: str(phenotype(calls, name, definition=definition)) for name in people}


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

    "Not acquired" and "not primary" contradict only their opposite: a responder may well be
    secondary resistant.
    """
    said = {DEFINITIONS[name].resistance[verdict.outcome] for name, verdict in verdicts.items()}
    positive = said - {"not acquired", "not primary"}
    contradicted = {f"not {word}" for word in positive} & said
    if len(positive) <= 1 and not contradicted:
        return ""
    return "; ".join(f"{name}: {verdict.outcome}" for name, verdict in verdicts.items())
