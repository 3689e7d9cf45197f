"""A library: signatures by id, by version and by axis.

`load_library()` reads the shipped files once and keeps them; `read_signatures` takes whatever a
user has (ids, axis names, a mapping of gene lists, a GMT or TOML file, a folder) and always gives a
Library, so nothing below ever asks what kind of thing it got.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias, cast

import pandas as pd

from resistype.errors import SignatureError, complain
from resistype.genes import GeneIndex
from resistype.library.formats.exchange import GENES, NAMES, WEIGHTS
from resistype.library.read import GeneList, read_folder, read_mapping, read_path
from resistype.library.signature import AXES, Signature, near
from resistype.resources import signatures_dir


class Library(Mapping[str, Signature]):
    """Signatures by id; ``library["id"]`` is the newest version, ``library["id@1.0.0"]`` that one.

    Iteration keeps the order in which signatures were given, so that scores come in the order asked
    for.

    Parameters
    ----------
    signatures
        The signatures; several versions of one id are allowed, the same version twice is not.
    source
        Where they come from, for messages.
    titles
        Names of sets as the user wrote them, by id; scores come back under these.

    Raises
    ------
    SignatureError
        When one ``id@version`` occurs twice (E204).

    Examples
    --------
    >>> library = load_library()
    >>> library["texpsr_er_proxy"].version, "ERO1A" in library["texpsr_er_proxy@1.0.0"].genes
    ('2.0.0', False)
    >>> list(library.select(ids=["mhc1_core", "benci_isg_rs"]))
    ['mhc1_core', 'benci_isg_rs']
    """

    def __init__(
        self,
        signatures: Iterable[Signature] = (),
        *,
        source: str = "memory",
        titles: Mapping[str, str] | None = None,
    ) -> None:
        self.source = source
        self.titles = dict(titles or {})
        self._by_ref: dict[str, Signature] = {}
        twice = []
        for signature in signatures:
            if signature.ref in self._by_ref:
                twice.append(f"{signature.ref} occurs twice; give one of them a new version or id")
            self._by_ref[signature.ref] = signature
        complain(twice, SignatureError, code="E204", subject=f"Library from {source}")
        self._newest: dict[str, Signature] = {}
        for signature in self._by_ref.values():  # the place of the first, the content of the newest
            self._newest[signature.id] = max(
                self._newest.get(signature.id, signature), signature, key=_order
            )

    def __getitem__(self, key: str) -> Signature:
        found = self._by_ref.get(key) if "@" in key else self._newest.get(key)
        if found is not None:
            return found
        known = [ref for ref in self._by_ref if ref.startswith(f"{key.partition('@')[0]}@")]
        hint = (
            f"Versions here: {', '.join(known)}"
            if known and "@" in key
            else near(key, self._newest)
        )
        message = f"There is no signature '{key}' in {self.source}. {hint}"
        raise UnknownSignatureError(message, code="E201")

    def __iter__(self) -> Iterator[str]:
        return iter(self._newest)

    def __len__(self) -> int:
        return len(self._newest)

    def __contains__(self, key: object) -> bool:
        return key in self._by_ref or key in self._newest

    def __repr__(self) -> str:
        return f"Library of {len(self)} signatures from {self.source}"

    def versions(self, id: str) -> tuple[Signature, ...]:  # noqa: A002  the field has this name
        """All versions of one id, oldest first."""
        return tuple(sorted((s for s in self._by_ref.values() if s.id == id), key=_order))

    def select(
        self,
        *,
        axis: str | Sequence[str] | None = None,
        status: str | Sequence[str] | None = None,
        ids: Sequence[str] | None = None,
    ) -> Library:
        """The signatures that fit every condition given.

        Parameters
        ----------
        axis
            One axis or several.
        status
            One status or several.
        ids
            Ids, or ``id@version``, in the order wanted; an unknown one is an error.

        Raises
        ------
        SignatureError
            For an unknown id (E201) or axis (E202).
        """
        chosen = [self[key] for key in ids] if ids is not None else list(self.values())
        if axis is not None:
            axes = _words(axis)
            unknown = [
                f"there is no axis '{word}'. {near(word, AXES)}"
                for word in axes
                if word not in AXES
            ]
            complain(unknown, SignatureError, code="E202", subject="Selection of signatures")
            chosen = [signature for signature in chosen if signature.axis in axes]
        if status is not None:
            chosen = [signature for signature in chosen if signature.status in _words(status)]
        return Library(chosen, source=self.source)

    def coverage(self, genes: Sequence[str] | GeneIndex) -> pd.DataFrame:
        """How much of each signature a list of genes holds.

        Parameters
        ----------
        genes
            Genes of a matrix, or the GeneIndex of them.

        Returns
        -------
        DataFrame
            One row per signature: asked, found, fraction, missing, ambiguous, by_alias.
        """
        index = genes if isinstance(genes, GeneIndex) else GeneIndex(genes)
        rows = {}
        for key, signature in self.items():
            cover = index.coverage(signature.genes, species=signature.species)
            rows[key] = {
                "asked": cover.asked,
                "found": cover.found,
                "fraction": cover.fraction,
                "missing": cover.missing,
                "ambiguous": cover.ambiguous,
                "by_alias": cover.by_alias,
            }
        columns = ["asked", "found", "fraction", "missing", "ambiguous", "by_alias"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis(
            "signature"
        )

    @property
    def content_hash(self) -> str:
        """SHA-256 of the ids, versions and content hashes of all signatures."""
        lines = (f"{ref} {self._by_ref[ref].content_hash}\n" for ref in sorted(self._by_ref))
        return hashlib.sha256("".join(lines).encode("ascii")).hexdigest()


class UnknownSignatureError(SignatureError, KeyError):
    """A library has no signature of that name; also a KeyError, as a mapping's should be."""


SignatureSpec: TypeAlias = (
    "Library | Sequence[str] | Mapping[str, GeneList] | pd.DataFrame | pd.Series | str | Path"
    " | None"
)


def _order(signature: Signature) -> tuple[str, tuple[int, ...]]:
    return signature.id, tuple(int(part) for part in signature.version.split("."))


def _words(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@cache
def _shipped() -> Library:
    return Library(read_folder(signatures_dir(), axes=True), source="the shipped library")


def load_library(path: str | Path | None = None) -> Library:
    """The shipped library, or the one in a folder or file.

    Parameters
    ----------
    path
        Folder of TOML files, a TOML or a GMT file; None for the signatures that come with
        resistype.

    Returns
    -------
    Library
        The signatures, newest version first in line for each id.

    Raises
    ------
    SignatureError
        When a file is wrong; all complaints at once.

    Examples
    --------
    >>> load_library()["benci_isg_rs"].axis
    'ifng'
    """
    if path is None:
        return _shipped()
    return Library(read_path(Path(path)), source=str(path))


def read_signatures(spec: SignatureSpec = None) -> Library:
    """A Library from whatever names or holds signatures.

    Parameters
    ----------
    spec
        None (the whole shipped library), a Library, ids or axis names, a mapping of names to genes
        or weights, a Series of them, a table of one gene per row (decoupler's net), or the path of
        a GMT file, a TOML file or a folder of them.

    Returns
    -------
    Library
        In no case empty; in the order asked for. Folders and axes are sorted by id.

    Raises
    ------
    SignatureError
        For unknown names, wrong files, or nothing at all (E203).

    Examples
    --------
    >>> list(read_signatures({"mine": ["B2M", "TAP1"]}))
    ['mine']
    """
    library = _from_spec(spec)
    if not len(library):
        message = (
            "No signature was given. Pass ids, axis names, a mapping of gene lists, a GMT or TOML"
            " file."
        )
        raise SignatureError(message, code="E203")
    return library


def _from_spec(spec: SignatureSpec) -> Library:
    if spec is None:
        return load_library()
    if isinstance(spec, Library):
        return spec
    if isinstance(spec, Mapping):
        return _as_written(read_mapping(cast("Mapping[str, GeneList]", spec)), "the mapping given")
    if isinstance(spec, pd.Series | pd.DataFrame):
        sets = _of_series(spec) if isinstance(spec, pd.Series) else _of_net(spec)
        return _as_written(read_mapping(sets), f"the {type(spec).__name__} given")
    if isinstance(spec, str) and _is_name(spec):
        return _named([spec])
    return load_library(spec) if isinstance(spec, str | Path) else _named(list(spec))


def _as_written(signatures: list[Signature], source: str) -> Library:
    return Library(signatures, source=source, titles={one.id: one.name for one in signatures})


def _of_series(given: pd.Series) -> Mapping[str, GeneList]:
    """A Series of gene lists, or of the weights of one set."""
    if getattr(given.dtype, "kind", "O") in "fiu":
        return {str(given.name or "weights"): cast("Mapping[str, float]", dict(given))}
    return cast("Mapping[str, GeneList]", dict(given))


def _of_net(table: pd.DataFrame) -> Mapping[str, GeneList]:
    """A table of one gene per row, as decoupler's nets: the set, the gene, perhaps a weight."""
    low = {str(column).lower(): column for column in table.columns}
    name, gene, weight = (
        next((low[word] for word in words if word in low), None)
        for words in (NAMES, GENES, WEIGHTS)
    )
    if name is None or gene is None:
        message = (
            "A table (DataFrame) of gene sets has one row per gene, with a column of sets"
            f" ({', '.join(NAMES[:3])}) and one of genes ({', '.join(GENES[:3])}); the"
            f" columns here are: {', '.join(map(str, table.columns[:8]))}. Or give a mapping of"
            " names"
            " to lists of genes."
        )
        raise SignatureError(message, code="E208")
    sets: dict[str, GeneList] = {}
    for key, rows in table.groupby(name, sort=False):
        genes = [str(one) for one in rows[gene]]
        numbers = None if weight is None else [float(one) for one in rows[weight]]
        whole = numbers is None or all(one in (1.0, -1.0) for one in numbers)
        if numbers is None or (whole and min(numbers) > 0):
            sets[str(key)] = genes
        else:
            sets[str(key)] = dict(zip(genes, numbers, strict=True))
    return sets


def _is_name(text: str) -> bool:
    """Whether a text names signatures of the shipped library; else it is a path."""
    if text in AXES or text in load_library():
        return True
    path = Path(text)
    return (
        path.suffix.lower() not in (".toml", ".gmt") and len(path.parts) < 2 and not path.exists()
    )


def _named(words: list[str]) -> Library:
    """Ids, axes and paths, in any mixture."""
    shipped = load_library()
    chosen: dict[str, Signature] = {}
    for word in words:
        if word in AXES:
            part: Library = shipped.select(axis=word)
        elif word in shipped or _is_name(str(word)):
            part = shipped.select(ids=[word])
        else:
            part = load_library(word)
        chosen.update({signature.ref: signature for signature in part.values()})
    return Library(chosen.values(), source="the names given" if words else "an empty list")


# Sets made of other sets: ``a@1.0.0 - b@1.0.0 + c@1.0.0``, read from left to right.

OPERATOR = re.compile(r" ([-+&]) ")


def evaluate(text: str, library: Mapping[str, Signature]) -> tuple[str, ...] | str:
    """Genes that a derivation gives, or a sentence about why it gives none.

    Examples
    --------
    >>> from resistype.library import load_library
    >>> evaluate("mhc1_core - imv_apm", load_library())
    ('TAPBP', 'NLRC5')
    """
    first, *rest = OPERATOR.split(text.strip())
    refs = [first, *rest[1::2]]
    unknown = [ref for ref in refs if ref not in library]
    if unknown:
        return f"derived_from names {', '.join(unknown)}, which the library does not hold."
    genes = dict.fromkeys(library[first].genes)
    for operator, ref in zip(rest[::2], rest[1::2], strict=True):
        other = library[ref].genes
        if operator == "+":
            genes |= dict.fromkeys(other)
        else:
            keep = operator == "&"
            genes = {gene: None for gene in genes if (gene in set(other)) is keep}
    return tuple(genes)
