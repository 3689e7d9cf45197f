"""Schemes from files: found by name, read, checked; all complaints at once.

`load_scheme("acquired_resistance")` looks in the shipped folder, a path is read from disk.
`check_scheme` says everything that is wrong with a file: what does not fit the model, and what fits
but cannot work (unknown signatures, quantities and thresholds, labels that no rule reaches,
thresholds that no rule uses).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from resistype.errors import SchemeError, complain
from resistype.resources import signatures_dir
from resistype.safe.toml import RefusedError, read_toml
from resistype.scheme.caveats import CAVEATS
from resistype.scheme.known import OLD_QUANTITIES, SYSTEMS
from resistype.scheme.rules import parse_condition
from resistype.scheme.scheme import ABSTENTIONS, Axis, Scheme

_MAX_BYTES = 1_000_000


def list_schemes() -> dict[str, Path]:
    """Shipped schemes: name and file.

    Examples
    --------
    >>> "acquired_resistance" in list_schemes()
    True
    """
    return {path.stem: path for path in sorted((signatures_dir() / "schemes").rglob("*.toml"))}


def load_scheme(scheme: str | Path | Scheme) -> Scheme:
    """Load a scheme by its shipped name or from a TOML file.

    Parameters
    ----------
    scheme
        Name of a shipped scheme, path of a TOML file, or a `Scheme` (returned as it is).

    Returns
    -------
    Scheme

    Raises
    ------
    SchemeError
        S101 for an unknown name, S102 for a file that cannot be read, S103 with every complaint
        about its content.

    Examples
    --------
    >>> load_scheme("acquired_resistance").axes[0].id
    'ifng'
    """
    if isinstance(scheme, Scheme):
        return scheme
    shipped = list_schemes()
    if str(scheme) in shipped:
        return _load(shipped[str(scheme)])
    path = Path(scheme)
    if path.suffix != ".toml":
        message = (
            f"There is no scheme {str(scheme)!r}. Shipped: {', '.join(shipped)}. Or give the path"
            " of a .toml file."
        )
        raise SchemeError(message, code="S101")
    if not path.is_file():
        message = f"There is no scheme file {str(path)!r}."
        raise SchemeError(message, code="S101")
    return _load(path)


@lru_cache(maxsize=16)
def _parsed(text: str, subject: str) -> Scheme:
    try:
        data = read_toml(text, finite=True)
    except RefusedError as error:
        message = f"{subject} is not valid TOML: {error}"
        raise SchemeError(message, code="S102") from None
    try:
        scheme = Scheme.model_validate(upgrade(data))
    except ValidationError as error:
        complain(_plain(error), SchemeError, code="S103", subject=subject)
        raise
    complain(list(_wiring(scheme)), SchemeError, code="S103", subject=subject)
    return scheme


_COHORT_SHIFT = {
    "value": 0.8,
    "source": "ours",
    "text": "fraction of a cohort on one side of the median of a comparable reference from which"
    " its own ranks mean nothing",
}
_OLD_NAMES = re.compile(rf"\b({'|'.join(OLD_QUANTITIES)})\b")
_OLD_WORDS = {
    "claim": "scope",
    "never": "forbidden_words",
    "candidates": "signature_choices",
    "signatures": "signature_choices",
    "thresholds": "parameters",
    "line_shift": "line_offset",
}


def upgrade(data: dict[str, Any]) -> dict[str, Any]:
    """A file of an older format as one of today; what is wrong with it is left for the model to
    say.

    The scheme of cells (format 1) had axes of samples and of patients in two tables, and no word of
    its system. Thresholds of the whole scheme that rules of an axis look at go to the axis, where
    they can be moved; those that begin with ``min_`` are parameters of the measurement, and stay.
    """
    data = {
        name: _renamed(one) if name in ("quantities", "axes", "patient_axes", "caveats") else one
        for name, one in data.items()
    }
    of_cells = data.get("format") == "resistype-cell-scheme" and data.get("format_version") == 1
    if not of_cells and data.get("format_version") not in (1, 2):
        return data
    new = {_OLD_WORDS.get(name, name): one for name, one in data.items()}
    if data.get("format_version") == 1:
        new.pop("unit", None)  # free words, printed nowhere
    if "one_sided" in new:  # an SD of unlike data; today a fraction on one side of a median
        del new["one_sided"]
        new.setdefault("cohort_shift", _COHORT_SHIFT)
    new["axes"] = [_level(one) for one in data.get("axes", ())] if "axes" in data else []
    if of_cells:
        new = _of_cells(new)
    elif "axes" not in data:
        del new["axes"]
    return new


def _renamed(part: Any) -> Any:
    """A part of a file with the quantities of 0.1 under their names of today."""
    if isinstance(part, dict):
        return {_OLD_NAMES.sub(_new_name, str(name)): _renamed(one) for name, one in part.items()}
    if isinstance(part, list):
        return [_renamed(one) for one in part]
    return _OLD_NAMES.sub(_new_name, part) if isinstance(part, str) else part


def _new_name(name: re.Match[str]) -> str:
    return OLD_QUANTITIES[name[0]]


def _level(axis: Any) -> Any:
    """An axis that says `unit` where it says `level` today."""
    return (
        {("level" if name == "unit" else name): one for name, one in axis.items()}
        if isinstance(axis, dict)
        else axis
    )


def _of_cells(data: dict[str, Any]) -> dict[str, Any]:
    shared = data.get("parameters", {})
    axes = [{"level": "sample", **one} for one in data["axes"]]
    axes += [{"level": "patient", **one} for one in data.get("patient_axes", ())]
    new = {**data, "format": "resistype-scheme", "format_version": 2, "level": "patient"}
    new["system"] = data["id"] if data.get("id") in SYSTEMS else ""
    new["method"] = data.get("method", "ucell")
    new["axes"] = [_local(one, shared) for one in axes]
    moved = {name for axis in new["axes"] for name in axis["thresholds"]}
    kept = _words(data.get("caveats", ()))
    new["parameters"] = {
        name: one for name, one in shared.items() if name not in moved or name in kept
    }
    new["quantities"] = {
        name: {"kind": "system", **one} for name, one in data.get("quantities", {}).items()
    }
    return {name: one for name, one in new.items() if name != "patient_axes"}


def _local(axis: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    used = _words(axis.get("rules", ()))
    own = {
        name: one for name, one in shared.items() if name in used and not name.startswith("min_")
    }
    return {**axis, "thresholds": {**own, **axis.get("thresholds", {})}}


def _words(rules: Iterable[dict[str, Any]]) -> set[str]:
    return {
        word.lstrip("-") for rule in rules for line in rule.get("when", ()) for word in line.split()
    }


def _load(path: Path) -> Scheme:
    subject = f"Scheme {path.name}"
    try:
        size = path.stat().st_size
        text = path.read_text(encoding="utf-8") if size <= _MAX_BYTES else None
    except (OSError, UnicodeDecodeError) as error:
        message = f"{subject} cannot be read: {error}"
        raise SchemeError(message, code="S102") from None
    if text is None:
        message = f"{subject} has {size:,} bytes; a scheme has at most {_MAX_BYTES:,}."
        raise SchemeError(message, code="S102")
    return _parsed(text, subject)


def _plain(error: ValidationError) -> list[str]:
    lines = []
    for item in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in item["loc"])
        lines.append(f"{place or 'file'}: {item['msg'].removeprefix('Value error, ')}")
    return lines


def _wiring(scheme: Scheme) -> Iterable[str]:
    for name, quantity in scheme.quantities.items():
        for need in quantity.needs:
            if need not in scheme.quantities:
                yield f"quantities.{name}: unknown quantity {need!r}"
        for given in (quantity.input, *quantity.parts):
            if given and given not in scheme.inputs:
                yield f"quantities.{name}: unknown input {given!r}"
    if scheme.anchor_quantity and scheme.anchor_quantity not in scheme.quantities:
        yield f"anchor_quantity: unknown quantity {scheme.anchor_quantity!r}"
    yield from _system(scheme)
    earlier: set[str] = set()
    for axis in scheme.axes:
        where = f"axes.{axis.id}"
        yield from _rules(
            scheme,
            axis,
            {one.id for one in scheme.axes if one.id in earlier and one.level == axis.level},
        )
        yield from _reach(axis)
        yield from (
            f"{where}.evidence: unknown quantity {q!r}"
            for q in axis.evidence
            if q not in scheme.quantities
        )
        if axis.id in earlier:
            yield f"{where}: two axes have this id"
        earlier.add(axis.id)
    for caveat in scheme.caveats:
        if caveat.code not in CAVEATS:
            yield f"caveats: unknown code {caveat.code!r}"
        elif "{" in CAVEATS[caveat.code]:
            yield (
                f"caveats: the text of {caveat.code} has gaps that only the classifier fills; name"
                " another code"
            )
        names = set(scheme.parameters)
        yield from _conditions(scheme, f"caveats.{caveat.code}", caveat.when, names, earlier)


def _system(scheme: Scheme) -> Iterable[str]:
    """What the system does not know or lacks; no system at all is a file of format 1, which can
    still be applied.
    """
    if not scheme.system:
        return
    known = SYSTEMS.get(scheme.system)
    if known is None:
        yield f"system: {scheme.system!r} is none of {', '.join(SYSTEMS)} (S104)"
        return
    for axis in scheme.axes:
        if axis.level not in known.levels:
            yield (
                f"axes.{axis.id}.level: the system {scheme.system} calls"
                f" {' and '.join(known.levels)}, no {axis.level}"
            )
    for name, quantity in scheme.quantities.items():
        if (quantity.kind == "system") != (scheme.system != "bulk"):
            yield (
                f"quantities.{name}: the system {scheme.system} has no quantities of kind"
                f" {quantity.kind!r}"
            )
        elif quantity.kind == "system" and name not in known.quantities:
            yield f"quantities.{name}: the system {scheme.system} does not measure it"
    yield from (
        f"parameters: {n!r} is missing" for n in known.parameters if n not in scheme.parameters
    )
    yield from (
        f"signature_choices: {n!r} is missing"
        for n in known.choices
        if n not in scheme.signature_choices
    )
    yield from (f"states: {n!r} is missing" for n in known.states if n not in scheme.states)
    used = {word.lstrip("-") for line in _lines(scheme) for word in line.split()} | {
        *known.parameters
    }
    for name in scheme.parameters:
        if name not in used and not name.startswith(_OF_FILE):
            yield f"parameters: nothing uses {name!r}"


# numbers of the published gate, shown beside the calls; the gate holds them itself
_OF_FILE = "gate_"


def _lines(scheme: Scheme) -> Iterable[str]:
    yield from (line for axis in scheme.axes for rule in axis.rules for line in rule.when)
    yield from (line for caveat in scheme.caveats for line in caveat.when)


def _rules(scheme: Scheme, axis: Axis, earlier: set[str]) -> Iterable[str]:
    names = set(axis.thresholds) | set(scheme.parameters)
    for number, rule in enumerate(axis.rules, 1):
        where = f"axes.{axis.id}.rules[{number}]"
        if rule.call not in axis.labels and rule.call not in ABSTENTIONS:
            yield (
                f"{where}: call {rule.call!r} is neither a label of the axis nor one of"
                f" {', '.join(ABSTENTIONS)}"
            )
        if rule.detail and rule.detail not in scheme.quantities:
            yield f"{where}: unknown quantity {rule.detail!r}"
        yield from _conditions(scheme, where, rule.when, names, earlier)


def _conditions(
    scheme: Scheme, where: str, lines: Iterable[str], thresholds: set[str], earlier: set[str]
) -> Iterable[str]:
    for line in lines:
        try:
            condition = parse_condition(line)
        except ValueError as error:
            yield f"{where}: {error}"
            continue
        if condition.kind == "call":
            if condition.subject not in earlier:
                yield (
                    f"{where}: {line!r} looks at axis {condition.subject!r}, which is not an"
                    " earlier axis"
                )
            continue
        if condition.subject not in scheme.quantities:
            yield f"{where}: unknown quantity {condition.subject!r}"
        if condition.kind == "compare" and condition.target not in thresholds:
            yield f"{where}: unknown threshold {condition.target!r}"


def _reach(axis: Axis) -> Iterable[str]:
    reached = {rule.call for rule in axis.rules} | {axis.otherwise_call}
    for label in axis.labels:
        if label not in reached:
            yield f"axes.{axis.id}: no rule reaches the label {label!r}"
    used = {word.lstrip("-") for rule in axis.rules for line in rule.when for word in line.split()}
    for name in axis.thresholds:
        if name not in used:
            yield f"axes.{axis.id}: no rule uses the threshold {name!r}"


def check_scheme(scheme: str | Path | Scheme, signatures: Iterable[str]) -> list[str]:
    """Everything that is wrong with a scheme, as plain lines; empty when it is fine.

    Parameters
    ----------
    scheme
        As for `load_scheme`.
    signatures
        Ids that exist in the library.

    Examples
    --------
    >>> check_scheme("acquired_resistance", ["mhc1_core"])[0]
    "quantities: unknown signature 'hallmark_ifng_without_ap'"
    """
    try:
        loaded = load_scheme(scheme)
    except SchemeError as error:
        return error.message.splitlines()
    known = set(signatures)
    named = [q.signature for q in loaded.quantities.values() if q.signature]
    complaints = [
        f"quantities: unknown signature {name!r}"
        for name in dict.fromkeys(named)
        if name not in known
    ]
    complaints += [
        f"signature_choices.{name}: none of {', '.join(ids)} is in the library"
        for name, ids in loaded.signature_choices.items()
        if known.isdisjoint(ids)
    ]
    if loaded.system not in SYSTEMS:
        complaints.append(f"system: {loaded.system!r} is none of {', '.join(SYSTEMS)} (S104)")
    try:
        loaded.order()
    except ValueError as error:
        complaints.append(f"quantities: {error}")
    return complaints


def scheme_as_json(scheme: Scheme) -> dict[str, Any]:
    """The scheme as plain JSON values, for run.json and for widgets."""
    return scheme.model_dump(mode="json")
