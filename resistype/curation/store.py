"""One folder for saved signatures and for the drafts of unfinished ones.

Nothing is written elsewhere.

The folder is chosen once, in Python. What is saved is named by the id of the signature, which
cannot hold a path; a link in the place of a file, or a folder that became another one, is refused.
What stood in a file when it was looked at is remembered by its SHA-256, so that a file that
somebody changed meanwhile is not overwritten, also after a restart.

``mine.toml`` is the newest version of `mine`; when version 2.0.0 is saved over version 1.0.0, the
old file becomes ``mine@1.0.0.toml`` in the same folder, where ``id@version`` still finds it. The
same version with another content is refused, with the version that the change asks for.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resistype.errors import OutputError, SignatureError
from resistype.library import Signature, SignatureDiff, diff, read_toml, write_toml
from resistype.library.read import parse_toml
from resistype.library.textfile import read_text
from resistype.safe.files import replace_file


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
        When it cannot be written (O101).
    """
    target = Path(path)
    target = target / f"{signature.id}.toml" if target.is_dir() else target
    if target.is_symlink():
        message = (
            f"{target} is a link to another place and is left alone. Remove it, or choose another "
            "name."
        )
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
        message = (
            f"{target}: {problem}. Set version=… to what is asked for; the old version stays "
            "loadable."
        )
        raise SignatureError(message, code="E213")


ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
DRAFT_FORMAT, DRAFT_VERSION = "resistype-draft", 1


@dataclass(frozen=True)
class Stored:
    """What stood in a file when it was looked at."""

    path: Path
    sha256: str = ""
    signature: Signature | None = None


class DraftStore:
    """A folder for signatures and drafts."""

    def __init__(self, folder: str | Path) -> None:
        given = Path(folder)
        try:
            given.mkdir(exist_ok=True)
            self.folder = given.resolve(strict=True)
            self._place = _identity(self.folder)
        except OSError as error:
            message = (
                f"{given} cannot be the folder of the signatures: {error.strerror}. Name one that "
                "can be written."
            )
            raise OutputError(message, code="O104") from None
        self._draft_sha: dict[str, str] = {}

    def path(self, id: str) -> Path:  # noqa: A002  the field has this name
        """The file of a signature, inside the folder."""
        return self._inside(id, ".toml")

    def _inside(self, name: str, suffix: str) -> Path:
        if not ID.fullmatch(name):
            message = (
                f"'{name[:80]}' cannot name a file: small letters, digits, _ . and - only. Choose "
                "another id."
            )
            raise OutputError(message, code="O104")
        try:
            same = _identity(self.folder) == self._place
        except OSError:
            same = False
        if not same:
            message = (
                f"{self.folder} is gone, or another folder than the one chosen; nothing was "
                "written. Look at it."
            )
            raise OutputError(message, code="O104")
        return self.folder / f"{name}{suffix}"

    def look(self, id: str) -> Stored:  # noqa: A002  the field has this name
        """What stands in the file of an id now."""
        path = self.path(id)
        if not path.is_file() or path.is_symlink():
            return Stored(path)
        text = read_text(path)
        signature, _ = parse_toml(text)
        return Stored(path, _sha(path.read_bytes()), signature)

    def save(self, signature: Signature, seen: Stored) -> Saved:
        """Save a version, unless the file is no longer what was seen."""
        path = self.path(signature.id)
        now = self.look(signature.id)
        before = seen if seen.path == path else Stored(path)
        if now.sha256 != before.sha256:
            what = (
                f"it now holds {now.signature.ref}"
                if now.signature
                else "it is gone"
                if not now.sha256
                else "changed"
            )
            message = (
                f"{path.name} was changed by somebody else since it was read here ({what}). "
                "Nothing was written and "
                "the draft is kept. Read the file again to see the difference, then save."
            )
            raise SignatureError(message, code="E217")
        return save_version(signature, path)

    # -- drafts ------------------------------------------------------------------------------------

    def draft_path(self, name: str) -> Path:
        """The file that keeps a draft."""
        return self._inside(name, ".draft.json")

    def read_draft(self, name: str) -> dict[str, Any] | None:
        """A draft that was kept, or None."""
        path = self.draft_path(name)
        if not path.exists():
            return None
        text = read_text(path)
        try:
            data = json.loads(text)
            version = data["format_version"] if data.get("format") == DRAFT_FORMAT else None
            if not isinstance(version, int) or version < 1:
                message = "it is no draft of resistype"
                raise ValueError(message)
            if version > DRAFT_VERSION:
                message = f"it has format {version}, this resistype reads up to {DRAFT_VERSION}"
                raise ValueError(message)
        except (ValueError, KeyError, AttributeError, RecursionError) as error:
            message = (
                f"{path} was not read: {error}. Move it away, or open the draft under another name."
            )
            raise SignatureError(message, code="E218") from None
        self._draft_sha[name] = _sha(text.encode())
        return dict(data)

    def keep_draft(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep a draft."""
        path = self.draft_path(name)
        head = {"format": DRAFT_FORMAT, "format_version": DRAFT_VERSION}
        data = json.dumps(
            {**head, **content}, ensure_ascii=False, allow_nan=False, indent=1
        ).encode()
        try:
            there = _sha(path.read_bytes()) if path.exists() else ""
            if there and there != self._draft_sha.get(name, ""):
                message = (
                    f"{path.name} is written by another notebook; this draft is only in memory. "
                    "Save it soon."
                )
                raise OutputError(message, code="O105")
            replace_file(path, lambda stream: stream.write(data))
        except OutputError:
            raise
        except OSError as error:
            message = (
                f"The draft could not be kept in {path.name}: {error.strerror}. It is only in "
                "memory now."
            )
            raise OutputError(message, code="O105") from None
        self._draft_sha[name] = _sha(data)

    def forget_draft(self, name: str) -> None:
        """Take a draft away, if it is ours."""
        path = self.draft_path(name)
        if path.is_file() and _sha(path.read_bytes()) == self._draft_sha.get(name, ""):
            path.unlink()
        self._draft_sha.pop(name, None)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat(follow_symlinks=False)
    if not path.is_dir():
        raise NotADirectoryError(20, "it is not a folder", str(path))
    return found.st_dev, found.st_ino
