"""The options of reading, in one frozen object, and the names of the units.

Reading has many choices and each has a safe default; a function with twelve parameters would hide which ones matter.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

from resistype.errors import ExpressionError, complain

__all__ = ["UNITS", "ReadOptions", "Unit"]

Unit = Literal["counts", "cpm", "tpm", "log2", "log2_small_offset", "ln", "scaled", "unknown"]
UNITS: tuple[str, ...] = get_args(Unit)


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How a matrix is read when the defaults do not fit.

    Parameters
    ----------
    unit
        What the values are. By default it is found from the values, and the finding is kept as a note.
    orientation
        ``"auto"``, ``"samples_x_genes"`` or ``"genes_x_samples"``. In a csv, tsv or parquet file ``"auto"`` finds the
        side with known gene names. In memory it expects samples × genes and refuses the contrary.
    duplicates
        Genes that occur more than once: ``"error"``, or take their ``"sum"``, ``"mean"``, ``"max"`` or ``"first"``.
    nan
        ``"error"``, or ``"drop"``: missing values stay, and each sample is ranked over the genes it has.
    gene_names
        Column that holds the gene names: of `var` in an AnnData, of the table in a file with genes in rows.
    case
        ``"keep"``, or ``"fold"``: gene names are turned into upper case, with a note.
    layer
        Layer of the AnnData to read; by default `X`.
    allow_scaled
        Accept centred or z-scored values. Ranks of such values within a sample mean little.
    backed
        Leave the values on disk. By default that is done for h5ad, 10x h5 and zarr larger than 256 MB.

    Raises
    ------
    ExpressionError
        E902 when a value is not one of those allowed.

    Examples
    --------
    >>> from resistype.expression import ReadOptions
    >>> ReadOptions(unit="tpm", duplicates="sum").unit
    'tpm'
    """

    unit: Unit | None = None
    orientation: Literal["auto", "samples_x_genes", "genes_x_samples"] = "auto"
    duplicates: Literal["error", "sum", "mean", "max", "first"] = "error"
    nan: Literal["error", "drop"] = "error"
    gene_names: str | None = None
    case: Literal["keep", "fold"] = "keep"
    layer: str | None = None
    allow_scaled: bool = False
    backed: bool | None = None

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        complaints = []
        for field in fields(self):
            allowed = _allowed(hints[field.name])
            value = getattr(self, field.name)
            if allowed and value not in allowed:
                words = ", ".join(repr(word) for word in allowed if word is not None)
                complaints.append(f"{field.name}={value!r} is not one of {words}.")
        complain(complaints, ExpressionError, code="E310", subject="Options for reading")


def _allowed(hint: Any) -> tuple[Any, ...]:
    """Words that a Literal, or a Literal or None, allows; empty for other types."""
    if Literal[hint] is None:
        return ()
    found: list[Any] = []
    for part in get_args(hint):
        inner = get_args(part)
        if inner:
            found.extend(inner)
        elif isinstance(part, str):
            found.append(part)
        elif part is type(None):
            found.append(None)
    return tuple(found) if any(isinstance(word, str) for word in found) else ()
