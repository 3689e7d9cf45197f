"""Saving a version: a changed signature needs a new version, and the old file stays beside the new one.

``mine.toml`` is the newest version of `mine`; when version 2.0.0 is saved over version 1.0.0, the old file becomes
``mine@1.0.0.toml`` in the same folder, where ``id@version`` still finds it. The same version with another content is
refused, with the version that the change asks for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from resistype.errors import OutputError, SignatureError
from resistype.library import Signature, SignatureDiff, diff, read_toml, write_toml

__all__ = ["Saved", "save_version"]


@dataclass(frozen=True)
class Saved:
    """What was saved.

    Parameters
    ----------
    path
        The file of the new version.
    kept
        Where the version before it is now; None when there was none.
    change
        What changed; None when there was none before.
    """

    path: Path
    kept: Path | None = None
    change: SignatureDiff | None = None


def save_version(signature: Signature, path: str | Path) -> Saved:
    """Save a signature; an older version at that place stays, under its version.

    Parameters
    ----------
    signature
        What to save.
    path
        A file named ``<id>.toml``, or the folder for it.

    Returns
    -------
    Saved
        Where it is, and what became of the version before.

    Raises
    ------
    SignatureError
        When the version does not fit the change (E213), or another signature is there.
    OutputError
        When it cannot be written (O101, O106 for a link).
    """
    target = Path(path)
    target = target / f"{signature.id}.toml" if target.is_dir() else target
    if target.is_symlink():
        message = f"{target} is a link to another place and is left alone. Remove it, or choose another name."
        raise OutputError(message, code="O106")
    if not target.exists():
        return Saved(write_toml(signature, target))
    old = read_toml(target)
    if old == signature:
        return Saved(target)
    change = diff(old, signature)
    _agree(change, old, target)
    kept = target.with_name(f"{old.ref}.toml") if old.version != signature.version else None
    if kept is not None:
        write_toml(old, kept)
    try:
        return Saved(write_toml(signature, target), kept, change)
    except OutputError:
        if kept is not None:  # two files of one version would make the folder unreadable
            kept.unlink(missing_ok=True)
        raise


def _agree(change: SignatureDiff, old: Signature, target: Path) -> None:
    if change.old.partition("@")[0] != change.new.partition("@")[0]:
        message = f"{target} holds another signature, {old.ref}. Choose another file."
        raise SignatureError(message, code="E213")
    if problem := change.version_problem():
        message = f"{target}: {problem}. Set version=… to what is asked for; the old version stays loadable."
        raise SignatureError(message, code="E213")
