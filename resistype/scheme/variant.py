"""Variants of a run: the same scheme with its scores by another method, or with other lists under
the same names.

A variant is for asking what a call rests on. It is marked in the scheme's version
(``1.0.0+singscore``), so that every output names it and no reference that was fitted for another
scale is taken for it without a word.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from resistype.errors import CohortWarning, ReferenceDataError, SchemeError, warn
from resistype.genes import GeneIndex
from resistype.library import Library, load_library
from resistype.scheme.profile import METHODS
from resistype.scheme.read import list_schemes, load_scheme
from resistype.scheme.reference import Reference, find_reference
from resistype.scheme.scheme import Scheme
from resistype.score import get_method


def marked(scheme: Scheme, mark: str) -> Scheme:
    """The scheme with a mark in its version: ``1.0.0`` becomes ``1.0.0+moved``; a mark stands
    there once.
    """
    base, _, marks = scheme.version.partition("+")
    kept = dict.fromkeys([*filter(None, marks.split(".")), mark])
    return scheme.model_copy(update={"version": f"{base}+{'.'.join(kept)}"})


def with_threshold(scheme: Scheme, axis: str, name: str, *, value: float) -> Scheme:
    """The scheme with one threshold moved, which is ours then, and marked; as it is where
    nothing moves.
    """
    old = scheme.axis(axis).thresholds[name]
    if old.value == value:
        return scheme
    text = f"{old.text} (moved from {old.value:g})"
    new = old.model_copy(
        update={"value": value, "source": "ours", "text": text, "citation": "", "doi": ""}
    )
    axes = tuple(
        (
            one.model_copy(update={"thresholds": {**one.thresholds, name: new}})
            if one.id == axis
            else one
        )
        for one in scheme.axes
    )
    return marked(scheme.model_copy(update={"axes": axes}), "moved")


def _method_of(scheme: Scheme) -> tuple[str, str]:
    """Version without marks, and the mark that names a scoring method; moved thresholds change
    no score.
    """
    base, _, marks = scheme.version.partition("+")
    return base, next((mark for mark in marks.split(".") if mark != "moved"), "")


def by_method(scheme: Scheme, method: str | None) -> Scheme:
    """The scheme with every score taken by another method; its version says so.

    Examples
    --------
    >>> from resistype.scheme import load_scheme
    >>> by_method(load_scheme("acquired_resistance"), "singscore").version
    '1.1.0+singscore'
    """
    if method is None:
        return scheme
    scored = [name for name, quantity in scheme.quantities.items() if quantity.kind == "score"]
    if not scored:
        message = (
            f"Scheme {scheme.id!r} takes no scores of signatures, so method={method!r} would change"
            " nothing."
        )
        raise SchemeError(message, code="S141")
    get_method(method)
    if all(scheme.quantities[name].method == method for name in scored):
        return scheme
    changed = {
        name: scheme.quantities[name].model_copy(update={"method": method}) for name in scored
    }
    return marked(
        scheme.model_copy(update={"quantities": {**scheme.quantities, **changed}}), method
    )


def merged_library(own: Library | None) -> Library:
    """The shipped library with the signatures of another one in the place of those of the same
    id.
    """
    shipped = load_library()
    if own is None:
        return shipped
    kept = [signature for signature in shipped.values() if signature.id not in own]
    return Library([*kept, *own.values()], source=f"{shipped.source} with {own.source}")


def reference_for(reference: Reference, scheme: Scheme, library: Library) -> Reference:
    """A frozen reference on the scale of a variant of its scheme."""
    other = _other_lists(reference, scheme, library)
    if other:
        message = (
            f"Reference {reference.name!r} was scored with other lists of {', '.join(other)} than"
            " the library in use. Fit it again with these (resistype.fit_reference), or leave"
            " reference= out."
        )
        raise ReferenceDataError(message, code="R107")
    base, method = _method_of(scheme)
    if reference.tumours is not None and reference.scheme == f"{scheme.id}@{base}":
        if method and method not in METHODS:
            return reference  # the check of the scheme follows where the reference is used
        rates = reference.base_rates.iloc[:0] if method else _kept_rates(reference, scheme)
        moved = scheme.version != base
        return replace(reference, scheme=scheme.ref, base_rates=rates) if moved else reference
    if (
        not method and scheme.version != base and reference.scheme == f"{scheme.id}@{base}"
    ):  # moved thresholds only
        return replace(reference, scheme=scheme.ref, base_rates=_kept_rates(reference, scheme))
    if not method or reference.scheme != f"{scheme.id}@{base}":
        return reference  # the check of the scheme follows where the reference is used
    names = [
        name
        for name, q in scheme.quantities.items()
        if q.kind == "score" and name in reference.values
    ]
    if any(f"{name}@{method}" not in reference.values for name in names):
        return reference
    values = {**reference.values, **{name: reference.values[f"{name}@{method}"] for name in names}}
    fresh = replace(reference, values=values, scheme=f"{scheme.id}@{scheme.version}")
    return replace(
        fresh, base_rates=reference.base_rates.iloc[:0]
    )  # they were counted with the scheme's own scores


def _kept_rates(reference: Reference, scheme: Scheme) -> pd.DataFrame:
    """Base rates of the axes that no moved threshold enters; the others were counted with other
    rules.

    Those of a level are counted again in the genes of the data; those of a change are not, because
    no reference keeps the random sets.
    """
    shipped = load_scheme(scheme.id) if scheme.id in list_schemes() else None
    if shipped is None or shipped.version != scheme.version.partition("+")[0]:
        return reference.base_rates.iloc[:0]
    same: set[str] = set()
    for axis in scheme.axes:
        looked_at = {c.subject for rule in axis.rules for c in rule.conditions if c.kind == "call"}
        if axis in shipped.axes and looked_at <= same:
            same.add(axis.id)
    return reference.base_rates[reference.base_rates["axis"].isin(same)]


def _other_lists(reference: Reference, scheme: Scheme, library: Library) -> list[str]:
    """Signatures whose genes in the universe of the reference are not those that it keeps
    figures of.
    """
    if all(library[name] is load_library()[name] for name in scheme.signatures):
        return []
    inside = reference.universe
    universe = GeneIndex(inside)
    found = []
    for name in scheme.signatures:
        wanted = library[name].genes
        columns = universe.match(wanted).columns
        genes = {inside[column] for column in columns[columns >= 0].tolist()}
        kept = reference.genes_of.get(name)
        theirs = universe.match(kept.genes).columns.tolist() if kept is not None else None
        if theirs is not None and {inside[column] for column in theirs} != genes:
            found.append(name)
    return found


def anchor_for(name: str, scheme: Scheme, library: Library) -> Reference | None:
    """The anchor of that name on the scale of a variant; None without a name, or where it has no
    such scores.
    """
    if not name:
        return None
    anchor = find_reference(name)
    method = _method_of(scheme)[1]
    try:
        fitted = reference_for(anchor, scheme, library)
    except ReferenceDataError:
        fitted = None
    if fitted is None or (method and fitted is anchor):
        message = (
            f"The anchor {anchor.name!r} has no scores like these ({method or 'other lists'}):"
            " whether the cohort is shifted is not known. Give a reference fitted for this"
            " variant."
        )
        warn(message, CohortWarning, code="W306", stacklevel=6)
        return None
    return fitted
