"""A run kept in a folder: finished blocks, each whole or not there at all.

A block is written by whoever computed it: to a temporary file beside its place, synced, then renamed. The file begins
with the SHA-256 of what follows, so a block cut short or changed on disk is found out and computed again. The manifest
says what the run is about; a folder that belongs to other data, signatures or methods is refused, never mixed.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.errors import OutputError, RunError
from resistype.expression import Block
from resistype.score.block import Values

__all__ = ["RunFolder", "write_whole"]

FORMAT, FORMAT_VERSION = "resistype-run", 1
MAGIC = b"resistype-block-1\n"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    Raises
    ------
    OutputError
        O101 when it could not be written; what was there before is still there.
    """
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        message = (
            f"{path} could not be written: {error.strerror}. Nothing half-written was left; free space or change it."
        )
        raise OutputError(message, code="O101") from error


@dataclass(frozen=True)
class RunFolder:
    """Folder of a run; travels to workers as a path and the shape of its blocks.

    Parameters
    ----------
    path
        The folder.
    methods
        Ids of the methods, in order.
    n_sets
        Signatures.
    fingerprint
        SHA-256 of what the run is about.
    """

    path: Path
    methods: tuple[str, ...]
    n_sets: int
    fingerprint: str

    def begin(self, blocks: Sequence[Block], *, resume: bool) -> list[Block]:
        """Open the folder: the blocks of the run there when it is resumed, else those given.

        Raises
        ------
        RunError
            E604 when the folder holds another run, or one that was not asked to be resumed.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        manifest = self.path / "manifest.json"
        if manifest.exists():
            return self._reopen(manifest, resume=resume)
        about = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "fingerprint": self.fingerprint,
            "methods": list(self.methods),
            "n_sets": self.n_sets,
            "edges": [0, *(block.stop for block in blocks)],
        }
        write_whole(manifest, json.dumps(about, indent=1).encode())
        return list(blocks)

    def _reopen(self, manifest: Path, *, resume: bool) -> list[Block]:
        about = _read_manifest(manifest)
        if about["fingerprint"] != self.fingerprint:
            message = (
                f"{self.path} belongs to a run with other data, signatures or methods. Choose another run_dir, "
                "or delete the folder."
            )
            raise RunError(message, code="E604")
        if not resume:
            message = f"{self.path} holds a run already. Pass resume=True to go on with it, or choose another run_dir."
            raise RunError(message, code="E604")
        for left in self.path.glob(".tmp-*"):
            left.unlink(missing_ok=True)
        edges = about["edges"]
        return [Block(a, b) for a, b in pairwise(edges)]

    def _file(self, block: Block) -> Path:
        return self.path / f"{block.start:012d}-{block.stop:012d}.block"

    def save(self, block: Block, values: Values) -> None:
        """Keep a finished block."""
        content = b"".join(np.ascontiguousarray(values[name], "<f8").tobytes() for name in self.methods)
        write_whole(self._file(block), MAGIC + hashlib.sha256(content).digest() + content)

    def load(self, block: Block) -> Values | None:
        """A finished block; None when it is not there or not what was written."""
        try:
            data = self._file(block).read_bytes()
        except OSError:
            return None
        start, rows = len(MAGIC) + 32, block.stop - block.start
        content = data[start:]
        size = rows * self.n_sets * 8
        whole = data.startswith(MAGIC) and len(content) == size * len(self.methods)
        if not whole or hashlib.sha256(content).digest() != data[len(MAGIC) : start]:
            return None
        return {name: self._array(content[i * size : (i + 1) * size], rows) for i, name in enumerate(self.methods)}

    def _array(self, content: bytes, rows: int) -> NDArray[np.float64]:
        return np.frombuffer(content, "<f8").reshape(rows, self.n_sets).astype(np.float64)


def _read_manifest(manifest: Path) -> dict[str, Any]:
    try:
        about = json.loads(manifest.read_bytes())
        if about["format"] != FORMAT or about["format_version"] > FORMAT_VERSION:
            message = f"{manifest} was written by a newer resistype, or is no manifest of a run. Update, or delete it."
            raise RunError(message, code="E604")
    except (ValueError, KeyError, TypeError) as error:
        message = f"{manifest} is damaged. Delete the folder {manifest.parent} and run again."
        raise RunError(message, code="E604") from error
    return dict(about)
