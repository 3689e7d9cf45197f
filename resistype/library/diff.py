"""What changed between two versions of a signature: genes, weights, pairs, scoring, provenance, words.

A released version never changes; a changed gene list is a new version. Versions are read as promises about the score:
the first number rises when a score can change (the content hash differs), the second when what is claimed about the
list changes (source, status, axis), the third for words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from resistype.library.signature import Signature

__all__ = ["SignatureDiff", "diff"]

Step = Literal["none", "patch", "minor", "major"]
WORDS = ("name", "description", "compartment", "scoring.note", "source.note")
SHOWN = 10
SHOWN_TEXT = 80
LISTS = ("id", "version", "up", "down", "weights", "pairs", "source", "scoring", "evidence")


@dataclass(frozen=True)
class SignatureDiff:
    """What changed from one signature to another.

    Parameters
    ----------
    old, new
        ``id@version`` of both.
    added, removed
        Genes of the new one only, and of the old one only; a gene down is written ``-GENE``.
    turned
        Genes that went from up to down or back.
    weights
        Genes whose weight changed: old and new weight, None where there was none.
    pairs_added, pairs_removed
        Pairs of the new one only, and of the old one only.
    fields
        Other fields that changed, by dotted name: old and new value.
    same_score
        Whether the content hash is the same, so that scores cannot differ.
    """

    old: str
    new: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    turned: tuple[str, ...] = ()
    weights: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    pairs_added: tuple[tuple[str, str], ...] = ()
    pairs_removed: tuple[tuple[str, str], ...] = ()
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    same_score: bool = True

    @property
    def step(self) -> Step:
        """How far the version has to rise: major, minor, patch or none."""
        if not self.same_score:
            return "major"
        claims = [name for name in self.fields if name not in WORDS]
        return "minor" if claims else "patch" if self.fields else "none"

    def version_problem(self) -> str:
        """Why the new version number does not fit the change; empty when it does."""
        before, after = (_numbers(ref) for ref in (self.old, self.new))
        wanted = {"major": 1, "minor": 2, "patch": 3, "none": 0}[self.step]
        if not wanted or after[:wanted] > before[:wanted]:
            return ""
        why = {"major": "the score can change", "minor": "the claims changed", "patch": "the words changed"}[self.step]
        raised = list(before)
        raised[wanted - 1] += 1
        proposed = ".".join(str(n) for n in [*raised[:wanted], *[0] * (3 - wanted)])
        return f"{why}, so {self.old} must become version {proposed} or later; {self.new} is not"

    def to_json(self) -> dict[str, Any]:
        """The difference as plain values, for machines."""
        return {**asdict(self), "step": self.step, "version_problem": self.version_problem()}

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def diff(old: Signature, new: Signature) -> SignatureDiff:
    """What changed from one signature to another.

    Parameters
    ----------
    old, new
        Two signatures, usually two versions of one.

    Returns
    -------
    SignatureDiff
        Its text tells the change; `step` and `version_problem` what that means for the version.

    Examples
    --------
    >>> from resistype.library import load_library
    >>> library = load_library()
    >>> change = diff(library["texpsr_er_proxy@1.0.0"], library["texpsr_er_proxy"])
    >>> change.added, change.removed, change.step
    (('ERO1A',), ('HSP90AA1', 'HSP90AB1'), 'major')
    """
    before, after = _signed(old), _signed(new)
    kept = [gene for gene in after if gene in before]
    weights_old, weights_new = old.weights or {}, new.weights or {}
    moved = {gene: (weights_old.get(gene), weights_new.get(gene)) for gene in kept}
    pairs_old, pairs_new = old.pairs or (), new.pairs or ()
    return SignatureDiff(
        old=old.ref,
        new=new.ref,
        added=tuple(sign + gene for gene, sign in after.items() if gene not in before),
        removed=tuple(sign + gene for gene, sign in before.items() if gene not in after),
        turned=tuple(gene for gene in kept if before[gene] != after[gene]),
        weights={gene: pair for gene, pair in moved.items() if pair[0] != pair[1]},
        pairs_added=tuple(pair for pair in pairs_new if pair not in pairs_old),
        pairs_removed=tuple(pair for pair in pairs_old if pair not in pairs_new),
        fields=dict(_changed(_flat(old), _flat(new))),
        same_score=old.content_hash == new.content_hash,
    )


def _signed(signature: Signature) -> dict[str, str]:
    return {**dict.fromkeys(signature.up, ""), **dict.fromkeys(signature.down, "-")}


def _flat(signature: Signature) -> dict[str, Any]:
    data = signature.model_dump()
    nested = {f"{key}.{part}": value for key in ("scoring", "source") for part, value in data[key].items()}
    nested |= {f"evidence.{gene}": str(one) for gene, one in signature.evidence.items()}
    return {key: value for key, value in data.items() if key not in LISTS} | nested


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for name in {**old, **new}:  # evidence may stand on one side only
        if old.get(name, "") != new.get(name, ""):
            yield name, (old.get(name, ""), new.get(name, ""))


def _numbers(ref: str) -> tuple[int, ...]:
    return tuple(int(part) for part in ref.partition("@")[2].split("."))


def _lines(change: SignatureDiff) -> Iterator[str]:
    verdict = "the same score" if change.same_score else "scores of the two cannot be compared"
    yield f"{change.old} → {change.new}: {verdict}"
    lists = {"+": change.added, "-": change.removed, "turned": change.turned}
    for sign, genes in lists.items():
        if genes:
            yield f"  {sign} {len(genes)} {'gene' if len(genes) == 1 else 'genes'}: {', '.join(genes)}"
    for gene, (old, new) in list(change.weights.items())[:SHOWN]:
        yield f"  weight of {gene}: {_value(old)} → {_value(new)}"
    if len(change.weights) > SHOWN:
        yield f"  … and {len(change.weights) - SHOWN} more weights"
    for sign, pairs in (("+", change.pairs_added), ("-", change.pairs_removed)):
        if pairs:
            yield f"  {sign} {len(pairs)} pairs: {', '.join(f'{a}>{b}' for a, b in pairs)}"
    for name, (old, new) in change.fields.items():
        yield f"  {name}: {' → '.join(_apart(_text(old), _text(new)))}"
    problem = change.version_problem()
    yield f"  version: {problem}" if problem else f"  version: fits a {change.step} change"


def _value(value: object) -> str:
    return _short(_text(value))


def _text(value: object) -> str:
    if value is None or value in ("", (), {}):
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else f"{text[: SHOWN_TEXT - 1]}…"


def _apart(old: str, new: str) -> tuple[str, str]:
    """Two texts cut so that the place where they part can be seen."""
    pairs = enumerate(zip(old, new, strict=False))
    same = next((place for place, (a, b) in pairs if a != b), min(len(old), len(new)))
    start = max(same - 30, 0) if max(len(old), len(new)) > SHOWN_TEXT else 0
    dots = "…" if start else ""
    return _short(dots + old[start:]), _short(dots + new[start:])
