"""What a scheme is: quantities to measure, axes to call, rules with thresholds, caveats to print.

A scheme is data, one TOML file. It names signatures, never genes; its rules are lists of plain
conditions, never code. Every threshold says whether it is published (and where) or ours. The models
here hold the file and refuse what does not fit; `read.py` brings a file in, `rules.py` applies the
rules, `quantities.py` measures.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resistype._renamed import renamed
from resistype.scheme.rules import Condition, parse_condition
from resistype.text import word

ABSTENTIONS = ("indeterminate", "not_assessable")
REPEATS = 50  # ours, where a scheme does not say

QuantityKind = Literal[
    "score",
    "mean_log2",
    "level",
    "change",
    "raw_change",
    "fraction_up",
    "fraction_down",
    "random_p",
    "residual",
    "residual_sd",
    "percentile",
    "difference",
    "measured",
    "at_floor",
    "silent",
    "detected",
    "gene",
    "other_genes",
    "from_median",
    "from_fence",
    "outside_fences",
    "residual_fenced",
    "residual_fenced_sd",
    "dna_events",
    "number",
    "ratio",
    "mark",
    "system",
    "other_batch",
    "at_progression",
]
Kind = Literal["pre", "on_treatment", "progression", "after_stop", "unknown"]
Unit = Literal["sample", "patient", "cell", "region"]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Threshold(_Model):
    """One cut-off, with where it comes from."""

    value: float = Field(allow_inf_nan=False)
    source: Literal["published", "ours"]
    text: str = Field(min_length=1)
    citation: str = ""
    doi: str = ""

    @model_validator(mode="after")
    def _published_has_a_citation(self) -> Threshold:
        if self.source == "published" and not (self.citation or self.doi):
            message = "a published threshold needs 'citation' or 'doi'"
            raise ValueError(message)
        return self


class Quantity(_Model):
    """One number measured for every sample; `kind` says how, the other fields of what."""

    kind: QuantityKind
    title: str
    unit: str
    signature: str = ""
    gene: str = ""
    of: str = ""
    minus: str = ""
    on: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    input: str = ""
    parts: tuple[str, ...] = ()
    method: str = "ssgsea"

    @property
    def needs(self) -> tuple[str, ...]:
        """Quantities that must be measured before this one."""
        return tuple(name for name in (self.of, self.minus, *self.on, *self.covariates) if name)

    @property
    def line(self) -> str:
        """Name of the regression behind a residual."""
        return f"{self.of} ~ {' + '.join(self.on)}"

    @property
    def lines(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Names and terms of the regressions that can stand behind a residual, the fullest
        first.
        """
        plain = (self.line, self.on)
        if not self.covariates:
            return (plain,)
        terms = (*self.on, *self.covariates)
        return ((f"{self.of} ~ {' + '.join(terms)}", terms), plain)


class Input(_Model):
    """A column of the samples table that the scheme can use."""

    column: str
    required: bool = False
    text: str


class Words(_Model):
    """How a call is printed: a word for tables, a sentence, and its part of a headline."""

    word: str = ""
    text: str
    headline: str = ""


class Label(_Model):
    """A call that an axis may give, what it means, and words and limits by kind of time point."""

    text: str
    headline: str = ""
    needs_baseline: bool = False
    by_kind: dict[Kind, Words] = {}
    only_at: tuple[Kind, ...] = ()


class KindOfTimePoint(_Model):
    """What a profile is called, also where the clinical phenotype is acquired, and its caveat."""

    heading: str
    heading_acquired: str = ""
    caveat: str = ""


class Rule(_Model):
    """If all conditions hold, this is the call. The first rule that holds decides."""

    call: str
    when: tuple[str, ...]
    reason: str = ""
    detail: str = ""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions, parsed."""
        return tuple(parse_condition(text) for text in self.when)


class Axis(_Model):
    """One question, its possible calls, its thresholds and its rules in order."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    title: str
    labels: dict[str, Label]
    thresholds: dict[str, Threshold] = {}
    rules: tuple[Rule, ...]
    level: Unit = "sample"
    evidence: tuple[str, ...] = ()
    otherwise: str
    otherwise_call: str = "indeterminate"

    def words(self, call: str, kinds: Iterable[Any] = ()) -> Words:
        """How a call is printed for samples of these kinds of time points."""
        label = self.labels.get(call)
        if label is None:
            return Words(word=word(call), text=word(call))
        plain = Words(word=word(call), text=label.text, headline=label.headline)
        each = [label.by_kind.get(kind, plain) for kind in kinds] or [plain]
        rows = ((one.word or word(call), one.text, one.headline) for one in each)
        said = (" / ".join(dict.fromkeys(filter(None, p))) for p in zip(*rows, strict=True))
        return Words(**dict(zip(("word", "text", "headline"), said, strict=True)))

    @property
    def quantities(self) -> tuple[str, ...]:
        """Quantities that the rules look at, then those only shown, each once."""
        used = [c.subject for rule in self.rules for c in rule.conditions if c.kind != "call"]
        return tuple(dict.fromkeys([*used, *self.evidence]))


class StabilityPlan(_Model):
    """How the firmness of a call is measured."""

    minimum: Threshold
    repeats: int = Field(default=100, ge=10, le=1000)
    leave_out: float = Field(default=0.1, gt=0.0, lt=0.5)
    methods: tuple[str, ...] = ()


class CaveatRule(_Model):
    """A caveat printed for a sample when all its conditions hold (always, when it has none)."""

    code: str
    when: tuple[str, ...] = ()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions, parsed."""
        return tuple(parse_condition(text) for text in self.when)


@renamed({"one_sided": "cohort_shift", "line_shift": "line_offset"})
class Scheme(_Model):
    """A classification scheme: data only.

    Attributes
    ----------
    id, version, title, summary
        Name and description.
    quantities
        What is measured for every sample, by name.
    axes
        What is called, in order; a rule may look at the call of an earlier axis.
    caveats
        What must be printed beside the calls.
    system
        The code that measures: ``bulk``, or a system of cells or tissue.
    level
        What is called: a sample, a patient, a cell or a region; an axis may say another.
    scope
        What the scheme stands on, and what it does not say.
    forbidden_words
        Words that no output of this scheme may hold.
    states
        For systems: which names of states count as what.
    signature_choices
        For systems: what is scored, and the signatures to use; the first that is in the library is
        used.
    parameters
        Numbers of the measurement; they cannot be moved in a view, because moving one would change
        what is measured.

    Examples
    --------
    >>> from resistype.scheme import load_scheme
    >>> scheme = load_scheme("acquired_resistance")
    >>> scheme.axis("antigen_presentation").thresholds["defect"].source
    'ours'
    """

    format: Literal["resistype-scheme"]
    format_version: Literal[1, 2]
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")
    version: str
    title: str
    system: str = "bulk"
    level: Unit = "sample"
    context: str
    summary: str
    citation: str
    doi: str = ""
    scope: str
    forbidden_words: tuple[str, ...] = ()
    seed: int = 0
    random_sets: int = Field(default=500, ge=99, le=10_000)
    forbidden_without_baseline: tuple[str, ...] = ()
    inputs: dict[str, Input] = {}
    states: dict[str, tuple[str, ...]] = {}
    signature_choices: dict[str, tuple[str, ...]] = {}
    parameters: dict[str, Threshold] = {}
    quantities: dict[str, Quantity]
    axes: tuple[Axis, ...]
    stability: StabilityPlan | None = None
    anchor: str = ""
    anchor_quantity: str = ""
    cohort_shift: Threshold | None = None
    line_offset: Threshold | None = None
    caveats: tuple[CaveatRule, ...] = ()
    timepoint_kinds: dict[Kind, KindOfTimePoint] = {}
    method: str = "ssgsea"

    @model_validator(mode="before")
    @classmethod
    def _axes_have_the_level_of_the_scheme(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("axes"), list | tuple):
            return data
        level = data.get("level", "sample")
        axes = [
            {"level": level, **axis} if isinstance(axis, dict) else axis for axis in data["axes"]
        ]
        return {**data, "axes": axes}

    def axis(self, name: str) -> Axis:
        """The axis of that id; KeyError when there is none."""
        for axis in self.axes:
            if axis.id == name:
                return axis
        raise KeyError(name)

    @property
    def content_hash(self) -> str:
        """SHA-256, in hexadecimal, of all that the scheme says: an edited scheme that kept its
        version shows.
        """
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    @property
    def signatures(self) -> tuple[str, ...]:
        """Ids of every signature that the scheme scores, each once."""
        own = [q.signature for q in self.quantities.values() if q.signature]
        return tuple(dict.fromkeys([*own, *(ids[-1] for ids in self.signature_choices.values())]))

    def to_toml(self) -> str:
        """The scheme as TOML text; reading it gives the scheme again.

        Examples
        --------
        >>> from resistype.scheme import load_scheme
        >>> load_scheme("tex_psr").to_toml().splitlines()[:2]
        ['format = "resistype-scheme"', 'format_version = 2']
        """
        data = self.model_dump(mode="json", exclude_defaults=True)
        fixed = {"format": self.format, "format_version": 2, "system": self.system}
        data["axes"] = [
            {**one, "level": axis.level} for one, axis in zip(data["axes"], self.axes, strict=True)
        ]
        return _toml_text(fixed | {name: one for name, one in data.items() if name not in fixed})

    @property
    def ref(self) -> str:
        """``id@version``."""
        return f"{self.id}@{self.version}"

    @property
    def patient_axes(self) -> tuple[Axis, ...]:
        """Axes that call patients."""
        return self.of("patient").axes

    def of(self, unit: Unit) -> Scheme:
        """The scheme with the axes of one unit only."""
        return self.model_copy(
            update={"axes": tuple(axis for axis in self.axes if axis.level == unit)}
        )

    def cut(self, name: str) -> float:
        """Value of a parameter of the scheme."""
        return self.parameters[name].value

    @property
    def repeats(self) -> int:
        """How often a system measures its units anew, and where there is nothing to find."""
        return self.stability.repeats if self.stability is not None else REPEATS

    def whole(self, part: Scheme) -> Scheme:
        """The scheme with the axes of `part` (those of one level, with moved thresholds) in
        their place.
        """
        own = {axis.id: axis for axis in part.axes}
        axes = tuple(own.get(axis.id, axis) for axis in self.axes)
        return self.model_copy(update={"version": part.version, "axes": axes})

    def threshold_rows(self) -> list[dict[str, Any]]:
        """Every threshold with its source, for the record of a run."""
        own = [("", name, one) for name, one in self.parameters.items()]
        own += [(axis.id, name, one) for axis in self.axes for name, one in axis.thresholds.items()]
        return [{"axis": axis, "name": name, **one.model_dump()} for axis, name, one in own]

    def thresholds_of(self, axis: str) -> dict[str, float]:
        """Values of the thresholds that the rules of an axis may name."""
        own = {name: t.value for name, t in self.axis(axis).thresholds.items()}
        return {name: t.value for name, t in self.parameters.items()} | own

    def order(self) -> tuple[str, ...]:
        """Quantities in an order in which each comes after those it is made of."""
        done: dict[str, None] = {}
        waiting = list(self.quantities)
        while waiting:
            ready = [
                name
                for name in waiting
                if all(need in done for need in self.quantities[name].needs)
            ]
            if not ready:
                message = (
                    "quantities that wait for each other or for something unknown:"
                    f" {', '.join(waiting)}"
                )
                raise ValueError(message)
            done.update(dict.fromkeys(ready))
            waiting = [name for name in waiting if name not in done]
        return tuple(done)


# Colours by category: the same name has the same colour in every view, whatever is shown or came
# first.

OKABE_ITO = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
NO_DATA = "no data"
GREYS = {"not_assessable": "#BDBDBD", "indeterminate": "#8C8C8C", NO_DATA: "#DDDDDD"}
_DIGITS = re.compile(r"(\d+)")
_TONES = (0.0, 0.45, -0.4, 0.7, -0.65)


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Key that sorts as people read: P2 before P10.

    Examples
    --------
    >>> sorted(["P10", "P2"], key=natural)
    ['P2', 'P10']
    """
    parts = _DIGITS.split(name[:200])
    return tuple((0, int(p), p) if p.isdecimal() and p.isascii() else (1, 0, p) for p in parts)


def axis_colors(axis: Axis) -> dict[str, str]:
    """Colour of every call that an axis may give.

    Examples
    --------
    >>> from resistype.scheme import load_scheme
    >>> axis_colors(load_scheme("acquired_resistance").axis("dysfunction"))["present"]
    '#E69F00'
    """
    return {name: _hue(number) for number, name in enumerate(axis.labels)} | {
        name: color for name, color in GREYS.items() if name != NO_DATA
    }


def category_colors(
    names: Iterable[str], *, fixed: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Colour of every category of a column; the order in which the names are given does not matter.

    Examples
    --------
    >>> category_colors(["On", "Pre"]) == category_colors(["Pre", "On", "Pre"])
    True
    """
    given = dict(fixed or {})
    known = sorted({name for name in names if name and name not in GREYS}, key=natural)
    colors = {name: given.get(name, _hue(number)) for number, name in enumerate(known)}
    return colors | {"": GREYS[NO_DATA]} | GREYS


def _hue(number: int) -> str:
    tone = _TONES[number // len(OKABE_ITO) % len(_TONES)]
    return _toned(OKABE_ITO[number % len(OKABE_ITO)], tone)


def _toned(color: str, tone: float) -> str:
    channels = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    target = 255 if tone > 0 else 0
    return "#" + "".join(f"{round(c + (target - c) * abs(tone)):02X}" for c in channels)


def _toml_text(data: Mapping[str, Any]) -> str:
    """Plain values as TOML: words and numbers first, then tables, then tables in rows."""
    return "\n".join(_table(data, ())) + "\n"


def _table(data: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    plain = {k: v for k, v in data.items() if not isinstance(v, Mapping) and not _rows(v)}
    yield from (f"{_key(k)} = {_value(v)}" for k, v in plain.items() if v is not None)
    for key, value in data.items():
        here = (*path, _key(key))
        if isinstance(value, Mapping):
            yield from ("", f"[{'.'.join(here)}]", *_table(value, here))
        elif _rows(value):
            for row in value:
                yield from ("", f"[[{'.'.join(here)}]]", *_table(row, here))


def _rows(value: Any) -> bool:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return is_list and bool(value) and isinstance(value[0], Mapping)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(one) for one in value)}]"
    return repr(value)


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _value(key)
