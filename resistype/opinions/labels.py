"""What a model may be trained on.

Scores, labels and patients joined by sample, and labels that are no outcome.

Labels that look like treatment response are told: resistype describes states, not outcomes. The
check reads names and values word by word; it is there against an oversight, not against a person
who renames a column. "Response" is also a word of biology, so that "IFNγ response" and "stress
response" may pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from resistype.errors import ModelError, complain
from resistype.opinions.frame import Codes, Floats, not_numbers, repeated, some
from resistype.opinions.model import as_score_frame

MIN_PATIENTS = 5
_HUMP = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_WORD = re.compile(r"[^\W\d_]+")
_SIGNS = re.compile(r"[\s_/.,;-]+")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# single words, in the name of a column or inside a value
_OUTCOMES = _set("""
    recist irecist imrecist mrecist bor orr dcr dcb ndb pfs dfs rfs efs ttp ttnt dor benefit
    nonbenefit benefiter benefitter respond responded responder responders nonresponder
    nonresponders nonresponse relapse relapsed progressed progressor progressors nonprogressor
    nonprogressors deceased survival survivor survivors nonsurvivor nonsurvivors
""")
# in the name of a column only, where they can mean nothing else
_NAMES = _set(
    "os outcome outcomes efficacy progression responses resp responds resistant refractory"
    " refractoriness pref"
)
# values as a whole, without spaces and signs
_VALUES = _set("""
    cr pr sd pd mr nr r nonr vgpr ncr mpr pcr crpr prcr sdpd pdsd icr ipr isd iupd icpd cb ncb
    nondcb stabledisease progressivedisease progression sensitive resistant nonresistant
    refractory nonrefractory durable nondurable alive dead
""")
# beside one of these, "response" is a programme of the cell
_BIOLOGY = _set("""
    ifn ifng ifna ifnb ifnγ interferon isg gamma alpha stress damage dna unfolded protein heat
    shock hypoxia cytokine innate antiviral viral oxidative hormone tgfb wound
""")


def looks_like_response(name: object, values: Iterable[object]) -> str:
    """Why labels look like treatment response; empty when they do not."""
    reasons = []
    if name is not None and _outcome(str(name), _OUTCOMES | _NAMES):
        reasons.append(f"the column is named {str(name)[:60]!r}")
    found = [str(value) for value in values if _is_outcome(str(value))]
    if found:
        shown = ", ".join(repr(value[:60]) for value in sorted(found)[:5])
        reasons.append(
            f"there are labels {shown}" if len(found) > 1 else f"there is a label {shown}"
        )
    return "; ".join(reasons)


def _is_outcome(value: str) -> bool:
    if _SIGNS.sub("", value).lower() in _VALUES or _outcome(value, _OUTCOMES):
        return True
    words = _words(value)
    early = bool({"primary", "secondary", "acquired"} & words)
    return early and bool({"resistance", "resistant", "refractory", "refractoriness"} & words)


def _outcome(text: str, outcomes: frozenset[str]) -> bool:
    words = _words(text)
    return bool(outcomes & words) or ("response" in words and not _BIOLOGY & words)


def _words(text: str) -> set[str]:
    """Words in lower case, without numbers, also those written together: bestResponse,
    PFS6_months.
    """
    return {word.lower() for pattern in (_WORD, _HUMP) for word in pattern.findall(text)}


@dataclass(frozen=True, eq=False)
class Rows:
    """Samples with scores (n, n_features), class numbers (n,) and patient numbers (n,)."""

    values: Floats
    codes: Codes
    patients: Codes

    def take(self, rows: Codes) -> Rows:
        """Some of the samples."""
        return Rows(self.values[rows], self.codes[rows], self.patients[rows])


@dataclass(frozen=True, eq=False)
class Study:
    """Scores with the label and the patient of each sample, sorted by sample.

    No order of the input decides.
    """

    features: tuple[str, ...]
    classes: tuple[str, ...]
    rows: Rows

    def patients_per_class(self) -> dict[str, int]:
        """How many patients have a sample of each class."""
        patients, codes = self.rows.patients, self.rows.codes
        return {
            name: len(np.unique(patients[codes == code])) for code, name in enumerate(self.classes)
        }


def read_study(scores: Any, labels: Any, groups: Any) -> Study:
    """Join and check scores (n_obs, n_features), labels and patients."""
    frame = as_score_frame(scores)
    complaints = _about_scores(frame)
    label, said = _by_sample(labels, "labels", frame.index)
    patient, also = _by_sample(groups, "groups", frame.index)
    if groups is None:
        also = [
            (
                "groups: give the patient of each sample, so that no patient is on both sides of a"
                " split"
            )
        ]
    subject = "A model cannot be trained on this"
    complain([*complaints, *said, *also], ModelError, code="T101", subject=subject)
    ordered = frame.sort_index()
    names, codes = np.unique(label.loc[ordered.index].to_numpy(dtype=np.str_), return_inverse=True)
    _, patients = np.unique(patient.loc[ordered.index].to_numpy(dtype=np.str_), return_inverse=True)
    rows = Rows(ordered.to_numpy(dtype=np.float64), codes.astype(np.intp), patients.astype(np.intp))
    study = Study(tuple(ordered.columns), tuple(str(name) for name in names), rows)
    complain(_about_classes(study), ModelError, code="T101", subject=subject)
    return study


def _about_scores(frame: pd.DataFrame) -> list[str]:
    complaints = [
        f"scores: {what} given more than once: {repeated(names)}"
        for what, names in (("sample", frame.index), ("score", frame.columns))
        if names.has_duplicates
    ]
    if not len(frame.columns):
        complaints.append("scores: the table has no column")
    text = not_numbers(frame)
    if text:
        return [*complaints, f"scores: not numbers: {some(text)}"]
    bad = ~np.isfinite(frame.to_numpy(dtype=np.float64))
    if bad.any():
        columns, rows = frame.columns[bad.any(axis=0)], frame.index[bad.any(axis=1)]
        complaints.append(
            f"scores: {int(bad.sum())} missing or infinite values, in {some(columns)}, of samples"
            f" {some(rows)}; leave out these scores or these samples"
        )
    return complaints


def _by_sample(given: Any, what: str, samples: pd.Index[Any]) -> tuple[pd.Series[Any], list[str]]:
    """One value a sample as text, and what is wrong with it."""
    if isinstance(given, Mapping):
        given = pd.Series(dict(given), dtype=object)
    if not isinstance(given, pd.Series):
        wrong = f"{what}: wanted a Series or mapping by sample, got {type(given).__name__}"
        return pd.Series(dtype=object), [wrong]
    series = given.set_axis([str(name) for name in given.index])
    absent, more = samples.difference(series.index), series.index.difference(samples)
    empty = series.index[series.isna()].intersection(samples)
    twice = repeated(series.index)
    complaints = [f"{what}: sample given more than once: {twice}"] if twice else []
    told = (
        (absent, f"of {len(samples)} samples with scores are absent: {some(absent)}"),
        (more, f"samples have no scores: {some(more)}; give {what}.loc[scores.index]"),
        (empty, f"samples have none: {some(empty)}; leave these samples out"),
    )
    complaints += [f"{what}: {len(names)} {words}" for names, words in told if len(names)]
    return series.map(str), complaints


def _about_classes(study: Study) -> list[str]:
    complaints = []
    if len(study.classes) < 2:
        complaints.append(
            f"labels: {len(study.classes)} class ({some(study.classes)}); a model needs at least 2"
        )
    barred = [name for name in study.classes if "|" in name]
    if barred:
        complaints.append(
            f"labels: '|' separates the labels of a set and cannot be in a name: {some(barred)}"
        )
    for name, n in study.patients_per_class().items():
        if n < MIN_PATIENTS:
            complaints.append(
                f"labels: class {name!r} has {n} patients; at least {MIN_PATIENTS} are needed"
            )
    return complaints
