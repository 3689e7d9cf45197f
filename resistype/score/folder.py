"""A run kept in a folder: finished blocks, each whole or not there at all.

A block is written by whoever computed it: to a temporary file beside its place, synced, then renamed. The file begins
with the SHA-256 of what follows, so a block cut short or changed on disk is found out and computed again. The manifest
says what the run is about, under a seal of its own; a folder that belongs to other data, signatures or methods is
refused, never mixed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.atomic import replace_file
from resistype.errors import OutputError, RunError
from resistype.expression import Block
from resistype.score.block import Values
from resistype.strict import read_json

__all__ = ["RunFolder", "write_whole"]

FORMAT, FORMAT_VERSION = "resistype-run", 2
MAGIC, OLD_MAGIC = b"resistype-block-2\n", b"resistype-block-1\n"  # of the same length
TRIES = 3


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all.

    Raises
    ------
    OutputError
        O101 when it could not be written; what was there before is still there.
    """
    for attempt in range(TRIES):
        try:
            replace_file(path, lambda stream: stream.write(content))
            return
        except FileNotFoundError as error:  # another run of this folder has cleared what it took for leftovers
            if attempt < TRIES - 1 and path.parent.is_dir():
                continue
            raise _not_written(path, error) from error
        except OSError as error:
            raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> OutputError:
    message = f"{path} could not be written: {error.strerror}. Nothing half-written was left; free space or change it."
    return OutputError(message, code="O101")


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
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _not_written(self.path, error) from error
        manifest = self.path / "manifest.json"
        if manifest.exists():
            return self._reopen(manifest, n_obs=blocks[-1].stop, resume=resume)
        self._describe(manifest, [0, *(block.stop for block in blocks)])
        return self._reopen(manifest, n_obs=blocks[-1].stop, resume=True)

    def _describe(self, manifest: Path, edges: list[int]) -> None:
        about = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "fingerprint": self.fingerprint,
            "methods": list(self.methods),
            "n_sets": self.n_sets,
            "edges": edges,
        }
        write_whole(manifest, json.dumps({**about, "sha256": _seal(about)}, indent=1).encode())

    def _reopen(self, manifest: Path, *, n_obs: int, resume: bool) -> list[Block]:
        about = _read_manifest(manifest, n_obs)
        if about["fingerprint"] != self.fingerprint:
            message = (
                f"{self.path} belongs to a run with other data, signatures or methods. Choose another run_dir, "
                "or delete the folder."
            )
            raise RunError(message, code="E604")
        if not resume:
            message = f"{self.path} holds a run already. Pass resume=True to go on with it, or choose another run_dir."
            raise RunError(message, code="E604")
        for left in (*self.path.glob(".tmp-*"), *self.path.glob(".*.block.*"), *self.path.glob(".manifest.json.*")):
            left.unlink(missing_ok=True)
        edges = about["edges"]
        return [Block(a, b) for a, b in pairwise(edges)]

    def _file(self, block: Block) -> Path:
        return self.path / f"{block.start:012d}-{block.stop:012d}.block"

    def save(self, block: Block, values: Values) -> None:
        """Keep a finished block."""
        content = b"".join(np.ascontiguousarray(values[name], "<f8").tobytes() for name in self.methods)
        write_whole(self._file(block), MAGIC + self._block_seal(block, content) + content)

    def _block_seal(self, block: Block, content: bytes) -> bytes:
        """SHA-256 of the numbers and of the place they belong to: a block in the place of another is found out."""
        return hashlib.sha256(f"{self.fingerprint} {block.start} {block.stop}\n".encode() + content).digest()

    def load(self, block: Block) -> Values | None:
        """A finished block; None when it is not there or not what was written."""
        try:
            data = self._file(block).read_bytes()
        except OSError:
            return None
        start, rows = len(MAGIC) + 32, block.stop - block.start
        content = data[start:]
        size = rows * self.n_sets * 8
        old = data.startswith(OLD_MAGIC)
        seal = hashlib.sha256(content).digest() if old else self._block_seal(block, content)
        whole = (old or data.startswith(MAGIC)) and len(content) == size * len(self.methods)
        if not whole or seal != data[len(MAGIC) : start]:
            return None
        return {name: self._array(content[i * size : (i + 1) * size], rows) for i, name in enumerate(self.methods)}

    def _array(self, content: bytes, rows: int) -> NDArray[np.float64]:
        return np.frombuffer(content, "<f8").reshape(rows, self.n_sets).astype(np.float64)


def _seal(about: dict[str, Any]) -> str:
    """SHA-256 of a manifest without its own."""
    body = {key: value for key, value in about.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _read_manifest(manifest: Path, n_obs: int) -> dict[str, Any]:
    try:
        about = read_json(manifest.read_bytes())
        version = about["format_version"]
        if about["format"] != FORMAT or version > FORMAT_VERSION:
            message = f"{manifest} was written by a newer resistype, or is no manifest of a run. Update, or delete it."
            raise RunError(message, code="E604")
        edges, sealed = about["edges"], version == 1 or about["sha256"] == _seal(about)  # version 1 had no seal
        whole = all(type(edge) is int for edge in edges) and all(a < b for a, b in pairwise(edges))
        if type(version) is not int or version < 1 or not sealed or not whole or (edges[0], edges[-1]) != (0, n_obs):
            raise ValueError("it was changed after it was written")
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        message = f"{manifest} is damaged. Delete the folder {manifest.parent} and run again."
        raise RunError(message, code="E604") from error
    return dict(about)
