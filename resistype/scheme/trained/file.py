"""The file of a trained model: a JSON that a person can read and an .npz of plain arrays beside it; never a pickle.

A hash covers every number and every word of both, so a file that was changed by hand or cut short is refused. What the
arrays mean is checked by the model that is made of them, for a hash can be made anew by who wants to harm.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resistype.errors import ModelError, OutputError
from resistype.npz import array_files, read_arrays, write_pair
from resistype.strict import RefusedError, read_json

__all__ = ["FORMAT", "FORMAT_VERSION", "digest_of", "read_model", "write_model"]

FORMAT = "resistype-model"
FORMAT_VERSION = 1
MAX_JSON, MAX_ARRAYS = 8 * 2**20, 512 * 2**20
_KINDS = {"f": "<f8", "i": "<i8", "u": "<i8"}

Head = dict[str, Any]
Arrays = dict[str, NDArray[Any]]


def digest_of(head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 over all words and numbers of a model."""
    body = {key: value for key, value in head.items() if key not in ("sha256", "arrays")}
    seal = hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False).encode())
    for name in sorted(arrays):
        plain = _plain(arrays[name])
        seal.update(f"{name} {plain.dtype.str} {plain.shape}\n".encode())
        seal.update(plain.tobytes())
    return seal.hexdigest()


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array, dtype=_KINDS.get(array.dtype.kind, array.dtype))


def write_model(path: str | Path, head: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Write ``path`` (JSON) and the ``.npz`` beside it; each appears whole or not at all.

    Raises
    ------
    OutputError
        O101 when the files cannot be written, O107 for the name of the array file.
    """
    target = Path(path)
    beside = target.with_suffix(".npz")
    if beside == target:
        message = f"{str(target)!r} is the name of the array file; give the model a name that ends in .json."
        raise OutputError(message, code="O107")
    whole = {"format": FORMAT, "format_version": FORMAT_VERSION, **head}
    whole |= {"sha256": digest_of(whole, arrays), "arrays": beside.name}
    text = json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True, allow_nan=False) + "\n"
    plain: dict[str, Any] = {name: _plain(arrays[name]) for name in sorted(arrays)}
    try:
        return write_pair(target, text, plain)
    except OSError as error:
        message = f"The model could not be written to {str(target)!r}: {error.strerror or error}."
        raise OutputError(message, code="O101") from None


def read_model(path: str | Path) -> tuple[Head, Arrays]:
    """Words and arrays of a saved model, its hash verified.

    Raises
    ------
    ModelError
        T103 when it is no model, is of a newer format, was changed after it was written, or cannot be read.
    """
    source = Path(path)
    head = _read_head(source)
    _check_format(source, head)
    arrays: Arrays = {}
    for place in array_files(source):
        arrays = _read_arrays(place)
        if head.get("sha256") == digest_of(head, arrays):
            break
    else:
        raise _refused(source, "it was changed after it was written (its hash does not match). Fit the model again")
    return {key: value for key, value in head.items() if key not in ("sha256", "arrays")}, arrays


def _refused(source: Path, why: str) -> ModelError:
    return ModelError(f"The model {str(source)!r} is refused: {why}.", code="T103")


def _read_head(source: Path) -> Head:
    try:
        if source.stat().st_size > MAX_JSON:
            raise _refused(source, f"its JSON is larger than {MAX_JSON // 2**20} MB")
        head = read_json(source.read_bytes())
    except ModelError:
        raise
    except FileNotFoundError:
        raise _refused(source, "there is no such file") from None
    except OSError as error:
        raise _refused(source, f"it cannot be read ({error.strerror})") from None
    except RefusedError as error:
        why = "it is not JSON" if error.invalid else f"its JSON is not read ({error})"
        raise _refused(source, why) from None
    if not isinstance(head, dict):
        raise _refused(source, "it is not a resistype model")
    return head


def _check_format(source: Path, head: Head) -> None:
    if head.get("format") != FORMAT:
        raise _refused(source, "it is not a resistype model")
    version = head.get("format_version")
    if isinstance(version, int) and not isinstance(version, bool) and version > FORMAT_VERSION:
        why = f"it has format version {version} and this resistype reads {FORMAT_VERSION}; install a newer resistype"
        raise _refused(source, why)
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise _refused(source, f"its format version is {version!r}")


def _read_arrays(source: Path) -> Arrays:
    try:
        arrays = read_arrays(source, max_bytes=MAX_ARRAYS)
    except FileNotFoundError:
        raise _refused(source, "there is no such file; a model is a .json and the .npz written with it") from None
    except RefusedError as error:
        raise _refused(source, str(error)) from None
    odd = [name for name, array in arrays.items() if array.dtype.kind not in _KINDS]
    if odd:
        raise _refused(source, f"array {odd[0]!r} does not hold plain numbers")
    return arrays
