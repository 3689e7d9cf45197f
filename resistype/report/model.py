"""What a report says, as values: the page is drawn from a `Report` and from nothing else.

So the JSON version, which is a `Report` written out, holds everything that stands on the page, and
a page can be drawn again from it. Numbers are kept as the calls have them and rounded only where
they are drawn; what is missing is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from resistype._renamed import renamed

# Parts of a report that are about units: counts of calls, calls, evidence, refusals. See `model`
# for the whole.


def _finite(value: Any) -> Any:
    """None for what is no number; numbers of numpy as Python's own."""
    # NaN
    if value is None or value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124
        return None
    return float(value)


Number = Annotated[float | None, BeforeValidator(_finite)]


class Model(BaseModel):
    """A frozen value that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelCount(Model):
    """A call that an axis may give: n of those that could have it, their proportion with Wilson's
    interval of 95 %, and the base rate in the same denominator.
    """

    id: str
    word: str
    text: str
    color: str = Field(pattern="^#[0-9A-Fa-f]{6}$")
    n: int
    of: int = Field(description="units that could have the call, in which the axis was assessed")
    among: str = Field(description="pairs, or the unit")
    proportion: Number
    low: Number
    high: Number
    base_rate: Number = None
    reference_basis: str = ""
    stability: Number = Field(
        None, description="median fraction of repeats that give this call again"
    )
    n_same_site: int | None = Field(
        None, description="of the pairs whose two biopsies are of one site"
    )


class AxisCounts(Model):
    """One question and the calls it may give, with n of all units."""

    id: str
    title: str
    n: int
    labels: tuple[LabelCount, ...]
    n_same_site: int | None = Field(None, description="pairs of one site; none: no site was given")


class Comparison(Model):
    """A value beside one threshold."""

    op: str
    limit: float
    source: Literal["published", "ours"]
    distance: Number
    passes: bool
    decided: bool


@renamed({"why": "reason"})
class Evidence(Model):
    """One number that an axis looked at, the thresholds beside it, or why it is missing."""

    axis: str
    quantity: str
    value: Number
    reason: str = ""
    tests: tuple[Comparison, ...] = ()


class Call(Model):
    """What an axis says of a unit, and how firmly: shares of repeats that say it again."""

    axis: str
    call: str
    word: str = Field("", description="the call as it is printed of this unit")
    reason: str = ""
    base_rate: Number = None
    stability: Number = None
    genes: Number = None
    cohort: Number = None
    methods: Number = None
    call_before_stability: str = Field(
        "", description="what the rules alone gave, where the call was withheld"
    )
    word_before_stability: str = ""


class GeneMove(Model):
    """A gene and its change from baseline in log2 units."""

    gene: str
    change: float


class Unit(Model):
    """A sample or a patient: its calls, its evidence, its caveats."""

    id: str
    patient: str = ""
    timepoint: str = ""
    baseline: str = ""
    headline: str
    heading: str = Field("", description="what the profile may be called")
    calls: tuple[Call, ...]
    evidence: tuple[Evidence, ...] = ()
    caveats: tuple[str, ...] = ()
    genes: dict[str, tuple[GeneMove, ...]] = Field(
        {}, description="signature: genes that moved most from baseline"
    )
    opinions: dict[str, str] = Field({}, description="external classifier: the class it names")


class Refusal(Model):
    """Units that could not be called on an axis for one reason."""

    axis: str
    call: str
    reason: str
    units: tuple[str, ...]


class Group(Model):
    """Units of one kind: samples, or patients."""

    id: str
    noun: str
    ordered_by: str
    axes: tuple[AxisCounts, ...]
    units: tuple[Unit, ...]
    refused: tuple[Refusal, ...] = ()


class Quantity(Model):
    """A number that is measured for every unit."""

    id: str
    title: str
    unit: str
    signature: str = ""


class Zone(Model):
    """A stretch of a quantity and the calls that its rules may give there; none makes it a grey
    zone.
    """

    low: Number
    high: Number
    calls: tuple[str, ...]


class Change(Model):
    """A later sample against the patient's own baseline."""

    patient: str
    timepoint: str
    sample: str
    baseline: str
    value: float
    call: str
    word: str = ""


class ChangePanel(Model):
    """Changes of one quantity, with the zones of its axis."""

    axis: str
    quantity: str
    zones: tuple[Zone, ...]
    changes: tuple[Change, ...]


class SameSite(Model):
    """The same over the pairs whose two biopsies are of one site."""

    n: int
    n_higher: int
    median: Number


class ChangeTest(Model):
    """A change over patients, one a patient: n and size first."""

    quantity: str
    timepoint: str
    n: int
    n_higher: int
    median: Number
    low: Number
    high: Number
    confidence: Number
    p: Number
    q: Number
    same_site: SameSite | None = None


class Step(Model):
    """Patients whose call of an axis went from one to another between baseline and a later time
    point.
    """

    axis: str
    timepoint: str
    before: str
    after: str
    patients: tuple[str, ...]
    n_same_site: int | None = None


class AxisStability(Model):
    """How often the calls of an axis come again: calls given, stable ones, and those withheld."""

    axis: str
    n_called: int
    n_stable: int
    n_withheld: int
    genes: Number
    cohort: Number
    methods: Number


class Opinion(Model):
    """A second opinion: method, options, classes, and agreement with the calls of each axis."""

    name: str
    method: str
    doi: str
    options: str
    caveats: tuple[str, ...]
    classes: dict[str, int]
    beside: tuple[tuple[str, str, str, int], ...] = Field((), description="axis, call, class, n")


class Check(Model):
    """One thing that was looked at before the calls."""

    name: str
    state: Literal["ok", "look", "none"]
    text: str


class Inputs(Model):
    """What was read."""

    source: str
    sha256: str
    n_obs: int
    n_genes: int
    unit: str
    read_as: str = ""
    notes: tuple[str, ...]
    checks: tuple[Check, ...]


class Threshold(Model):
    """A cut-off with its source."""

    axis: str
    condition: str
    value: float
    source: Literal["published", "ours"]
    citation: str
    doi: str
    text: str


class Signature(Model):
    """A signature: where it comes from and which of its genes were found."""

    id: str
    ref: str
    name: str
    status: str
    citation: str
    sha256: str
    asked: int
    found: int
    genes: tuple[str, ...]
    missing: tuple[str, ...]
    at_floor: tuple[str, ...] = ()
    shared: str = ""
    scored: bool = Field(
        default=True, description="false: only sought among the DNA events that the user gives"
    )


class Table(Model):
    """A table of a cell scheme, as its tsv file has it."""

    id: str
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]


class Cohort(Model):
    """What is said over patients and repeats."""

    panels: tuple[ChangePanel, ...] = ()
    tests: tuple[ChangeTest, ...] = ()
    steps: tuple[Step, ...] = ()
    stability: tuple[AxisStability, ...] = ()
    minimum: Number = None
    opinions: tuple[Opinion, ...] = ()
    tables: tuple[Table, ...] = ()


class Report(Model):
    """Everything on the page.

    Examples
    --------
    >>> import resistype as rt
    >>> from resistype.report import build_report
    >>> demo = rt.datasets.demo()
    >>> calls = rt.classify(demo.expression, samples=demo.samples, baseline="Pre",
    ...                     options=rt.CallOptions(stability=False))
    >>> report = build_report(calls)
    >>> report.kind, len(report.groups[0].units), report.compared_with
    ('biopsies', 64, "baseline biopsies of this cohort (this cohort, paired with the patient's
    baseline, n = 32)")
    """

    format: Literal["resistype-report"] = "resistype-report"
    format_version: Literal[2] = 2
    kind: Literal["biopsies", "cells"]
    patient: str = Field("", description="the patient of a page of one patient")
    simulated: bool
    scheme: str
    title: str
    summary: str
    context: str
    citation: str
    claim: str
    compared_with: str
    questions: dict[str, str] = Field(description="axis: what it asks")
    inputs: Inputs
    groups: tuple[Group, ...]
    quantities: tuple[Quantity, ...]
    cohort: Cohort
    thresholds: tuple[Threshold, ...]
    signatures: tuple[Signature, ...]
    caveats: dict[str, str]
    methods: tuple[str, ...]
    references: tuple[str, ...]
    versions: dict[str, str]
    hashes: dict[str, str]
    command: str = ""
    script: str = ""


# What a report is asked to hold beside the calls.


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What stands in a report beside the calls.

    Parameters
    ----------
    patient
        A page of this patient alone; nobody else is named on it.
    opinions
        Second opinions to show beside the calls: a name, and a table from
        `resistype.opinions.second_opinion`. They are never averaged with the calls.

    Examples
    --------
    >>> ReportOptions(patient="P07").patient
    'P07'
    """

    patient: str | None = None
    opinions: Mapping[str, pd.DataFrame] = field(default_factory=dict)
