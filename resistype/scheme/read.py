"""Schemes from files: found by name, read, checked; all complaints at once.

`load_scheme("acquired_resistance")` looks in the shipped folder, a path is read from disk. `check_scheme` says
everything that is wrong with a file: what does not fit the model, and what fits but cannot work (unknown
signatures, quantities and thresholds, labels that no rule reaches, thresholds that no rule uses).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from resistype.errors import SchemeError, complain
from resistype.resources import signatures_dir
from resistype.scheme.caveats import CAVEATS
from resistype.scheme.rules import parse_condition
from resistype.scheme.scheme import ABSTENTIONS, SYSTEMS, Axis, Scheme
from resistype.strict import RefusedError, read_toml

__all__ = ["check_scheme", "list_schemes", "load_scheme", "scheme_as_json", "upgrade"]

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
        S101 for an unknown name, S102 for a file that cannot be read, S103 with every complaint about its content.

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
            f"There is no scheme {str(scheme)!r}. Shipped: {', '.join(shipped)}. Or give the path of a .toml file."
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


def upgrade(data: dict[str, Any]) -> dict[str, Any]:
    """A file of an older format as one of today; what is wrong with it is left for the model to say.

    The scheme of cells (format 1) had axes of samples and of patients in two tables, and no word of its system.
    Thresholds of the whole scheme that rules of an axis look at go to the axis, where they can be moved; those that
    begin with ``min_`` are parameters of the measurement, and stay.
    """
    if data.get("format") != "resistype-cell-scheme" or data.get("format_version") != 1:
        return data
    new = {**data, "format": "resistype-scheme", "format_version": 2, "candidates": data.get("signatures", {})}
    new["system"] = data["id"] if data.get("id") in SYSTEMS else ""
    new["method"] = data.get("method", "ucell")
    axes = [("sample", one) for one in data.get("axes", ())] + [
        ("patient", one) for one in data.get("patient_axes", ())
    ]
    new["axes"] = [_local({"unit": unit, **one}, data.get("thresholds", {})) for unit, one in axes]
    new["quantities"] = {name: {"kind": "system", **one} for name, one in data.get("quantities", {}).items()}
    return {name: one for name, one in new.items() if name not in ("signatures", "patient_axes")}


def _local(axis: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    used = {
        word.lstrip("-") for rule in axis.get("rules", ()) for line in rule.get("when", ()) for word in line.split()
    }
    own = {name: one for name, one in shared.items() if name in used and not name.startswith("min_")}
    return {**axis, "thresholds": {**own, **axis.get("thresholds", {})}}


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
        yield from _rules(scheme, axis, {one.id for one in scheme.axes if one.id in earlier and one.unit == axis.unit})
        yield from _reach(axis)
        yield from (f"{where}.evidence: unknown quantity {q!r}" for q in axis.evidence if q not in scheme.quantities)
        if axis.id in earlier:
            yield f"{where}: two axes have this id"
        earlier.add(axis.id)
    for caveat in scheme.caveats:
        if caveat.code not in CAVEATS:
            yield f"caveats: unknown code {caveat.code!r}"
        elif "{" in CAVEATS[caveat.code]:
            yield f"caveats: the text of {caveat.code} has gaps that only the classifier fills; name another code"
        names = set(scheme.thresholds)
        yield from _conditions(scheme, f"caveats.{caveat.code}", caveat.when, names, earlier)


def _system(scheme: Scheme) -> Iterable[str]:
    """An unknown system; none at all is a file of format 1, which says nothing of it and can still be applied."""
    if scheme.system and scheme.system not in SYSTEMS:
        yield f"system: {scheme.system!r} is none of {', '.join(SYSTEMS)}"


def _rules(scheme: Scheme, axis: Axis, earlier: set[str]) -> Iterable[str]:
    names = set(axis.thresholds) | set(scheme.thresholds)
    for number, rule in enumerate(axis.rules, 1):
        where = f"axes.{axis.id}.rules[{number}]"
        if rule.call not in axis.labels and rule.call not in ABSTENTIONS:
            yield f"{where}: call {rule.call!r} is neither a label of the axis nor one of {', '.join(ABSTENTIONS)}"
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
                yield f"{where}: {line!r} looks at axis {condition.subject!r}, which is not an earlier axis"
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
    complaints = [f"quantities: unknown signature {name!r}" for name in dict.fromkeys(named) if name not in known]
    complaints += [
        f"candidates.{name}: none of {', '.join(ids)} is in the library"
        for name, ids in loaded.candidates.items()
        if known.isdisjoint(ids)
    ]
    if loaded.system not in SYSTEMS:
        complaints.append(f"system: {loaded.system!r} is none of {', '.join(SYSTEMS)}")
    try:
        loaded.order()
    except ValueError as error:
        complaints.append(f"quantities: {error}")
    return complaints


def scheme_as_json(scheme: Scheme) -> dict[str, Any]:
    """The scheme as plain JSON values, for run.json and for widgets."""
    return scheme.model_dump(mode="json")
