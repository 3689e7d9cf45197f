"""The file a matrix came from, and its SHA-256.

Hashing a file of some gigabytes takes longer than opening it, so for a matrix that stays on disk it is done when the
hash is asked for: when a run is written down, not before its first block. A hash is worth something only if it is that
of the file that was read; so size and time of change are noted at once, and a file that is another by then is refused.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from resistype.errors import ExpressionError

__all__ = ["SourceFile"]


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(inside for inside in path.rglob("*") if inside.is_file())


def _state(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of change of a file, or of the files of a folder."""
    status = [(file, file.stat()) for file in _files(path)]
    return tuple((str(file), one.st_size, one.st_mtime_ns) for file, one in status)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True, eq=False)
class SourceFile:
    """A file, or a folder of zarr, as it was when a matrix was read from it.

    Parameters
    ----------
    path
        Where it is.
    seen
        Names, sizes and times of change of its files; noted when the object is made.
    """

    path: Path
    seen: tuple[tuple[str, int, int], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seen", self.seen or _state(self.path))

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of a file; of a folder, over the names and hashes of its files in order.

        Raises
        ------
        ExpressionError
            E316 when it has been changed since it was read.
        """
        if not self.path.exists() or _state(self.path) != self.seen:
            message = f"{self.path} has been changed since it was opened. Read it again; results so far are of the old."
            raise ExpressionError(message, code="E316")
        if self.path.is_file():
            return _sha256(self.path)
        total = hashlib.sha256()
        for file in _files(self.path):
            total.update(f"{file.relative_to(self.path).as_posix()}\0{_sha256(file)}\n".encode())
        return total.hexdigest()
