"""A draft straight from data: the genes that tell case from every control.

The draft says how it was made (data, comparison, filters, counts), so that whoever reads it can make it again. It is a
proxy by status: a list from one data set is a hypothesis until other data have seen it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from resistype.curation.contrast import METHODS, Contrast, compare, groups_of
from resistype.curation.draft import Drafted, draft
from resistype.curation.fields import Filters
from resistype.curation.tables import filter_text, strongest
from resistype.curation.translate import counterparts
from resistype.errors import InputError, SamplesError
from resistype.expression import Expression, as_expression
from resistype.genes import GeneIndex
from resistype.library.names import near

__all__ = ["Derived", "derive"]

DEFAULT = Filters()


@dataclass(frozen=True)
class Derived(Drafted):
    """A draft from data.

    Parameters
    ----------
    table
        All genes: effect, fdr, detection, and the effect against each control.
    """

    table: pd.DataFrame | None = None


def derive(
    data: Expression | pd.DataFrame | str | Path | Any,
    contrast: Contrast,
    name: str,
    *,
    samples: pd.DataFrame | None = None,
    filters: Filters = DEFAULT,
    fields: Mapping[str, Any] | None = None,
) -> Derived:
    """Draft a signature from case against control.

    Parameters
    ----------
    data
        Expression, (n_obs, n_genes): whatever `as_expression` takes.
    contrast
        Case and controls; a gene must pass against every control.
    name
        Name of the signature.
    samples
        Samples table, indexed by sample; None for the `obs` of the data.
    filters
        Effect, adjusted p-value, detection, number of genes.
    fields
        Other fields of the signature.

    Returns
    -------
    Derived
        The draft, the notes, and the table of all genes.

    Raises
    ------
    SamplesError
        When case or control names nothing or too little (E920, E925).
    SignatureError
        When no gene passes the filters (E212).

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> values = pd.DataFrame(rng.normal(5, 0.2, (8, 3)), columns=["TOX", "B2M", "GAPDH"], index=list("abcdefgh"))
    >>> values.loc[list("abcd"), "TOX"] += 3
    >>> groups = pd.DataFrame({"state": ["late"] * 4 + ["memory"] * 4}, index=values.index)
    >>> derive(values, Contrast(case="state=late", controls=("state=memory",)), "late", samples=groups).signature.up
    ('TOX',)
    """
    expression = as_expression(data)
    _check(contrast)
    table = samples if samples is not None else expression.obs
    groups = groups_of(expression, table, contrast)
    result = compare(groups, expression.genes, contrast, expressed=filters.expressed)
    given = dict(fields or {})
    kept = result[_measured(expression, filters.within)] if filters.within else result
    up, down = strongest(kept, filters)
    sizes = ", ".join(f"{len(rows)} × {name}" for name, rows in zip(groups.names, groups.values, strict=True))
    notes = [f"Compared {contrast}: {sizes}."]
    if filters.within:
        notes.append(f"{len(kept):,} of {len(result):,} genes are among the {len(filters.within):,} of 'within'.")
    source = dict(given.get("source", {}))
    made = [
        source.get("note", ""),
        f"Derived from {_origin(expression)}: {contrast}; {filter_text(filters)}.",
        *notes[1:],
    ]
    source["note"] = " ".join(text for text in made if text)
    source.setdefault("citation", f"derived with resistype from {_origin(expression)}")
    content = {"status": "proxy", **given, "species": given.get("species", expression.index.species), "source": source}
    drafted = draft(name, up, down, fields=content)
    return Derived(drafted.signature, (*notes, *drafted.notes), result)


def _origin(expression: Expression) -> str:
    return Path(expression.source).name if expression.source != "memory" else "a matrix in memory"


def _check(contrast: Contrast) -> None:
    if contrast.method not in METHODS:
        message = f"There is no method '{contrast.method}'. {near(contrast.method, METHODS)}"
        raise InputError(message, code="E607")
    if not contrast.controls:
        raise SamplesError("No control was given. Name at least one: column=value.", code="E920")


def _measured(expression: Expression, within: Sequence[str]) -> Any:
    """Which genes of the matrix another list of names holds, also as orthologs of the other species."""
    other = GeneIndex(list(within))
    names = list(expression.genes)
    if expression.index.species != other.species:
        human = {name: counterparts([name], other.species).get(name, "") for name in names}
        found = other.match([human[name] or name for name in names]).columns
    else:
        found = other.match(names).columns
    return found >= 0
