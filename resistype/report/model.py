"""What a report says, as values: the page is drawn from a `Report` and from nothing else.

So the JSON twin, which is a `Report` written out, holds everything that stands on the page, and a page can be drawn
again from it. Numbers are kept as the calls have them and rounded only where they are drawn; what is missing is null.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resistype.report.parts import (
    AxisCounts,
    Call,
    Comparison,
    Evidence,
    GeneMove,
    Group,
    LabelCount,
    Model,
    Number,
    Quantity,
    Refusal,
    Unit,
)

__all__ = [
    "AxisCounts",
    "Call",
    "Change",
    "ChangePanel",
    "ChangeTest",
    "Check",
    "Cohort",
    "Comparison",
    "Evidence",
    "Firmness",
    "GeneMove",
    "Group",
    "Inputs",
    "LabelCount",
    "Opinion",
    "Quantity",
    "Refusal",
    "Report",
    "Signature",
    "Step",
    "Table",
    "Threshold",
    "Unit",
    "Zone",
]


class Zone(Model):
    """A stretch of a quantity and the calls that its rules may give there; none makes it a grey zone."""

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


class ChangePanel(Model):
    """Changes of one quantity, with the zones of its axis."""

    axis: str
    quantity: str
    zones: tuple[Zone, ...]
    changes: tuple[Change, ...]


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


class Step(Model):
    """Patients whose call of an axis went from one to another between baseline and a later time point."""

    axis: str
    timepoint: str
    before: str
    after: str
    patients: tuple[str, ...]


class Firmness(Model):
    """How often the calls of an axis come again: calls given, firm ones, and those taken back."""

    axis: str
    n_called: int
    n_firm: int
    n_taken_back: int
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
    scored: bool = Field(default=True, description="false: only sought among the DNA events that the user gives")


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
    firmness: tuple[Firmness, ...] = ()
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
    ('biopsies', 64, 'baseline biopsies of this cohort (own cohort, paired with own baseline, n = 32)')
    """

    format: Literal["resistype-report"] = "resistype-report"
    format_version: Literal[1] = 1
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
