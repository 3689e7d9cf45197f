"""What a battery of checks gives back: one outcome a check, and one error that tells all that
failed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from resistype.expression import ReadOptions
from resistype.genes import resolve
from resistype.genes.names import gene_table
from resistype.library import (
    Library,
    Signature,
    check_paths,
    export_text,
    import_signatures,
    load_library,
    read_toml,
    to_toml,
)
from resistype.score import ScoreOptions, score


class CheckError(AssertionError):
    """Something does not keep what it should; `outcomes` holds every check that was run.

    Parameters
    ----------
    message
        What was found and what was wanted.
    outcomes
        All outcomes, of those that passed too.
    """

    def __init__(self, message: str, outcomes: tuple[Outcome, ...] = ()) -> None:
        super().__init__(message)
        self.outcomes = outcomes


@dataclass(frozen=True)
class Outcome:
    """One check: its name, whether it passed, was left out with a reason, and what it found
    otherwise.
    """

    name: str
    passed: bool
    message: str = ""
    left_out: str = ""


def fail(message: str) -> NoReturn:
    """End a check with what was found and what was wanted."""
    raise CheckError(message)


def run_checks(
    checks: Iterable[Callable[[Any], None]],
    subject: Any,
    *,
    about: str,
    skip: Mapping[str, str] | None = None,
) -> tuple[Outcome, ...]:
    """Run all checks on a subject.

    Parameters
    ----------
    checks
        Functions of the subject, each of which ends in `fail` when it does not hold.
    subject
        What is checked.
    about
        Words for the error.
    skip
        Names of checks that are left out, each with the reason.

    Returns
    -------
    tuple of Outcome
        In the order of the checks.

    Raises
    ------
    CheckError
        With all checks that failed.
    ValueError
        When a check that is to be left out does not exist.
    """
    reasons, found = dict(skip or {}), []
    for check in checks:
        name = check.__name__
        reason = reasons.pop(name, "")
        found.append(
            Outcome(name, passed=False, left_out=reason) if reason else _run(check, subject)
        )
    if reasons:
        message = (
            f"There is no check {', '.join(sorted(reasons))}; there are:"
            f" {', '.join(one.name for one in found)}."
        )
        raise ValueError(message)
    wrong = [one for one in found if not one.passed and not one.left_out]
    if wrong:
        lines = "\n".join(f"  - {one.name}: {one.message}" for one in wrong)
        raise CheckError(
            f"{about}: {len(wrong)} of {len(found)} checks failed\n{lines}", tuple(found)
        )
    return tuple(found)


def _run(check: Callable[[Any], None], subject: Any) -> Outcome:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            check(subject)
    except CheckError as error:
        return Outcome(check.__name__, passed=False, message=str(error))
    # what is checked may raise anything, and that is what is told
    except Exception as error:  # noqa: BLE001
        return Outcome(
            check.__name__, passed=False, message=f"{type(error).__name__}: {str(error)[:300]}"
        )
    return Outcome(check.__name__, passed=True)


# Checks of a signature: that it is what it says, can be kept, and can be scored in the direction it
# claims.

RAISED = 3.0  # log2 units that genes up are raised by, and genes down lowered


@dataclass(frozen=True)
class _Given:
    """A signature and the file it came from, where there is one."""

    signature: Signature
    file: Path | None = None


def check_rules(given: _Given) -> None:
    """The rules that signature files are checked by find no error."""
    with TemporaryDirectory() as folder:
        path = given.file or _written(given.signature, Path(folder))
        errors = [one for one in check_paths([path]) if one.severity == "error"]
    if errors:
        first = "; ".join(f"{one.code} {one.message}" for one in errors[:3])
        fail(f"{len(errors)} errors: {first}")


def check_symbols(given: _Given) -> None:
    """Every gene of a human signature is an approved symbol."""
    if given.signature.species == "human":
        odd = [one.name for one in resolve(given.signature.genes) if one.status != "approved"]
        if odd:
            fail(
                f"{len(odd)} of {len(given.signature)} genes are no approved symbols:"
                f" {', '.join(odd[:5])}"
            )


def check_provenance(given: _Given) -> None:
    """It says where it comes from: a citation, a public copy, or what it is derived from."""
    source = given.signature.source
    if not any(
        (source.citation, source.doi, source.pmid, source.repository, given.signature.derived_from)
    ):
        fail("no citation, DOI, PubMed id, repository or derivation; a reader cannot look it up")


def check_licence(given: _Given) -> None:
    """It names the licence of the copy, and one that lets it be passed on."""
    words = given.signature.source.licence.lower()
    if not words.strip():
        fail("no licence is named")
    if any(
        word in words
        for word in ("no redistribution", "may not be redistributed", "all rights reserved")
    ):
        fail(f"the licence forbids passing it on: {given.signature.source.licence[:80]!r}")


def check_direction(given: _Given) -> None:
    """No gene is both up and down."""
    both = sorted(set(given.signature.up) & set(given.signature.down))
    if both:
        fail(f"{', '.join(both[:5])} is up and down")


def check_file(given: _Given) -> None:
    """Written to TOML and read again it is the same, and so is its text."""
    with TemporaryDirectory() as folder:
        again = read_toml(_written(given.signature, Path(folder)))
    if again != given.signature or again.content_hash != given.signature.content_hash:
        fail("read again from its own file it is another")
    if to_toml(again) != to_toml(given.signature):
        fail("its text is another the second time")


def check_exchange(given: _Given) -> None:
    """Its genes and their direction survive MSigDB JSON, the format of exchange that keeps all."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(export_text([given.signature], "msigdb").text, encoding="utf-8")
        found = import_signatures(path)
    if [(one.up, one.down) for one in found] != [(given.signature.up, given.signature.down)]:
        fail("its genes are others after an exchange as MSigDB JSON")


def check_hash(given: _Given) -> None:
    """The hash of its content does not depend on the order of its genes, and does on which they
    are.
    """
    signature, words = given.signature, given.signature.model_dump()
    turned = Signature.model_validate(
        {**words, "up": signature.up[::-1], "down": signature.down[::-1]}
    )
    if turned.content_hash != signature.content_hash:
        fail("its hash changes with the order of its genes")
    if len(signature) < 2 or signature.pairs:
        return
    first = signature.genes[0]
    lists = {side: tuple(gene for gene in words[side] if gene != first) for side in ("up", "down")}
    weights = {
        gene: one for gene, one in (signature.weights or {}).items() if gene != first
    } or None
    less = Signature.model_validate({**words, **lists, "weights": weights})
    if less.content_hash == signature.content_hash:
        fail("its hash is the same without its first gene")


def check_published_hash(given: _Given) -> None:
    """An id and version that are shipped hold what was shipped under them."""
    shipped = {one.ref: one for one in load_library().values()}
    known = shipped.get(given.signature.ref)
    if known is not None and known.content_hash != given.signature.content_hash:
        fail(
            f"{given.signature.ref} is shipped with other genes or scoring; a changed list is a new"
            " version"
        )


def check_scores(given: _Given) -> None:
    """It has a finite score in a matrix that holds its genes."""
    found = _scored(given.signature, _matrix(given.signature))
    if not np.isfinite(found).all():
        fail("no finite score in a matrix with all of its genes")


def check_raised(given: _Given) -> None:
    """Raising its genes up and lowering its genes down raises its score."""
    data = _matrix(given.signature)
    moved = data.copy()
    for gene, sign in _signs(given.signature).items():
        moved[gene] = (data[gene] + sign * RAISED).clip(lower=0.0)
    before, after = _scored(given.signature, data), _scored(given.signature, moved)
    if not bool((after > before).all()):
        fail(f"its score does not rise with its genes: {before.tolist()} became {after.tolist()}")


def check_coverage(given: _Given) -> None:
    """With less than half of its genes it has no score."""
    signature, data = given.signature, _matrix(given.signature)
    if len(signature) < 4:
        return
    kept = signature.genes[: (len(signature) - 1) // 2]
    lost = [gene for gene in signature.genes if gene not in kept]
    other = next(name for name in sorted(gene_table().approved) if name not in signature.genes)
    both: list[Signature] = [signature, Signature(id="other_list", name="Other", up=(other,))]
    found = score(
        data.drop(columns=lost), Library(both), method="singscore", n_jobs=1, options=_options()
    )
    if np.isfinite(found.to_frame()[signature.id].to_numpy()).any():
        fail(f"{len(kept)} of {len(signature)} genes gave a score")


def _signs(signature: Signature) -> dict[str, float]:
    """Which way each gene moves the score; of pairs, genes that stand on one side only."""
    if signature.pairs:
        first, second = ({pair[k] for pair in signature.pairs} for k in (0, 1))
        return {**dict.fromkeys(first - second, 1.0), **dict.fromkeys(second - first, -1.0)}
    if signature.weights and method_of(signature) == "weighted":
        return {gene: float(np.sign(weight)) for gene, weight in signature.weights.items()}
    return {**dict.fromkeys(signature.up, 1.0), **dict.fromkeys(signature.down, -1.0)}


def method_of(signature: Signature) -> str:
    """The method it is tried with: its weights or pairs where it has them, else ranks."""
    if signature.pairs:
        return "gene_pairs"
    return "weighted" if signature.weights else "singscore"


def _written(signature: Signature, folder: Path) -> Path:
    path = folder / f"{signature.id}.toml"
    path.write_text(to_toml(signature), encoding="utf-8")
    return path


def _options() -> ScoreOptions:
    return ScoreOptions(read=ReadOptions(unit="log2"))


def _matrix(signature: Signature) -> pd.DataFrame:
    """Three samples in log2 with the genes of the signature and as many others again, at least
    200.
    """
    own = dict.fromkeys(
        [*signature.genes, *(gene for one in _normaliser(signature) for gene in one.genes)]
    )
    others = [name for name in sorted(gene_table().approved) if name not in own]
    wanted = max(200, len(signature))
    genes = [*own, *others[:: max(1, len(others) // wanted)][:wanted]]
    values = np.random.default_rng(3).uniform(4.0, 8.0, (3, len(genes))).round(3)
    return pd.DataFrame(values, index=["a", "b", "c"], columns=genes)


def _scored(
    signature: Signature, data: pd.DataFrame
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    both = Library([signature, *_normaliser(signature)])
    made = score(data, both, method=method_of(signature), n_jobs=1, options=_options())
    return made.to_frame()[signature.id].to_numpy(dtype=np.float64)


def _normaliser(signature: Signature) -> list[Signature]:
    """The shipped signature whose genes normalise its values, where it names one."""
    name, library = signature.scoring.normaliser, load_library()
    return [library[name]] if name and name in library and name != signature.id else []


SIGNATURE_CHECKS: tuple[Callable[[_Given], None], ...] = (
    *(
        check_rules,
        check_symbols,
        check_provenance,
        check_licence,
        check_direction,
        check_file,
        check_exchange,
    ),
    *(check_hash, check_published_hash, check_scores, check_raised, check_coverage),
)


def check_signature(
    signature: Signature | str | Path, *, skip: Mapping[str, str] | None = None
) -> tuple[Outcome, ...]:
    """Check that a signature can be trusted with what it says.

    Parameters
    ----------
    signature
        A signature, the id of a shipped one, or a TOML file.
    skip
        Checks to leave out, each with the reason.

    Returns
    -------
    tuple of Outcome
        One a check.

    Raises
    ------
    CheckError
        An AssertionError with all checks that failed, and what each found.
    SignatureError
        When it cannot be read at all.

    Examples
    --------
    >>> from resistype.testing import check_signature
    >>> sum(one.passed for one in check_signature("mhc1_core"))
    12
    """
    if isinstance(signature, Signature):
        given = _Given(signature)
    elif isinstance(signature, Path) or str(signature).endswith(".toml"):
        given = _Given(read_toml(signature), Path(signature))
    else:
        given = _Given(load_library()[signature])
    return run_checks(
        SIGNATURE_CHECKS, given, about=f"Signature '{given.signature.ref}'", skip=skip
    )
