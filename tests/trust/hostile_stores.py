"""Hostile h5ad, 10x and zarr stores: each is made from a good one by one change."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numcodecs
import numpy as np
import scipy.sparse as sp

from tests.expression.build import COUNTS, write_10x, write_h5ad, write_zarr

Change = Callable[[h5py.File, Path], object]
"""Changes an open h5ad; the path is that of the canary, an HDF5 file outside."""


class Planted:
    """An object that writes a file when it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.place),)


def external_x(file: h5py.File, canary: Path) -> None:
    del file["X"]
    file["X"] = h5py.ExternalLink(str(canary), "/X")


def external_middle(file: h5py.File, canary: Path) -> None:
    file["raw"] = h5py.ExternalLink(str(canary), "/")


def external_deep(file: h5py.File, canary: Path) -> None:
    file["uns/a/b/c"] = h5py.ExternalLink(str(canary), "/names")


def external_names(file: h5py.File, canary: Path) -> None:
    del file["var/_index"]
    file["var/_index"] = h5py.ExternalLink(str(canary), "/names")


def external_relative(file: h5py.File, canary: Path) -> None:
    file["layers/a"] = h5py.ExternalLink(f"../{canary.parent.name}/{canary.name}", "/X")


def soft(file: h5py.File, _: Path) -> None:
    file["obs/also"] = h5py.SoftLink("/var/_index")


def soft_circle(file: h5py.File, _: Path) -> None:
    file["uns/a"] = h5py.SoftLink("/uns/a")


def external_storage(file: h5py.File, canary: Path) -> None:
    del file["X"]
    file.create_dataset("X", shape=(4, 8), dtype="f8", external=[(str(canary), 0, 256)])


def external_column(file: h5py.File, canary: Path) -> None:
    file.create_dataset("obs/secret", shape=(4,), dtype="S16", external=[(str(canary), 0, 64)])


def virtual(file: h5py.File, canary: Path) -> None:
    layout = h5py.VirtualLayout(shape=(4, 8), dtype="f8")
    layout[:] = h5py.VirtualSource(str(canary), "X", shape=(4, 8))
    del file["X"]
    file.create_virtual_dataset("X", layout)


def virtual_layer(file: h5py.File, canary: Path) -> None:
    layout = h5py.VirtualLayout(shape=(4, 8), dtype="f8")
    layout[:] = h5py.VirtualSource(str(canary), "X", shape=(4, 8))
    file.create_virtual_dataset("layers/v", layout)


def size_claim(file: h5py.File, _: Path) -> None:
    del file["X"]
    file.create_dataset("X", shape=(4_000_000, 1_000), dtype="f8", chunks=(1_000, 1_000))


def many_claims(file: h5py.File, _: Path) -> None:
    for number in range(400):
        file.create_dataset(f"obs/c{number}", shape=(7_000_000,), dtype="f8", chunks=(10_000,))


def text_claim(file: h5py.File, _: Path) -> None:
    """Two million notes of one megabyte of text."""
    del file["obs/_index"]
    names = file.create_dataset(
        "obs/_index", shape=(2_000_000,), dtype=h5py.string_dtype(), chunks=(50_000,)
    )
    one = file.create_dataset("uns/one", shape=(1,), dtype=h5py.string_dtype(), chunks=(1,))
    one[0] = "x" * 1_000_000
    file.flush()
    note = one.id.read_direct_chunk((0,))[1]
    for start in range(0, 2_000_000, 50_000):
        names.id.write_direct_chunk((start,), note * 50_000)


def fixed_text_claim(file: h5py.File, _: Path) -> None:
    file.create_dataset("obs/wide", shape=(4_000,), dtype="S1000000", chunks=(10,))


def unknown_filter(file: h5py.File, _: Path) -> None:
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((4, 8))
    plan.set_filter(31_999, h5py.h5z.FLAG_OPTIONAL, ())
    del file["X"]
    h5py.h5d.create(file.id, b"X", h5py.h5t.NATIVE_DOUBLE, h5py.h5s.create_simple((4, 8)), plan)


def packed_twice(file: h5py.File, _: Path) -> None:
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((4, 8))
    plan.set_deflate(9)
    plan.set_filter(1, 0, (9,))
    del file["X"]
    h5py.h5d.create(file.id, b"X", h5py.h5t.NATIVE_DOUBLE, h5py.h5s.create_simple((4, 8)), plan)


def huge_piece(file: h5py.File, _: Path) -> None:
    del file["X"]
    file.create_dataset("X", shape=(4, 8), maxshape=(None, 8), dtype="f8", chunks=(8_000_000, 8))


def heavy_attributes(file: h5py.File, _: Path) -> None:
    file.create_group("uns/late").attrs.create("heavy", np.zeros(3_000_000))


def many_names(file: h5py.File, _: Path) -> None:
    file["uns/" + "a" * 300] = 1


def pointer_beyond(file: h5py.File, _: Path) -> None:
    file["X/indptr"][2] = 10_000


def pointer_falls(file: h5py.File, _: Path) -> None:
    pointer = file["X/indptr"][:]
    pointer[1], pointer[2] = pointer[2], pointer[1]
    file["X/indptr"][:] = pointer


def pointer_negative(file: h5py.File, _: Path) -> None:
    file["X/indptr"][1] = -5


def column_beyond(file: h5py.File, _: Path) -> None:
    file["X/indices"][0] = 2**30


def column_negative(file: h5py.File, _: Path) -> None:
    file["X/indices"][0] = -1


def shape_beyond(file: h5py.File, _: Path) -> None:
    file["X"].attrs["shape"] = (2**40, 2**40)


def values_short(file: h5py.File, _: Path) -> None:
    values = file["X/data"][:-3]
    del file["X/data"]
    file["X/data"] = values


def codes_beyond(file: h5py.File, _: Path) -> None:
    file["obs/patient/codes"][0] = 99


def index_elsewhere(file: h5py.File, _: Path) -> None:
    file["obs"].attrs["_index"] = "../../etc/passwd"


DENSE: dict[str, Change] = {
    "external link for X": external_x,
    "external link in the middle of a path": external_middle,
    "external link deep in uns": external_deep,
    "external link for the gene names": external_names,
    "external link with a relative path": external_relative,
    "soft link": soft,
    "soft link to itself": soft_circle,
    "external storage of X": external_storage,
    "external storage of a column": external_column,
    "virtual X": virtual,
    "virtual layer": virtual_layer,
    "32 GB declared in a few kilobytes": size_claim,
    "400 columns of 56 MB without a value": many_claims,
    "2 TB of text by naming one megabyte two million times": text_claim,
    "4 GB of fixed text declared": fixed_text_claim,
    "filter that would be loaded from the machine": unknown_filter,
    "deflated twice": packed_twice,
    "one piece of 512 MB": huge_piece,
    "attributes of 24 MB": heavy_attributes,
    "name of 300 characters": many_names,
    "category codes beyond the categories": codes_beyond,
    "index named by a path": index_elsewhere,
}
SPARSE: dict[str, Change] = {
    "row pointer beyond the end": pointer_beyond,
    "row pointer that falls": pointer_falls,
    "row pointer below zero": pointer_negative,
    "column number beyond the end": column_beyond,
    "column number below zero": column_negative,
    "shape of a trillion rows": shape_beyond,
    "fewer values than places": values_short,
}


def made_h5ad(folder: Path, canary: Path, change: Change, *, sparse: bool) -> Path:
    """A good h5ad with one change."""
    path = write_h5ad(folder / "a.h5ad", sp.csr_matrix(COUNTS) if sparse else COUNTS)
    with h5py.File(path, "r+", libver="latest" if change is heavy_attributes else None) as file:
        change(file, canary)
    return path


def cut(folder: Path, _: Path) -> Path:
    path = write_h5ad(folder / "a.h5ad", COUNTS)
    path.write_bytes(path.read_bytes()[:-4000])
    return path


def no_hdf5(folder: Path, _: Path) -> Path:
    (folder / "a.h5ad").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\xff" * 5_000)
    return folder / "a.h5ad"


def pipe(folder: Path, _: Path) -> Path:
    os.mkfifo(folder / "a.h5ad")
    return folder / "a.h5ad"


def tenx_link(folder: Path, canary: Path) -> Path:
    path = write_10x(folder / "a.h5")
    with h5py.File(path, "r+") as file:
        del file["matrix/barcodes"]
        file["matrix/barcodes"] = h5py.ExternalLink(str(canary), "/names")
    return path


def _zarr(change: Callable[[Path, Path], object], version: int) -> Callable[[Path, Path], Path]:
    def make(folder: Path, canary: Path) -> Path:
        path = write_zarr(folder / "a.zarr", version=version)
        change(path, canary)
        return path

    return make


def _describe(file: Path, **changes: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def zarr_link(path: Path, canary: Path) -> None:
    (path / "extra").symlink_to(canary)


def zarr_piece_link(path: Path, canary: Path) -> None:
    piece = next(
        one
        for one in (path / "X").rglob("*")
        if one.is_file() and one.name not in {"zarr.json", ".zarray"}
    )
    piece.unlink()
    piece.symlink_to(canary)


def zarr_folder_link(path: Path, canary: Path) -> None:
    (path / "obs" / "more").symlink_to(canary.parent, target_is_directory=True)


def zarr_pipe(path: Path, _: Path) -> None:
    piece = next(
        one
        for one in (path / "X").rglob("*")
        if one.is_file() and not one.name.startswith((".z", "zarr"))
    )
    piece.unlink()
    os.mkfifo(piece)


def zarr_pickle(path: Path, canary: Path) -> None:
    """Names of the cells packed by pickle, which runs code when they are read."""
    names = path / "obs" / "_index"
    if not (names / ".zarray").exists():
        names /= "values"  # anndata 0.13 keeps a mask beside them
    payload = numcodecs.Pickle().encode(
        np.array([Planted(canary.parent / "ran")] * 4, dtype=object)
    )
    (names / "0").write_bytes(payload)
    _describe(names / ".zarray", filters=[{"id": "pickle"}], compressor=None)


def zarr_unknown_codec(path: Path, _: Path) -> None:
    _describe(path / "X" / "zarr.json", codecs=[{"name": "mine", "configuration": {}}])


def zarr_inner_codec(path: Path, _: Path) -> None:
    inner = {
        "chunk_shape": [4, 8],
        "codecs": [{"name": "numcodecs.pickle"}],
        "index_codecs": [{"name": "bytes"}],
    }
    _describe(
        path / "X" / "zarr.json", codecs=[{"name": "sharding_indexed", "configuration": inner}]
    )


def zarr_claim_2(path: Path, _: Path) -> None:
    _describe(path / "X" / ".zarray", shape=[10**9, 10**4], chunks=[1000, 1000])


def zarr_claim_3(path: Path, _: Path) -> None:
    grid = {"name": "regular", "configuration": {"chunk_shape": [1000, 1000]}}
    _describe(path / "X" / "zarr.json", shape=[10**9, 10**4], chunk_grid=grid)


def zarr_piece(path: Path, _: Path) -> None:
    _describe(path / "X" / ".zarray", chunks=[10**6, 10**4])


def zarr_negative(path: Path, _: Path) -> None:
    _describe(path / "X" / ".zarray", shape=[-4, 8])


def zarr_deep(path: Path, _: Path) -> None:
    (path / ".zattrs").write_text('{"a":' * 100_000 + "1" + "}" * 100_000)


def zarr_twins(path: Path, _: Path) -> None:
    (path / ".zattrs").write_text('{"encoding-type": "anndata", "encoding-type": "raw"}')


def zarr_index(path: Path, _: Path) -> None:
    _describe(path / "obs" / ".zattrs", _index="../../canary/names")


STORES: dict[str, tuple[str, Callable[[Path, Path], Path]]] = {
    "h5ad that was cut": ("matrix", cut),
    "no HDF5 behind the first bytes": ("matrix", no_hdf5),
    "pipe in the place of an h5ad": ("matrix", pipe),
    "10x file with an external link": ("matrix", tenx_link),
    "zarr with a symbolic link": ("matrix", _zarr(zarr_link, 3)),
    "zarr with a link for a piece of X": ("matrix", _zarr(zarr_piece_link, 3)),
    "zarr with a link to a folder": ("matrix", _zarr(zarr_folder_link, 2)),
    "zarr with a pipe for a piece of X": ("matrix", _zarr(zarr_pipe, 2)),
    "zarr packed by pickle": ("matrix", _zarr(zarr_pickle, 2)),
    "zarr with a codec nobody knows": ("matrix", _zarr(zarr_unknown_codec, 3)),
    "zarr with pickle inside of a shard": ("matrix", _zarr(zarr_inner_codec, 3)),
    "zarr 2 of 80 TB without a piece": ("matrix", _zarr(zarr_claim_2, 2)),
    "zarr 3 of 80 TB without a piece": ("matrix", _zarr(zarr_claim_3, 3)),
    "zarr with one piece of 80 GB": ("matrix", _zarr(zarr_piece, 2)),
    "zarr with a shape below zero": ("matrix", _zarr(zarr_negative, 2)),
    "zarr with a description without end": ("matrix", _zarr(zarr_deep, 2)),
    "zarr with a key twice": ("matrix", _zarr(zarr_twins, 2)),
    "zarr with an index outside": ("matrix", _zarr(zarr_index, 2)),
}
