"""One signature: the genes, how it is scored, where it comes from, and how sure we are of that.

A signature is a claim with a history. The model keeps the history beside the genes and forbids
unknown fields, so a misspelt key in a file is an error and not a silence. Whatever changes a score
changes `content_hash`; whatever does not (order of genes, wording of a note) leaves it alone. A
released `id@version` never changes its hash.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

AXES = (
    "antigen_presentation",
    "cart_state",
    "control",
    "custom",
    "ifng",
    "immune_dysfunction",
    "myeloid_suppression",
    "proteostasis",
    "stroma_exclusion",
    "tme_composition",
    "tumor_intrinsic",
)

Status = Literal["verified", "secondary", "proxy", "recalled"]
IdentifierStatus = Literal["given", "recalled", "none"]
Axis = Literal[
    "antigen_presentation",
    "cart_state",
    "control",
    "custom",
    "ifng",
    "immune_dysfunction",
    "myeloid_suppression",
    "proteostasis",
    "stroma_exclusion",
    "tme_composition",
    "tumor_intrinsic",
]
Method = Literal[
    "unstated",
    "ssgsea",
    "gsva",
    "singscore",
    "ucell",
    "aucell",
    "zscore",
    "mean",
    "weighted_mean",
    "linear_model",
    "overall_expression",
    "gene_pairs",
    "contrast",
]


def _plain_name(name: str) -> str:
    """A gene name in plain ASCII; what looks the same in other letters is another name."""
    odd = [char for char in name if not (char.isascii() and char.isprintable())]
    if odd:
        points = ", ".join(f"U+{ord(char):04X}" for char in odd[:5])
        message = f"holds {points}; gene names are plain ASCII. Type it again"
        raise ValueError(message)
    if name[0] in "=+-@":
        message = (
            f"begins with '{name[0]}', as a spreadsheet's formula does; no gene name begins so"
        )
        raise ValueError(message)
    return name


def _shown_text(text: str) -> str:
    """Text without characters that steer a terminal or turn the direction of reading."""
    odd = [
        char
        for char in text
        if unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\t\u00ad"
    ]
    if odd:
        points = ", ".join(f"U+{ord(char):04X}" for char in odd[:5])
        message = f"holds characters that cannot be seen ({points}). Remove them"
        raise ValueError(message)
    return text


def _usable_id(name: str) -> str:
    if RESERVED.fullmatch(name.partition(".")[0]):
        message = f"'{name}' cannot be the name of a file on Windows. Choose another id"
        raise ValueError(message)
    return name


RESERVED = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")
PLAIN = {"pattern": "^[!-*,.-<>?A-~][ -~]*$"}
Name = Annotated[
    str, Field(min_length=1, max_length=64, json_schema_extra=PLAIN), AfterValidator(_plain_name)
]
Text = Annotated[str, Field(max_length=4000), AfterValidator(_shown_text)]
Title = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_shown_text)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$"), AfterValidator(_usable_id)]
Genes = tuple[Name, ...]

MODEL = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Source(BaseModel):
    """Where a gene list comes from."""

    model_config = MODEL

    citation: Text = Field("", description="paper or collection, as a reader would cite it")
    doi: Text = Field("", description="DOI of the paper")
    pmid: Annotated[str, Field(pattern=r"^([0-9]{1,9}(;[0-9]{1,9}){0,9})?$")] = Field(
        "", description="PubMed id; several joined by ;"
    )
    identifier_status: IdentifierStatus = Field(
        "none",
        description=(
            "given: the copy names the identifier; recalled: written from memory, unchecked; none"
        ),
    )
    repository: Text = Field("", description="public repository or package the list was read from")
    path: Text = Field("", description="file in that repository, with line or table where known")
    commit: Text = Field("", description="commit or version of that repository")
    licence: Text = Field(
        "none stated in the source; gene symbols are facts", description="licence of the copy"
    )
    note: Text = Field(
        "", description="what a curator should know: defects, other copies, disputes"
    )


class Evidence(BaseModel):
    """Why one gene is in the list."""

    model_config = MODEL

    pmid: Annotated[str, Field(pattern=r"^([0-9]{1,9}(;[0-9]{1,9}){0,9})?$")] = Field(
        "", description="PubMed id"
    )
    citation: Text = Field("", description="paper, where it has no PubMed id")
    note: Text = Field("", description="what was seen, in words")

    def __str__(self) -> str:
        parts = (f"PMID {self.pmid}" if self.pmid else "", self.citation, self.note)
        return "; ".join(part for part in parts if part)


class Scoring(BaseModel):
    """How the signature was scored where it was published."""

    model_config = MODEL

    method: Method = Field("unstated", description="published method")
    units: Text = Field("", description="expression values that method takes")
    normaliser: Text = Field("", description="id of the signature whose genes normalise the values")
    note: Text = Field("", description="anything a bag of genes would lose")


class Signature(BaseModel):
    """A gene signature with its provenance.

    Examples
    --------
    >>> signature = Signature(
    ...     id="two_genes", version="1.0.0", name="Two genes", axis="custom", up=("B2M", "TAP1")
    ... )
    >>> signature.ref, len(signature)
    ('two_genes@1.0.0', 2)
    """

    model_config = MODEL

    id: Id = Field(description="name used in code and files")
    version: Annotated[
        str, Field(pattern=r"^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$")
    ] = Field("1.0.0", description="semantic version; a changed gene list is a new version")
    name: Title = Field(description="title for people")
    axis: Axis = Field("custom", description="what the signature is about; also its folder")
    species: Literal["human", "mouse"] = Field("human", description="species of the symbols")
    compartment: Text = Field("", description="cells or tissue the list was made in")
    status: Status = Field(
        "recalled",
        description=(
            "verified: the authors' own release, with the identifier given there; secondary: exact"
            " from a public copy, or with an identifier nobody checked; proxy: our substitute or"
            " derivation; recalled: common knowledge"
        ),
    )
    description: Text = Field("", description="what it measures, in a sentence")
    expected_in_resistance: Literal["up", "down"] | None = Field(
        None, description="direction claimed by the source"
    )
    derived_from: Text = Field(
        "", description="set algebra over other signatures: 'a - b - c', 'a + b' or 'a & b'"
    )
    up: Genes = Field((), description="genes that raise the score")
    down: Genes = Field((), description="genes that lower the score")
    dropped: tuple[Text, ...] = Field(
        (), description="names of the source that are no approved symbol today"
    )
    scoring: Scoring = Field(default_factory=Scoring, description="published scoring")
    source: Source = Field(default_factory=Source, description="provenance")
    symbol_updates: dict[Text, Name] = Field(
        default_factory=dict, description="spelling of the source: today's symbol"
    )
    evidence: dict[Name, Evidence] = Field(
        default_factory=dict, description="why a gene is in the list, gene by gene"
    )
    weights: dict[str, Annotated[float, Field(strict=True)]] | None = Field(
        None, description="weight of each gene, where the publication has them"
    )
    pairs: tuple[tuple[Name, Name], ...] | None = Field(
        None, description="gene pairs; a pair counts when A > B"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Signature:
        complaints = _complaints(self)
        if complaints:
            raise ValueError("; ".join(complaints))
        return self

    def __len__(self) -> int:
        return len(self.up) + len(self.down)

    @property
    def genes(self) -> Genes:
        """All genes, up then down."""
        return self.up + self.down

    @property
    def ref(self) -> str:
        """``id@version``."""
        return f"{self.id}@{self.version}"

    @property
    def content_hash(self) -> str:
        """SHA-256, in hexadecimal, of what defines the score: genes, signs, weights, pairs,
        species, scoring.
        """
        content = {
            "species": self.species,
            "up": sorted(self.up),
            "down": sorted(self.down),
            "weights": sorted((self.weights or {}).items()),
            "pairs": sorted(self.pairs or ()),
            "scoring": [self.scoring.method, self.scoring.normaliser],
        }
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
        return hashlib.sha256(text.encode("ascii")).hexdigest()


def _complaints(signature: Signature) -> list[str]:
    """Contradictions between fields, all of them."""
    genes = signature.genes
    complaints = []
    if not genes:
        complaints.append("no gene in 'up' or 'down'; a signature needs at least one")
    repeated = sorted(gene for gene, n in Counter(genes).items() if n > 1)
    if repeated:
        complaints.append(
            f"{len(repeated)} genes occur more than once ({', '.join(repeated[:5])}); keep one of"
            " each"
        )
    if signature.weights is not None:
        complaints.extend(_weight_complaints(signature.weights, set(genes)))
    if stray := sorted(set(signature.evidence) - set(genes)):
        complaints.append(
            f"'evidence' tells of {', '.join(stray[:5])}, which are not in the gene lists; remove"
            " it there"
        )
    loose = (
        sorted({gene for pair in signature.pairs or () for gene in pair} ^ set(genes))
        if signature.pairs
        else []
    )
    if loose:
        complaints.append(
            f"'pairs' and the gene lists differ in {', '.join(loose[:5])}; they must hold the same"
            " genes"
        )
    return complaints


def _weight_complaints(weights: dict[str, float], genes: set[str]) -> list[str]:
    complaints = []
    odd = sorted(set(weights) ^ genes)
    if odd:
        complaints.append(
            f"'weights' and the gene lists differ in {', '.join(odd[:5])}; they must hold the same"
            " genes"
        )
    endless = sorted(gene for gene, weight in weights.items() if not abs(weight) < float("inf"))
    if endless:
        complaints.append(f"weights of {', '.join(endless[:5])} are not finite numbers")
    return complaints


# Near misses: what a user may have meant by an unknown name.


def near(word: str, known: Iterable[str]) -> str:
    """A sentence with up to three known names that look like `word`, or with some of them."""
    names = sorted(known)
    found = (
        difflib.get_close_matches(str(word)[:80], names, n=3, cutoff=0.6)
        or [n for n in names if str(word) in n][:3]
    )
    if found:
        return f"Did you mean {' or '.join(found)}?"
    return (
        f"Known are {', '.join(names[:5])}{', …' if len(names) > 5 else ''}."
        if names
        else "The library is empty."
    )
