"""Rules that need the other signatures: the same set twice, weights and pairs that disagree,
swapped names. Codes L3xx.

Sets are compared by approved symbols, so that an old spelling hides nothing. A signature is
compared with the library and with whatever is checked beside it; an older version of itself does
not count.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

from resistype.genes import resolve
from resistype.library.library import evaluate
from resistype.library.rules import Draft, Problem, shared_with_siblings
from resistype.library.signature import Signature

JACCARD, CONTAINED, SMALLEST = 0.8, 0.95, 5
SWAPPED = 0.5
WORD = re.compile(r"[a-z]{3,}[0-9]*")
GENERIC = {
    *(
        "and",
        "cell",
        "cells",
        "core",
        "expanded",
        "from",
        "gene",
        "genes",
        "human",
        "immune",
        "list",
        "lists",
        "mouse",
    ),
    *(
        "ordered",
        "pairs",
        "proxy",
        "published",
        "score",
        "scores",
        "set",
        "short",
        "signature",
        "stand",
        "the",
    ),
    *("weighted", "weights", "with"),
}
NOT_A_LIST = {
    "tide": (
        "TIDE is the correlation of a sample with a vector over all genes; a short list under its"
        " name is another score. Say so in [scoring]."
    ),
}


@dataclass(frozen=True)
class Known:
    """A signature to compare with, from the library or from a file that is checked."""

    key: str
    name: str
    genes: frozenset[str]
    weights: Mapping[str, float] = field(default_factory=dict)
    pairs: frozenset[tuple[str, str]] = frozenset()

    @cached_property
    def words(self) -> frozenset[str]:
        """Words of its id and name that tell it from others."""
        return (
            frozenset(WORD.findall(f"{self.key} {self.name}".lower().replace("_", " "))) - GENERIC
        )


def _approved(names: Sequence[str]) -> dict[str, str]:
    return {item.name: item.symbol or item.name for item in resolve(names)}


def _of_draft(draft: Draft) -> Known:
    names = draft.names()
    today = _approved(names) if draft.species == "human" else {name: name for name in names}
    given = draft.data.get("weights")
    values = given.items() if isinstance(given, dict) else ()
    weights = {str(today.get(gene, gene)): float(value) for gene, value in values if _number(value)}
    pairs = draft.data.get("pairs")
    couples = (
        [tuple(p) for p in pairs if isinstance(p, (list, tuple)) and len(p) == 2] if pairs else []
    )
    texts = frozenset((a, b) for a, b in couples if isinstance(a, str) and isinstance(b, str))
    name = draft.text("name")
    return Known(draft.text("id"), name, frozenset(today.values()), weights, texts)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _of_signature(item: Signature) -> Known:
    return Known(
        item.id, item.name, frozenset(item.genes), item.weights or {}, frozenset(item.pairs or ())
    )


def relations(
    drafts: Sequence[Draft], library: Mapping[str, Signature]
) -> Iterator[tuple[Draft, Problem]]:
    """Problems between each draft, the others and the library."""
    current = [draft for draft in drafts if "@" not in draft.file.rpartition("/")[2]]
    own = [_of_draft(draft) for draft in current]
    known = {key: _of_signature(item) for key, item in library.items()} | {
        one.key: one for one in own
    }
    by_gene: dict[str, set[str]] = defaultdict(set)
    for one in known.values():
        for gene in one.genes:
            by_gene[gene].add(one.key)
    for draft, one in zip(current, own, strict=True):
        keys = {key for gene in one.genes for key in by_gene[gene]} - {one.key} - _parents(draft)
        near = [known[key] for key in sorted(keys)]
        shipped = library.get(one.key)
        for problem in _problems(draft, one, near):
            yield draft, problem
        if shipped is None or frozenset(shipped.genes) != one.genes:
            yield from ((draft, problem) for problem in _wrong_name(one, near, known))
        if draft.signature is not None and draft.signature.derived_from:
            yield from ((draft, problem) for problem in _derivation(draft.signature, library))
        siblings = shared_with_siblings(one.key, draft.text("axis"), one.genes, library=library)
        yield from ((draft, ("note", "L303", "up", message)) for message in siblings)


def _parents(draft: Draft) -> set[str]:
    return set(re.findall(r"[a-z0-9][a-z0-9_.-]{0,63}", draft.text("derived_from")))


def _problems(draft: Draft, own: Known, near: Sequence[Known]) -> Iterator[Problem]:
    for other in near:
        if message := _nearness(own, other):
            yield "note", "L301", "up", message
        if message := _weights(own, other):
            yield "error", "L304", "weights", message
        if message := _turned_pairs(own, other):
            yield "error", "L305", "pairs", message
    for word, message in NOT_A_LIST.items():
        method = draft.data.get("scoring", {})
        unstated = not (isinstance(method, dict) and method.get("note"))
        if word in own.words and unstated:
            yield "note", "L307", "name", message


def _nearness(own: Known, other: Known) -> str:
    shared = len(own.genes & other.genes)
    jaccard, inside = shared / len(own.genes | other.genes), shared / len(own.genes)
    if jaccard >= JACCARD:
        apart = _apart(own, other)
        like = (
            f"nearly the same set as {other.key}: {shared} genes shared, Jaccard"
            f" {jaccard:.2f}{apart}"
        )
        return f"{like}. Never count both."
    if inside >= CONTAINED and len(own.genes) >= SMALLEST:
        return (
            f"{shared} of its {len(own.genes)} genes are in {other.key}. Never count both as"
            " independent."
        )
    return ""


def _apart(own: Known, other: Known) -> str:
    """What one has and the other has not, where that is short."""
    lacks, adds = sorted(other.genes - own.genes), sorted(own.genes - other.genes)
    parts = [
        f"{word} {', '.join(genes)}" for word, genes in (("lacks", lacks), ("adds", adds)) if genes
    ]
    return f"; it {' and '.join(parts)}" if parts and len(lacks) + len(adds) <= 3 else ""


def _weights(own: Known, other: Known) -> str:
    """Weights that are another table's in another order; empty when they agree or have nothing
    to do with it.
    """
    shared = sorted(own.weights.keys() & other.weights.keys())
    if len(shared) < SMALLEST or len(shared) < 0.8 * min(len(own.weights), len(other.weights)):
        return ""
    mine, theirs = [own.weights[gene] for gene in shared], [other.weights[gene] for gene in shared]
    differ = [
        gene
        for gene, a, b in zip(shared, mine, theirs, strict=True)
        if not math.isclose(a, b, rel_tol=1e-3)
    ]
    if not differ:
        return ""
    same = all(
        math.isclose(a, b, rel_tol=1e-3) for a, b in zip(sorted(mine), sorted(theirs), strict=True)
    )
    r = _correlation(mine, theirs)
    if same:
        return (
            f"the weights of {len(shared)} genes are those of {other.key} in another order (r ="
            f" {r:.2f}): a column was shifted or sorted alone. Take them from the larger table."
        )
    if r < 0.9:
        shown = ", ".join(differ[:3])
        return (
            f"{len(differ)} of {len(shared)} weights differ from those of {other.key} (r = {r:.2f};"
            f" {shown})."
        )
    return ""


def _correlation(a: Sequence[float], b: Sequence[float]) -> float:
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    cov = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread = sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)
    return cov / math.sqrt(spread) if spread > 0 else 0.0


def _turned_pairs(own: Known, other: Known) -> str:
    turned = sum((b, a) in other.pairs for a, b in own.pairs)
    if not turned:
        return ""
    message = f"{turned} of {len(own.pairs)} pairs are those of {other.key} the other way round"
    return f"{message}. A pair counts when the first is higher; look at the authors' file."


def _wrong_name(own: Known, near: Sequence[Known], known: Mapping[str, Known]) -> Iterator[Problem]:
    """A name that belongs to another list than the genes do."""
    named = _named_alike(own, known)
    if named is None:
        return
    if named.pairs and not own.pairs:
        message = (
            f"its name is that of {named.key}, which counts ordered pairs of genes; this list of"
            f" {len(own.genes)} genes has none and is another thing. Rename it, or give its pairs."
        )
        yield "warning", "L305", "name", message
    same = max(near, key=lambda other: _jaccard(own, other), default=None)
    if same is None or same.key == named.key:
        return
    if _jaccard(own, same) >= JACCARD and _jaccard(own, named) < SWAPPED:
        message = (
            f"its name is like that of {named.key} ({_jaccard(own, named):.2f} Jaccard), but its"
            f" genes are those of {same.key} ({_jaccard(own, same):.2f}): two lists were swapped."
            " Rename it."
        )
        yield "warning", "L306", "name", message


def _jaccard(a: Known, b: Known) -> float:
    return len(a.genes & b.genes) / max(len(a.genes | b.genes), 1)


def _named_alike(own: Known, known: Mapping[str, Known]) -> Known | None:
    """The signature whose name shares the rarest words with this one's; None when no telling
    word is shared.
    """
    others = [other for other in known.values() if other.key != own.key]
    count = Counter(word for other in others for word in other.words)
    best = max(others, key=lambda other: (_alike(own, other, count), other.key), default=None)
    return best if best is not None and _alike(own, best, count) >= 0.5 else None


def _alike(own: Known, other: Known, count: Mapping[str, int]) -> float:
    return sum(1 / count[word] for word in own.words & other.words)


def _derivation(signature: Signature, library: Mapping[str, Signature]) -> Iterator[Problem]:
    wanted = evaluate(signature.derived_from, library)
    if isinstance(wanted, str):
        yield "error", "L302", "derived_from", wanted
    elif set(wanted) != set(signature.genes):
        extra, lacking = (
            sorted(set(signature.genes) - set(wanted))[:5],
            sorted(set(wanted) - set(signature.genes))[:5],
        )
        message = (
            f"the genes are not what derived_from gives: too many {extra or 'none'}, missing"
            f" {lacking or 'none'}."
        )
        yield "error", "L302", "derived_from", message


# What changed between two versions of a signature: genes, weights, pairs, scoring, provenance,
# words.

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
        why = {
            "major": "the score can change",
            "minor": "the claims changed",
            "patch": "the words changed",
        }[self.step]
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
    nested = {
        f"{key}.{part}": value for key in ("scoring", "source") for part, value in data[key].items()
    }
    nested |= {f"evidence.{gene}": str(one) for gene, one in signature.evidence.items()}
    return {key: value for key, value in data.items() if key not in LISTS} | nested


def _changed(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[Any, Any]]]:
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
            yield (
                f"  {sign} {len(genes)} {'gene' if len(genes) == 1 else 'genes'}:"
                f" {', '.join(genes)}"
            )
    for gene, (old, new) in list(change.weights.items())[:SHOWN]:
        yield f"  weight of {gene}: {_value(old)} → {_value(new)}"
    if len(change.weights) > SHOWN:
        yield f"  … and {len(change.weights) - SHOWN} more weights"
    for sign, pairs in (("+", change.pairs_added), ("-", change.pairs_removed)):
        if pairs:
            yield f"  {sign} {len(pairs)} pairs: {', '.join(f'{a}>{b}' for a, b in pairs)}"
    for name, (old, new) in change.fields.items():
        yield f"  {name}: {' → '.join(_diff_apart(_text(old), _text(new)))}"
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


def _diff_apart(old: str, new: str) -> tuple[str, str]:
    """Two texts cut so that the place where they part can be seen."""
    pairs = enumerate(zip(old, new, strict=False))
    same = next((place for place, (a, b) in pairs if a != b), min(len(old), len(new)))
    start = max(same - 30, 0) if max(len(old), len(new)) > SHOWN_TEXT else 0
    dots = "…" if start else ""
    return _short(dots + old[start:]), _short(dots + new[start:])
