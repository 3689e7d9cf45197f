"""Parts of a report that are about units: counts of calls, calls, evidence, refusals. See `model` for the whole."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "AxisCounts",
    "Call",
    "Comparison",
    "Evidence",
    "GeneMove",
    "Group",
    "LabelCount",
    "Model",
    "Number",
    "Quantity",
    "Refusal",
    "Unit",
]


def _finite(value: Any) -> Any:
    """None for what is no number; numbers of numpy as Python's own."""
    if value is None or value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124  NaN
        return None
    return float(value)


Number = Annotated[float | None, BeforeValidator(_finite)]


class Model(BaseModel):
    """A frozen value that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LabelCount(Model):
    """A call that an axis may give: n, share with Wilson's interval of 95 %, and the share of the reference."""

    id: str
    word: str
    text: str
    color: str = Field(pattern="^#[0-9A-Fa-f]{6}$")
    n: int
    share: Number
    low: Number
    high: Number
    reference_share: Number = None
    reference_basis: str = ""
    stability: Number = Field(None, description="median share of repeats that give this call again")


class AxisCounts(Model):
    """One question and the calls it may give, with n of all units."""

    id: str
    title: str
    n: int
    labels: tuple[LabelCount, ...]


class Comparison(Model):
    """A value beside one threshold."""

    op: str
    limit: float
    source: Literal["published", "ours"]
    distance: Number
    passes: bool
    decided: bool


class Evidence(Model):
    """One number that an axis looked at, the thresholds beside it, or why it is missing."""

    axis: str
    quantity: str
    value: Number
    why: str = ""
    tests: tuple[Comparison, ...] = ()


class Call(Model):
    """What an axis says of a unit, and how firmly: shares of repeats that say it again."""

    axis: str
    call: str
    reason: str = ""
    base_rate: Number = None
    stability: Number = None
    genes: Number = None
    cohort: Number = None
    methods: Number = None
    rules_say: str = Field("", description="what the rules alone gave, where the call was taken back")


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
    calls: tuple[Call, ...]
    evidence: tuple[Evidence, ...] = ()
    caveats: tuple[str, ...] = ()
    genes: dict[str, tuple[GeneMove, ...]] = Field({}, description="signature: genes that moved most from baseline")
    opinions: dict[str, str] = Field({}, description="second opinion: the class it names")


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
