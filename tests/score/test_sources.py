"""One digest from every place a matrix can lie in, and from every engine that reads it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import anndata
import dask.array as da
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from joblib import parallel_config

from resistype.errors import ExpressionError, RunError
from resistype.expression import Expression, ReadOptions, as_expression, read_block, read_expression
from resistype.expression.blocks import Block
from resistype.expression.store import KEPT, lazy
from tests.processes import LIMIT
from tests.score.helpers import some_cells
from tests.score.test_loop import run
from tests.score.test_run import SYMBOLS

VALUES = some_cells(60, len(SYMBOLS)).astype(np.float32)
READ = ReadOptions(unit="log2")


def cells(values: object) -> anndata.AnnData:
    obs = pd.DataFrame(index=[f"c{i}" for i in range(60)])
    return anndata.AnnData(values, obs=obs, var=pd.DataFrame(index=SYMBOLS))


def zarr_store(path: Path, values: object, version: int) -> Path:
    with anndata.settings.override(zarr_write_format=version), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr on the future of its formats
        cells(values).write_zarr(path)
    return path


def sharded(path: Path, values: sp.csr_matrix) -> Path:
    """A zarr 3 store whose matrix lies in shards of several chunks each."""
    import zarr

    zarr_store(path, values, 3)
    group = zarr.open_group(str(path), mode="r+")["X"]
    for name in ("data", "indices"):
        array = np.asarray(group[name][:])
        size = -(-array.size // 512) * 512
        del group[name]
        group.create_array(
            name, shape=array.shape, dtype=array.dtype, chunks=(128,), shards=(min(size, 512),)
        )[:] = array
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr on the future of its formats
        zarr.consolidate_metadata(str(path))
    return path


def dask_sparse() -> da.Array:
    array = da.from_array(VALUES, chunks=(7, len(SYMBOLS)))
    return array.map_blocks(sp.csr_matrix, meta=sp.csr_matrix((0, 0), dtype=np.float32))


@pytest.fixture(scope="module")
def expected() -> str:
    return run(as_expression(cells(VALUES), READ)).digest


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder, sparse = tmp_path_factory.mktemp("stores"), sp.csr_matrix(VALUES)
    return {
        "zarr 2 sparse": zarr_store(folder / "a.zarr", sparse, 2),
        "zarr 2 dense": zarr_store(folder / "b.zarr", VALUES, 2),
        "zarr 3 sparse": zarr_store(folder / "c.zarr", sparse, 3),
        "zarr 3 dense": zarr_store(folder / "d.zarr", VALUES, 3),
        "zarr 3 sharded": sharded(folder / "e.zarr", sparse),
    }


STORES = ["zarr 2 sparse", "zarr 2 dense", "zarr 3 sparse", "zarr 3 dense", "zarr 3 sharded"]
LAZY: dict[str, Callable[[], da.Array]] = {
    "dask dense": lambda: da.from_array(VALUES, chunks=(7, 50)),
    "dask sparse": dask_sparse,
    "dask one chunk": lambda: da.from_array(VALUES, chunks=(60, len(SYMBOLS))),
}


@pytest.mark.parametrize("backed", [True, False])
@pytest.mark.parametrize("name", STORES)
def test_zarr(stores: dict[str, Path], expected: str, name: str, *, backed: bool) -> None:
    data = read_expression(stores[name], ReadOptions(unit="log2", backed=backed))

    assert run(data).digest == expected


@pytest.mark.parametrize("rows", [1, 5, 23, 60])
@pytest.mark.parametrize("name", LAZY)
def test_dask(expected: str, name: str, rows: int) -> None:
    assert run(as_expression(cells(LAZY[name]()), READ), rows=rows).digest == expected


@pytest.mark.parametrize("engine", ["sequential", "threading", "loky"])
@pytest.mark.parametrize("name", ["zarr 3 sharded", "zarr 2 sparse", "dask sparse", "dask dense"])
def test_engines(stores: dict[str, Path], expected: str, name: str, engine: str) -> None:
    with parallel_config(backend=engine, n_jobs=2):
        assert run(source(stores, name), n_jobs=None).digest == expected


@pytest.mark.slow
@pytest.mark.parametrize("processes", [True, False])
def test_one_digest_over_a_dask_cluster(
    stores: dict[str, Path], expected: str, *, processes: bool
) -> None:
    """h5ad is tested with killed workers in test_faults.py; here zarr, dask arrays and memory,
    on one small cluster.
    """
    from distributed import Client, LocalCluster

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    options |= {"host": "127.0.0.1"} if processes else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with LocalCluster(processes=processes, **options) as cluster, Client(cluster):
            names = ["zarr 3 sharded", "zarr 2 dense", "dask sparse", "dask dense", "memory"]
            with parallel_config(backend="dask", wait_for_workers_timeout=LIMIT):
                found = {name: run(source(stores, name), n_jobs=-1).digest for name in names}

    assert found == dict.fromkeys(names, expected)


def source(stores: dict[str, Path], name: str) -> Expression:
    if name in stores:
        return read_expression(stores[name], ReadOptions(unit="log2", backed=True))
    return as_expression(cells(LAZY[name]() if name in LAZY else VALUES), READ)


class TestDask:
    def test_a_chunk_is_computed_once_and_few_are_kept(self) -> None:
        seen: list[int] = []

        def count(part: np.ndarray) -> np.ndarray:
            seen.append(len(part))
            return part

        array = da.from_array(VALUES, chunks=(10, 400)).map_blocks(count, meta=VALUES[:0])
        values = lazy(array)
        rows = values.element()
        read = np.concatenate([rows[start : start + 3] for start in range(0, 60, 3)])

        np.testing.assert_array_equal(read, VALUES)
        assert len(seen) == 6
        assert len(rows._held) == KEPT

    def test_rows_over_chunk_edges(self) -> None:
        data = as_expression(cells(LAZY["dask sparse"]()), READ)

        np.testing.assert_array_equal(read_block(data, Block(3, 30)), VALUES[3:30])
        np.testing.assert_array_equal(data.select(["c50", "c2"]).values, VALUES[[50, 2]])

    def test_bad_values_are_named(self) -> None:
        holed = VALUES.copy()
        holed[40, 7] = np.nan

        with pytest.raises(
            ExpressionError,
            match=f"E501 1 missing value in 1 gene x 1 sample .*{SYMBOLS[7]} in 'c40'",
        ):
            as_expression(cells(da.from_array(holed, chunks=(7, 400))), READ)

    def test_turned_on_request(self, expected: str) -> None:
        turned = anndata.AnnData(
            da.from_array(VALUES.T.copy(), chunks=(50, 60)),
            obs=pd.DataFrame(index=SYMBOLS),
            var=pd.DataFrame(index=[f"c{i}" for i in range(60)]),
        )

        found = as_expression(turned, ReadOptions(unit="log2", orientation="genes_x_samples"))

        assert run(found).digest == expected

    def test_a_run_is_resumed_with_the_same_array_only(self, expected: str, tmp_path: Path) -> None:
        run(source({}, "dask dense"), run_dir=tmp_path)
        min(tmp_path.glob("*.block")).unlink()

        assert run(source({}, "dask dense"), run_dir=tmp_path, resume=True).digest == expected
        other = as_expression(cells(da.from_array(VALUES + 1, chunks=(7, 400))), READ)
        with pytest.raises(RunError, match=r"E604 .* belongs to a run with other data"):
            run(other, run_dir=tmp_path, resume=True)


@pytest.mark.parametrize("how", ["short", "empty", "gone"])
def test_a_truncated_zarr_store(tmp_path: Path, how: str) -> None:
    """Cut off, a store is refused when it is opened or when its rows are read; it never gives
    other scores.
    """
    path = zarr_store(tmp_path / "a.zarr", sp.csr_matrix(VALUES), 3)
    chunk = max(
        (file for file in (path / "X" / "data").rglob("*") if file.is_file()),
        key=lambda f: f.stat().st_size,
    )
    content = chunk.read_bytes()
    chunk.write_bytes(content[: len(content) // 2] if how == "short" else b"")
    if how == "gone":
        chunk.unlink()

    with pytest.raises(
        ExpressionError, match=r"E313 .*a\.zarr .*Write the file again from its source"
    ):
        run(read_expression(path, ReadOptions(unit="log2", backed=True)))
