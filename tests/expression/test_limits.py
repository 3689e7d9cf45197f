"""Files from strangers: refused before anything is read, and good files let through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import pytest
import scipy.sparse as sp

from resistype.errors import ExpressionError
from resistype.expression import ReadOptions, read_expression
from tests.expression.build import COUNTS, write_10x, write_h5ad, write_zarr

SECRET = b"root:x:0:0 not for you"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file outside of the h5ad that nothing of may be read."""
    (tmp_path / "secret.bin").write_bytes(SECRET * 20)
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["X"] = COUNTS
        file["names"] = np.frombuffer(SECRET, dtype="S1")
    return tmp_path


def external_link(folder: Path, file: h5py.File) -> None:
    del file["X"]
    file["X"] = h5py.ExternalLink(str(folder / "other.h5"), "/X")


def external_link_deep(folder: Path, file: h5py.File) -> None:
    file["uns/a/b"] = h5py.ExternalLink(str(folder / "other.h5"), "/")


def soft_link(folder: Path, file: h5py.File) -> None:
    file["obs/also"] = h5py.SoftLink("/var")


def external_storage(folder: Path, file: h5py.File) -> None:
    del file["X"]
    file.create_dataset(
        "X", shape=(4, 8), dtype="f8", external=[(str(folder / "secret.bin"), 0, 256)]
    )


def virtual(folder: Path, file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(4, 8), dtype="f8")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "X", shape=(4, 8))
    del file["X"]
    file.create_virtual_dataset("X", layout)


def bomb(folder: Path, file: h5py.File) -> None:
    del file["X"]
    file.create_dataset("X", shape=(4_000_000, 1000), dtype="f8", chunks=(1000, 1000))


def long_name(folder: Path, file: h5py.File) -> None:
    file["uns/" + "a" * 300] = 1


def group_circle(folder: Path, file: h5py.File) -> None:
    file["uns/again"] = file["uns"]


POINTING: dict[str, tuple[Callable[[Path, h5py.File], None], str]] = {
    "external link": (external_link, "/X is an external link and points elsewhere"),
    "deep external link": (external_link_deep, "/uns/a/b is an external link and points elsewhere"),
    "soft link": (soft_link, "/obs/also is a soft link and points elsewhere"),
    "external storage": (external_storage, "/X keeps its data in another file"),
    "virtual dataset": (virtual, "/X is mapped from another file"),
    "size bomb": (bomb, "/X declares 32.0 GB but holds 0 bytes"),
    "long name": (long_name, "it holds a name of 300 characters"),
}


@pytest.mark.parametrize("case", POINTING)
def test_what_points_elsewhere_is_refused(secret: Path, case: str) -> None:
    change, why = POINTING[case]
    path = write_h5ad(secret / "a.h5ad", COUNTS)
    with h5py.File(path, "r+") as file:
        change(secret, file)

    with pytest.raises(ExpressionError) as caught:
        read_expression(path)

    assert (
        str(caught.value)
        == f"E314 {path} is not read: {why}. If you trust its source, write it again with anndata"
        " and use the new file."
    )


def test_a_group_inside_itself_ends(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "a.h5ad", COUNTS)
    with h5py.File(path, "r+") as file:
        group_circle(tmp_path, file)

    assert read_expression(path).n_obs == 4


def test_too_many_objects_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resistype.expression.limits.MAX_OBJECTS", 5)

    with pytest.raises(ExpressionError, match=r"E314 .* it holds more than 5 objects"):
        read_expression(write_h5ad(tmp_path / "a.h5ad", COUNTS))


def replaced(file: h5py.File, name: str, values: object) -> None:
    del file[name]
    file[name] = values


def swap_pointer(file: h5py.File) -> None:
    file["X/indptr"][2] = 10_000


def falling_pointer(file: h5py.File) -> None:
    pointer = file["X/indptr"][:]
    pointer[1], pointer[2] = pointer[2], pointer[1]
    file["X/indptr"][:] = pointer


def late_start(file: h5py.File) -> None:
    file["X/indptr"][0] = 1


def short_pointer(file: h5py.File) -> None:
    replaced(file, "X/indptr", file["X/indptr"][:-1])


def more_values(file: h5py.File) -> None:
    replaced(file, "X/data", np.ones(500))


def flat_parts(file: h5py.File) -> None:
    replaced(file, "X/indices", np.zeros((3, 3), dtype="i4"))


def no_pointer(file: h5py.File) -> None:
    del file["X/indptr"]


def text_values(file: h5py.File) -> None:
    replaced(file, "X/data", np.array([b"x"] * file["X/data"].shape[0]))


def far_column(file: h5py.File) -> None:
    file["X/indices"][0] = 8


def negative_column(file: h5py.File) -> None:
    file["X/indices"][0] = -1


def other_shape(file: h5py.File) -> None:
    file["X"].attrs["shape"] = (5, 8)


def no_shape(file: h5py.File) -> None:
    del file["X"].attrs["shape"]


BROKEN: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "pointer beyond the end": (
        swap_pointer,
        "its row pointer does not fit 4 × 8 with 22 stored values",
    ),
    "pointer falls": (falling_pointer, "its row pointer does not fit 4 × 8 with 22 stored values"),
    "pointer starts late": (late_start, "its row pointer does not fit 4 × 8 with 22 stored values"),
    "pointer too short": (
        short_pointer,
        "its row pointer does not fit 4 × 8 with 22 stored values",
    ),
    "more values than places": (more_values, "its row pointer does not fit"),
    "parts of two dimensions": (flat_parts, "it lacks data, indices or indptr"),
    "no pointer": (no_pointer, "it lacks data, indices or indptr"),
    "values are text": (text_values, "its parts are not numbers"),
    "column too large": (far_column, "it names places outside 0–7"),
    "column negative": (negative_column, "it names places outside 0–7"),
    "shape does not fit the names": (other_shape, "X is 5 × 8, but obs has 4 rows, var 8"),
    "no shape": (no_shape, "/X is not a matrix: its shape is None"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_sparse_matrix_is_an_error_not_a_crash(tmp_path: Path, case: str) -> None:
    change, why = BROKEN[case]
    path = write_h5ad(tmp_path / "a.h5ad", sp.csr_matrix(COUNTS))
    with h5py.File(path, "r+") as file:
        change(file)

    with pytest.raises(ExpressionError) as caught:
        read_expression(path)

    assert caught.value.code == "E313"
    assert why in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not hdf5 at all", b"\x89HDF\r\n\x1a\n" + b"\x00" * 600])
def test_what_is_no_hdf5(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.h5ad").write_bytes(content)

    with pytest.raises(
        ExpressionError, match=r"E313 .*a\.h5ad cannot be read as an h5ad, 10x h5 or zarr file"
    ):
        read_expression(tmp_path / "a.h5ad")


def test_a_cut_file(tmp_path: Path) -> None:
    path = write_h5ad(tmp_path / "a.h5ad", COUNTS)
    path.write_bytes(path.read_bytes()[:-4000])

    with pytest.raises(ExpressionError, match="E313"):
        read_expression(path)


def test_a_zarr_folder_with_a_link_out(secret: Path) -> None:
    write_zarr(secret / "a.zarr")
    (secret / "a.zarr" / "extra").symlink_to(secret / "secret.bin")

    with pytest.raises(ExpressionError) as caught:
        read_expression(secret / "a.zarr")

    assert str(caught.value).startswith(
        f"E314 {secret / 'a.zarr'} is not read: extra is a symbolic link and points elsewhere."
    )


def test_a_zarr_folder_of_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_zarr(tmp_path / "a.zarr")
    monkeypatch.setattr("resistype.expression.limits.MAX_OBJECTS", 3)

    with pytest.raises(ExpressionError, match="it holds more than 3 files"):
        read_expression(tmp_path / "a.zarr")


@pytest.mark.parametrize("compression", [None, "gzip", "lzf"])
@pytest.mark.parametrize(
    "values", [COUNTS, sp.csr_matrix(COUNTS), sp.csc_matrix(COUNTS)], ids=["dense", "csr", "csc"]
)
def test_good_files_are_let_through(
    tmp_path: Path, values: object, compression: str | None
) -> None:
    path = write_h5ad(tmp_path / "a.h5ad", values)
    again = anndata.read_h5ad(path)
    again.write_h5ad(tmp_path / "b.h5ad", compression=compression)

    assert read_expression(tmp_path / "b.h5ad").n_genes == 8


def test_a_good_10x_file_is_let_through(tmp_path: Path) -> None:
    assert read_expression(write_10x(tmp_path / "a.h5"), ReadOptions()).n_obs == 4
