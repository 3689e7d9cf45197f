"""What the values of a matrix are: named by the user, said by the file, or found from the values.

Sums tell scales apart. TPM of one sample cannot sum to more than a million, whatever its genes;
counts sum to
the depth of the library; logs of the right base, turned back, sum to one total in every sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, cast, get_args, get_type_hints

import numpy as np

from resistype.errors import ExpressionError, complain
from resistype.expression.figures import BACK, Figures, Turned
from resistype.expression.store import is_sparse
from resistype.text import option

Unit = Literal["counts", "cpm", "tpm", "log2", "log2_small_offset", "ln", "scaled", "unknown"]
UNITS: tuple[str, ...] = get_args(Unit)
# What can be named: the units, and scales that are turned into one of them when they are read.
Scale = Literal[Unit, "log10", "log2_counts", "ln_counts", "log10_counts"]
BASES = ("log2", "ln", "log10")
STORED = {"log10": "log2", "expected_counts": "counts"} | dict.fromkeys(
    (f"{base}_counts" for base in BASES), "counts"
)
NAMES = {
    "counts": "raw counts",
    "expected_counts": "expected counts with fractions",
    "cpm": "CPM",
    "tpm": "TPM or CPM",
    "log2": "log2(x + 1)",
    "ln": "natural logs, ln(x + 1)",
    "log10": "log10(x + 1), kept as log2",
    "log2_small_offset": "log2(TPM + 0.001)",
    "log2_counts": "log2(count + 1)",
    "ln_counts": "ln(count + 1)",
    "log10_counts": "log10(count + 1)",
    "scaled": "centred or scaled values",
    "unknown": "values of no unit known here",
}


_WORDS = {"unit": "values"}  # what a field is called where options have other names


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How a matrix is read when the defaults do not fit.

    Parameters
    ----------
    unit
        What the values are. By default it is found from the values, and the finding is kept as a
        note.
    orientation
        ``"auto"``, ``"samples_x_genes"`` or ``"genes_x_samples"``. In a csv, tsv or parquet file
        ``"auto"`` finds the side with known gene names. In memory it expects samples × genes and
        refuses the contrary.
    duplicates
        Genes that occur more than once: ``"error"``, or take their ``"sum"``, ``"mean"``, ``"max"``
        or ``"first"``.
    nan
        ``"error"``, or ``"drop"``: missing values stay, and each sample is ranked over the genes it
        has.
    gene_names
        Column that holds the gene names: of `var` in an AnnData, of the table in a file with genes
        in rows.
    case
        ``"keep"``, or ``"fold"``: gene names are turned into upper case, with a note.
    layer
        Layer of the AnnData or loom file to read, by default `X`; the sheet of a workbook.
    raw
        Read the `.raw` of an AnnData: its matrix and its genes.
    modality
        Modality of a MuData; by default ``rna``, or the only one.
    set_aside
        Columns of a table of genes × samples that are no samples. By default they are found;
        ``"none"`` keeps all.
    allow_scaled
        Accept centred or z-scored values. Ranks of such values within a sample mean little.
    backed
        Leave the values on disk. By default that is done for h5ad, 10x h5 and zarr larger than 256
        MB.

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

    unit: Scale | None = None
    orientation: Literal["auto", "samples_x_genes", "genes_x_samples"] = "auto"
    duplicates: Literal["error", "sum", "mean", "max", "first"] = "error"
    nan: Literal["error", "drop"] = "error"
    gene_names: str | None = None
    case: Literal["keep", "fold"] = "keep"
    layer: str | None = None
    raw: bool = False
    modality: str | None = None
    set_aside: Sequence[str] | str | None = None
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
                complaints.append(
                    f"{option(_WORDS.get(field.name, field.name), value)} is not one of {words}."
                )
        if isinstance(self.set_aside, str):
            names = () if self.set_aside == "none" else (self.set_aside,)
            object.__setattr__(self, "set_aside", names)
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


# What each option is for, under the word of the command line and of a form.
READING = {
    "values": "what the values are: counts, cpm, tpm, log2, ln, log10, log2_counts; by default"
    " found",
    "orientation": "side of the genes: auto, samples_x_genes or genes_x_samples",
    "duplicates": "genes that occur twice: error, sum, mean, max or first",
    "nan": "missing values: error, or drop (rank each sample over the genes it has)",
    "gene_names": "column that names the genes",
    "case": "gene names: keep, or fold into upper case",
    "layer": "layer of an h5ad or loom, sheet of a workbook",
    "raw": "read the .raw of an h5ad",
    "modality": "modality of a MuData",
    "set_aside": "a column that is no sample; repeatable; none keeps all",
    "allow_scaled": "take centred or z-scored values",
}
_FIELDS = {word: field for field, word in _WORDS.items()}


def read_options(words: Mapping[str, Any]) -> ReadOptions:
    """Options from the words of the command line and of a form; unknown words are refused.

    Raises
    ------
    ExpressionError
        E310 when a value is not one of those allowed.
    """
    given = {_FIELDS.get(word, word): value for word, value in words.items()}
    aside = given.pop("set_aside", None)
    if aside:
        given["set_aside"] = "none" if list(aside) == ["none"] else tuple(aside)
    return ReadOptions(**given)


def read_words(options: ReadOptions) -> list[dict[str, Any]]:
    """Each option for a form: its word, what it is for, what it allows, and its value.

    No words are allowed where any text will do, and an empty one means: as it is found. A value is
    a text, a truth, or a list of texts.
    """
    hints = get_type_hints(ReadOptions)
    rows = []
    for word, text in READING.items():
        name = _FIELDS.get(word, word)
        value = getattr(options, name)
        value = "" if value is None else value
        allowed = sorted("" if one is None else one for one in _allowed(hints[name]))
        if name == "set_aside":
            value = [] if options.set_aside is None else list(value) or ["none"]
        rows.append({"name": word, "help": text, "allowed": allowed, "value": value})
    return rows


SMALL_OFFSET_FLOOR = float(np.log2(0.001))
LOG2_OF_10 = float(np.log2(10.0))
MILLION = 1e6
LOG_TOP = 25.0
LINEAR = 100.0
OVER = 1.10  # a sum of TPM may pass a million by rounding only (ours)
EVEN = 1.05  # sums within 5 % are one total (ours)
LEAST_TPM = 0.3  # TPM of the genes that are kept sum to more of a million than this (ours)
WHOLE_GENOME = 5_000  # fewer genes are a panel, whose sums say little (ours)
MOSTLY_WHOLE = (
    0.3  # quantifiers give most genes whole counts; of TPM with a decimal a tenth is whole (ours)
)
COVERAGE = 5e8  # no library of one tumour has so many reads (ours)
NO_ZERO = 1.0  # log2 of arrays, VST and rlog have no zeros


class Verdict(NamedTuple):
    """What the values are, the word that names it, and how it was recognised.
    `scale` is that of the values as they stand; `unit` what they are in an Expression, which holds
    log10 as log2 and logs of counts as counts.
    """

    unit: Unit
    scale: str
    why: str
    more: str = ""

    @property
    def read_as(self) -> str:
        """What the values were read as, how that was recognised, and how to say otherwise."""
        return f"read as {NAMES[self.scale]} ({self.why})"

    @property
    def note(self) -> str:
        """The same as a sentence, with what else is to be known of the values."""
        return " ".join(filter(None, (f"Values are {self.read_as}.", self.more)))


@dataclass(frozen=True)
class Stated:
    """What the file says of its values, beside the numbers themselves."""

    scale: Scale
    by: str


def stated_by_log1p(base: float | None) -> Stated | None:
    """The scale that scanpy's ``log1p`` left, by the base it wrote down; None for another base."""
    bases: dict[float, Scale] = {2.0: "log2", 10.0: "log10"}
    scale: Scale | None = "ln" if base is None else bases.get(base)
    return None if scale is None else Stated(scale, "uns['log1p']")


def _guessed(scale: str, why: str, more: str = "") -> Verdict:
    how = "guessed from" if why.startswith("values") else "recognised by"
    words = f"{how} {why}; {option('values')} says otherwise"
    return Verdict(_stored(scale), scale, words, more)


def _stored(scale: str) -> Unit:
    """The unit of an Expression that was read from values of a scale."""
    unit: Any = STORED.get(scale, scale)
    return cast("Unit", unit)


def _range(low: float, high: float) -> str:
    """Smallest and largest sum of a sample."""
    return f"{low:,.0f}" if f"{low:,.0f}" == f"{high:,.0f}" else f"{low:,.0f}–{high:,.0f}"


def _with_negatives(seen: Figures) -> Verdict:
    span = f"from {seen.low:.2f} to {seen.high:.2f} around a mean of {seen.mean:.2f}"
    if abs(seen.low - SMALL_OFFSET_FLOOR) < 0.01 and seen.high < LOG_TOP:
        why = f"the minimum {seen.low:.3f} = log2(0.001), the largest {seen.high:.1f}"
        return _guessed("log2_small_offset", why, _too_much(seen.turned.get("log2_small_offset")))
    if abs(seen.mean) <= 0.3 * seen.spread:
        return _guessed("scaled", f"values {span}")
    if seen.mean > 0 and seen.high < LOG_TOP:
        why = f"values, some negative as batch correction leaves them, {span}"
        return _guessed("log2", why, "They are kept.")
    return _guessed("unknown", f"values {span}")


def _too_much(sums: Turned | None) -> str:
    """That logs called TPM are none, where their sums turned back say so."""
    if sums is None or sums.high <= OVER * MILLION:
        return ""
    return (
        f"Turned back, samples sum to {_range(sums.low, sums.high)}; TPM cannot pass a million, so"
        " these are"
        " normalised otherwise: compare them with each other, not with TPM of others."
    )


def _per_million(seen: Figures) -> bool:
    return all(abs(total - MILLION) < 0.01 * MILLION for total in (seen.sum_low, seen.sum_high))


def _without_negatives(seen: Figures) -> Verdict:
    if _per_million(seen):
        return _guessed("tpm", "samples that sum to a million each")
    if seen.whole:
        return _counts(seen)
    if seen.high > LINEAR:
        return _linear(seen)
    if 1.01 < seen.high < LOG_TOP:
        return _logs(seen)
    return _guessed("unknown", f"values from {seen.low:.2f} to {seen.high:.2f}")


def _counts(seen: Figures) -> Verdict:
    if seen.sum_low < COVERAGE:
        return _guessed("counts", f"whole numbers, the largest {seen.high:,.0f}")
    more = (
        f"Samples sum to {_range(seen.sum_low, seen.sum_high)}: so many are bases covered, as"
        " recount gives"
        " them, not reads. Each sample is divided by its sum, so the read length does not matter."
    )
    return _guessed("counts", "whole numbers", more)


def _linear(seen: Figures) -> Verdict:
    """Numbers with decimals: TPM, counts that a program of quantification shared out, or others."""
    sums, mostly_whole = _range(seen.sum_low, seen.sum_high), seen.whole_part > MOSTLY_WHOLE
    one_total = seen.sum_low < seen.sum_high <= EVEN * seen.sum_low
    if one_total and seen.sum_high > OVER * MILLION and not mostly_whole:
        more = "They are normalised to one total, which TPM never pass, and are left as they are."
        return _guessed("tpm", f"samples that sum to about {seen.sum_high:,.0f} each", more)
    if mostly_whole or (seen.sum_high > OVER * MILLION and seen.n_genes >= WHOLE_GENOME):
        why = (
            f"{seen.whole_part:.0%} of the values being whole"
            if mostly_whole
            else "sums that TPM, which stay below a million, cannot have"
        )
        more = f"Samples sum to {sums}, and are divided by their sum as counts are."
        return _guessed("expected_counts", why, more)
    more = (
        f"Samples sum to {sums}, not to a million, and are left as they are."
        if seen.sum_high <= OVER * MILLION
        else f"Samples sum to {sums}, which no TPM do; so few genes say no more, and they are left"
        " as they are."
    )
    return _guessed("tpm", f"values with decimals, the largest {seen.high:,.0f}", more)


def _logs(seen: Figures) -> Verdict:
    """The base whose logs, turned back, are counts, or sum to one total, or at least to what TPM
    do.
    """
    turned = {base: sums for base, sums in seen.turned.items() if base in BASES}
    for base, sums in turned.items():
        if sums.counts:
            why = f"whole numbers when turned back, {_range(sums.low, sums.high)} per sample"
            return _guessed(f"{base}_counts", why, "They are taken back to counts.")
    for base, sums in turned.items():
        if sums.even:
            return _guessed(base, f"samples that sum to {sums.high:,.0f} each when turned back")
    like_tpm = {
        base: sums
        for base, sums in turned.items()
        if sums.low >= LEAST_TPM * MILLION and sums.high <= OVER * MILLION
    }
    if like_tpm and seen.n_genes >= WHOLE_GENOME:
        base = min(like_tpm, key=lambda one: like_tpm[one].high / like_tpm[one].low)
        sums = like_tpm[base]
        return _guessed(base, f"samples that sum to {_range(sums.low, sums.high)} when turned back")
    why = f"values from {seen.low:.2f} to {seen.high:.2f}"
    if seen.low > NO_ZERO:
        return _guessed(
            "log2", why, "Nothing is 0: an array, VST or rlog, without an absolute scale."
        )
    more = f"If they are natural logs, say so with {option('values', 'ln')}."
    return _guessed("log2", why, _too_much(turned.get("log2")) or more)


def _against(seen: Figures, unit: str) -> str:
    """What speaks against the unit that the user named; empty when nothing does."""
    if unit.startswith(BASES):
        return _against_logs(seen, unit)
    if unit in {"counts", "cpm", "tpm"} and seen.low < 0:
        return f"are negative in places (lowest {seen.low:.2f})"
    if unit in {"cpm", "tpm"} and seen.whole and seen.sum_high > OVER * MILLION:
        sums = _range(seen.sum_low, seen.sum_high)
        return f"look like raw counts (whole numbers that sum to {sums})"
    if unit == "counts" and not seen.whole and _per_million(seen):
        return "look like TPM (with decimals, every sample sums to a million)"
    if unit in {"counts", "cpm", "tpm"} and not seen.whole:
        return _even_base(seen, "")
    return ""


def _against_logs(seen: Figures, unit: str) -> str:
    if seen.high > LINEAR:
        kind = "raw counts (integers, " if seen.whole else "TPM ("
        return f"look like {kind}max {seen.high:,.0f})"
    if unit == "log2_small_offset":
        low = seen.low < SMALL_OFFSET_FLOOR - 0.01
        return f"go below log2(0.001) (lowest {seen.low:.2f})" if low else ""
    base = unit.removesuffix("_counts")
    if unit != base and not (base in seen.turned and seen.turned[base].counts):
        return f"turned back from {base} are no whole numbers"
    return _even_base(seen, base)


def _even_base(seen: Figures, base: str) -> str:
    """That the values are logs of another base, whose sums turned back are one total."""
    even = [one for one in BASES if one in seen.turned and seen.turned[one].even]
    if even and base not in even:
        total = seen.turned[even[0]].high
        return f"look like {NAMES[even[0]]} (turned back every sample sums to {total:,.0f})"
    return ""


def _against_stated(seen: Figures, stated: Stated) -> str:
    """What speaks against the file's own word; logs of many genes are never all whole."""
    if stated.scale in BASES and seen.whole and seen.high > 1:
        return f"are whole numbers, the largest {seen.high:,.0f}"
    return _against(seen, stated.scale)


def find_unit(seen: Figures, options: ReadOptions, stated: Stated | None = None) -> Verdict:
    """Unit of a matrix: the one named by the user, else that of the file, else the one its figures
    show.
    """
    if options.unit is not None:
        against = _against(seen, options.unit)
        if against:
            message = (
                f"Values {against} but {option('values', options.unit)} was given. Correct it, or"
                " leave it out."
            )
            raise ExpressionError(message, code="E401")
        verdict = Verdict(_stored(options.unit), options.unit, f"given by {option('values')}")
    elif stated is not None and (against := _against_stated(seen, stated)):
        message = (
            f"{stated.by} says {NAMES[stated.scale]}, but the values {against}. One of the two is"
            " wrong: say"
            f" what they are with {option('values')}, or read another matrix of the file."
        )
        raise ExpressionError(message, code="E405")
    elif stated is not None:
        verdict = _guessed(stated.scale, stated.by)
    else:
        verdict = _with_negatives(seen) if seen.low < 0 else _without_negatives(seen)
    if verdict.unit == "scaled" and not options.allow_scaled:
        message = (
            f"Values look centred or scaled (from {seen.low:.2f} to {seen.high:.2f} around a mean"
            f" of {seen.mean:.2f}). Genes of such a sample cannot be ranked against each other."
            f" Give counts, TPM or log2 values, or pass {option('allow_scaled', value=True)}."
        )
        raise ExpressionError(message, code="E402")
    return verdict


def taken_back(values: Any, scale: str) -> Any:
    """Values as an Expression holds them: logs of counts as counts, log10 as log2; others as they
    are.
    """
    if scale == "log10":
        return values * LOG2_OF_10
    base = scale.removesuffix("_counts")
    if base == scale or base not in BACK:
        return values
    if not is_sparse(values):
        return np.rint(BACK[base](values))
    out = values.copy()
    out.data = np.rint(BACK[base](out.data))
    return out
