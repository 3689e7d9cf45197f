"""Cells with a place: coordinates, keys and kinds of the cells of one or several images. Made by
`read_tissue`.

Coordinates are kept as (x, y), in the unit they came in, with the scale that turns them into µm;
there is no tissue without a scale. A cell's key is (region, instance id), because ids repeat from
image to image. Cells of different regions never meet: every measure goes region by region.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import ResistypeError, TissueError
from resistype.expression.anndata import is_anndata
from resistype.expression.hdf5 import check_file
from resistype.extras import needs
from resistype.text import listed

UNASSIGNED = "unassigned"


@dataclass(frozen=True, eq=False)
class Tissue:
    """Cells of one or several images.

    Attributes
    ----------
    xy
        Shape (n_obs, 2): x then y, in `unit`.
    scale_um
        µm per unit of `xy`; 1 where they are µm.
    unit
        ``px`` or ``um``.
    region
        Image of each cell, shape (n_obs,).
    instance
        Id of each cell in its image, shape (n_obs,): integers or strings.
    kind
        Kind (phenotype, class) of each cell; ``unassigned`` where it is missing.
    obs
        The other columns, one row per cell, in the same order.
    markers
        Values of markers, shape (n_obs, n_markers), or None.
    """

    xy: NDArray[np.float64]
    scale_um: float
    unit: Literal["px", "um"]
    region: pd.Categorical[Any]
    instance: NDArray[Any]
    kind: pd.Categorical[Any]
    obs: pd.DataFrame
    markers: pd.DataFrame | None = None

    @property
    def n_obs(self) -> int:
        """Number of cells."""
        return len(self.xy)

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the images."""
        return tuple(self.region.categories)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of cells, also those without a cell where the table lists them."""
        return tuple(self.kind.categories)

    @property
    def um(self) -> NDArray[np.float64]:
        """Coordinates in µm, shape (n_obs, 2): x then y."""
        return self.xy * self.scale_um

    @property
    def yx(self) -> NDArray[np.float64]:
        """Coordinates as napari takes them, shape (n_obs, 2): y then x, in `unit`."""
        return self.xy[:, ::-1]

    @property
    def keys(self) -> pd.MultiIndex:
        """(region, instance id) of every cell."""
        return pd.MultiIndex.from_arrays(
            [self.region, self.instance], names=["region", "instance_id"]
        )

    def rows(self, region: str) -> NDArray[np.intp]:
        """Row numbers of the cells of an image.

        Raises
        ------
        TissueError
            P110 when there is no such image.
        """
        if region not in self.regions:
            message = f"There is no region {region!r}; the regions are: {listed(self.regions)}."
            raise TissueError(message, code="P110")
        return np.flatnonzero(self.region.codes == self.regions.index(region))

    def each(self) -> Iterator[tuple[str, NDArray[np.intp]]]:
        """Every image with the row numbers of its cells."""
        order = np.argsort(self.region.codes, kind="stable")
        ends = np.cumsum(np.bincount(self.region.codes, minlength=len(self.regions)))
        yield from zip(self.regions, np.split(order, ends[:-1]), strict=True)

    def of(self, kinds: str | Sequence[str]) -> NDArray[np.bool_]:
        """Whether each cell is of one of the kinds, shape (n_obs,).

        Raises
        ------
        TissueError
            P105 when there is no such kind, or none was named.

        Examples
        --------
        >>> from resistype.systems.tissue import read_tissue
        >>> cells = pd.DataFrame({"x": [0, 9], "y": [0, 9], "phenotype": ["T cell", "tumour"]})
        >>> read_tissue(cells, unit="um").of("tumour").tolist()
        [False, True]
        """
        wanted = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        absent = [name for name in wanted if name not in self.kinds]
        if absent or not wanted:
            said = (
                f"There are no cells called {listed([*map(repr, absent)])}"
                if absent
                else "No kind of cell was named"
            )
            raise TissueError(f"{said}; the kinds are: {', '.join(self.kinds)}.", code="P105")
        codes = [self.kinds.index(name) for name in wanted]
        return np.isin(self.kind.codes, codes)


# What can be wrong with cells and their places. Each check gives a code and a sentence; all are
# raised together.

Complaint = tuple[str, str]


def raise_all(found: list[Complaint]) -> None:
    """Raise all complaints at once under the code of the first; do nothing when there are none."""
    if not found:
        return
    lines = "\n".join(f"  - {code} {line}" for code, line in found)
    count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
    raise TissueError(f"The cells: {count}\n{lines}", code=found[0][0])


def checked_scale(scale_um: float | None, unit: str) -> float:
    """µm per unit of the coordinates."""
    if unit not in ("px", "um"):
        raise TissueError(f"unit={unit!r}; choose 'px' or 'um'.", code="P101")
    if unit == "um" and scale_um in (None, 1, 1.0):
        return 1.0
    if unit == "um":
        message = (
            f"The coordinates are said to be µm and to have {scale_um!r} µm per pixel; give one of"
            " the two."
        )
        raise TissueError(message, code="P101")
    if scale_um is None:
        message = (
            "The coordinates are in pixels and no scale was given. Distances and densities need µm:"
            " give scale_um= (µm per pixel, from the microscope's file), or unit='um' when the"
            " coordinates are µm."
        )
        raise TissueError(message, code="P101")
    if not (
        isinstance(scale_um, int | float | np.number) and math.isfinite(scale_um) and scale_um > 0
    ):
        raise TissueError(
            f"scale_um={scale_um!r}; give µm per pixel, a number above 0.", code="P101"
        )
    return float(scale_um)


def numbers(xy: Any) -> tuple[NDArray[np.float64], str]:
    """Coordinates as float64, and a complaint where they are no two columns of numbers."""
    values = xy.to_numpy() if isinstance(xy, pd.DataFrame) else np.asarray(xy)
    empty = np.empty((0, 2))
    if values.ndim != 2 or values.shape[1] != 2:
        return (
            empty,
            (
                f"the coordinates have shape {values.shape}; wanted two columns, (n_obs, 2); leave"
                " z out"
            ),
        )
    try:
        return values.astype(np.float64), ""
    except (TypeError, ValueError) as error:
        return empty, f"the coordinates are not numbers: {error}"


def complaints(
    xy: NDArray[np.float64], unread: str, *, region: NDArray[Any], instance: NDArray[Any]
) -> list[Complaint]:
    """Everything that is wrong with coordinates and keys."""
    found: list[Complaint] = []
    if not len(region):
        found.append(("P103", "there are no cells"))
    if unread:
        found.append(("P103", unread))
    bad = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if len(bad):
        where = listed([f"{region[row]}/{instance[row]}" for row in bad])
        line = (
            f"{len(bad)} of {len(xy)} cells have coordinates that are missing or infinite: {where};"
            " leave them out"
        )
        found.append(("P103", line))
    return found + _keys(region, instance)


def _keys(region: NDArray[Any], instance: NDArray[Any]) -> list[Complaint]:
    no_region, no_id = int(pd.isna(region).sum()), int(pd.isna(instance).sum())
    found = []
    if no_region:
        found.append(
            ("P104", f"{no_region} of {len(region)} cells have no region; give each cell its image")
        )
    if no_id:
        found.append(("P104", f"{no_id} of {len(instance)} cells have no instance id"))
    keys = pd.MultiIndex.from_arrays([region, instance])
    again = keys.duplicated()
    if not found and bool(again.any()):
        found.append(("P104", _repeated(keys, again, region)))
    return found


def _repeated(keys: pd.MultiIndex, again: NDArray[np.bool_], region: NDArray[Any]) -> str:
    where = listed([f"{one[0]}/{one[1]}" for one in keys[again].unique()[:9]])
    line = (
        f"{int(again.sum())} cells have a key (region, instance id) that another cell has: {where}"
    )
    if len(set(region)) > 1:
        return line
    return (
        f"{line}; ids repeat from image to image, so name the column of the image with"
        " TissueColumns(region=...)"
    )


# Where the cells come from: an AnnData, a table or a file, reduced to the same few parts.

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}


@dataclass(frozen=True)
class TissueColumns:
    """Columns of the cells.

    Parameters
    ----------
    region
        Image of the cell; None where all cells are of one image.
    instance
        Id of the cell in its image; None for row numbers from 1.
    kind
        Kind of the cell; None where there is none.
    x, y
        Coordinates, for tables, and for AnnData whose obsm has none.
    spatial
        Key of the coordinates in obsm, for AnnData.
    """

    region: str | None = None
    instance: str | None = None
    kind: str | None = "phenotype"
    x: str = "x"
    y: str = "y"
    spatial: str = "spatial"


@dataclass(frozen=True)
class Source:
    """Cells before they are checked: which column is what, all columns, coordinates as they
    stand, markers.
    """

    columns: TissueColumns
    obs: pd.DataFrame
    xy: Any
    markers: pd.DataFrame | None


def open_source(source: Any, columns: TissueColumns, markers: Sequence[str] | None) -> Source:
    """Parts of what the user gave."""
    if isinstance(source, str | Path):
        path = Path(source)
        with _opened(path) as found:
            return open_source(found, columns, markers)
    if is_anndata(source):
        return _of_anndata(source, columns, markers)
    if isinstance(source, pd.DataFrame):
        return _of_table(source, columns, markers)
    message = f"Cells come as an AnnData, a DataFrame or a path; got {type(source).__name__}."
    raise TissueError(message, code="P111")


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A table, or an AnnData whose matrix stays on disk and is closed afterwards."""
    kind = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if not path.exists():
        raise TissueError(f"There is no file {path}. Check the path.", code="P111")
    if kind not in (".h5ad", ".parquet", *SEPARATORS):
        known = ", ".join([*SEPARATORS, ".parquet", ".h5ad"])
        raise TissueError(
            f"{path} has an ending that is not known here; known are {known}.", code="P111"
        )
    try:
        if kind == ".h5ad":
            yield from _open_h5ad(path)
        else:
            yield (
                pd.read_parquet(path)
                if kind == ".parquet"
                else pd.read_csv(path, sep=SEPARATORS[kind])
            )
    except ResistypeError:
        raise
    except (OSError, KeyError, ValueError, TypeError, UnicodeError) as error:
        raise TissueError(
            f"{path} cannot be read: {error}. Write the file again.", code="P111"
        ) from None


def _open_h5ad(path: Path) -> Iterator[Any]:
    check_file(path)
    with needs("anndata and h5py", extra="h5ad", what=f"Reading {path.name}"):
        import anndata  # noqa: PLC0415  only where such a file is read
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", anndata.OldFormatWarning
        )  # files of 2020 are as good as others
        adata = anndata.read_h5ad(path, backed="r")
        try:
            yield adata
        finally:
            adata.file.close()


def _of_table(table: pd.DataFrame, columns: TissueColumns, markers: Sequence[str] | None) -> Source:
    wanted = [
        columns.x,
        columns.y,
        columns.region,
        columns.instance,
        columns.kind,
        *(markers or ()),
    ]
    _all_there(wanted, table.columns, "the table")
    values = table[[*markers]].astype(np.float64) if markers else None
    return Source(columns, table, table[[columns.x, columns.y]], values)


def _of_anndata(adata: Any, columns: TissueColumns, markers: Sequence[str] | None) -> Source:
    found, axes = _named(adata, columns), [columns.x, columns.y]
    in_obs = columns.spatial not in adata.obsm
    if in_obs and not set(axes) <= set(adata.obs.columns):
        message = (
            f"obsm has no {columns.spatial!r} (its keys are: {listed([*adata.obsm]) or 'none'}) and"
            f" obs no columns {columns.x!r} and {columns.y!r} (it has:"
            f" {listed([*adata.obs.columns])}). Name the coordinates with"
            " columns=TissueColumns(spatial=...) or TissueColumns(x=..., y=...)."
        )
        raise TissueError(message, code="P102")
    _all_there([found.region, found.instance, found.kind], adata.obs.columns, "obs")
    xy = adata.obs[axes] if in_obs else adata.obsm[columns.spatial]
    return Source(found, adata.obs, xy, _values(adata, markers))


def _named(adata: Any, columns: TissueColumns) -> TissueColumns:
    """Columns of the keys, from spatialdata's attributes where the user named none."""
    given = adata.uns.get("spatialdata_attrs", {})
    region = columns.region or given.get("region_key")
    return replace(columns, region=region, instance=columns.instance or given.get("instance_key"))


def _values(adata: Any, markers: Sequence[str] | None) -> pd.DataFrame | None:
    if not markers:
        return None
    _all_there(markers, adata.var_names, "var")
    part = adata[:, [*markers]].X
    dense = part.toarray() if hasattr(part, "toarray") else np.asarray(part)
    return pd.DataFrame(dense.astype(np.float64), index=adata.obs_names, columns=[*markers])


def _all_there(wanted: Sequence[str | None], names: pd.Index, where: str) -> None:
    absent = [name for name in wanted if name is not None and name not in names]
    if absent:
        message = (
            f"{where} has no column {', '.join(map(repr, absent))}; there are: {listed([*names])}."
            " Say which column is what with columns=TissueColumns(...); None where there is none."
        )
        raise TissueError(message, code="P102")


# A tissue out of an AnnData, a table or a file: everything checked, all complaints at once.

ONE = "image"


def read_tissue(
    source: Any,
    *,
    scale_um: float | None = None,
    unit: Literal["px", "um"] = "px",
    axes: Literal["xy", "yx"] = "xy",
    columns: TissueColumns | None = None,
    markers: Sequence[str] | None = None,
) -> Tissue:
    """Cells with their places, from an AnnData, a DataFrame, or a csv, tsv, parquet or h5ad file.

    Parameters
    ----------
    source
        One row per cell.
    scale_um
        µm per pixel; needed unless `unit` is ``um``. It is never guessed.
    unit
        Unit of the coordinates.
    axes
        Order of the two columns of ``obsm["spatial"]``. Tables have their columns named, so it is
        ``xy`` there.
    columns
        Which column is what.
    markers
        Columns (of a table) or variables (of an AnnData) to keep as values.

    Returns
    -------
    Tissue

    Raises
    ------
    TissueError
        P101 no scale, P102 a column is not there, P103 coordinates that are not numbers, P104 keys
        that are missing or repeat, P105 no kinds, P106 axes of a table, P111 a file that cannot be
        read. Several at once are all listed.

    Examples
    --------
    >>> cells = pd.DataFrame({"x": [0, 30], "y": [0, 40], "phenotype": ["T cell", "tumour"]})
    >>> tissue = read_tissue(cells, scale_um=0.5)
    >>> tissue.um.tolist()
    [[0.0, 0.0], [15.0, 20.0]]
    """
    scale = checked_scale(scale_um, unit)
    given = open_source(source, columns or TissueColumns(), markers)
    if axes not in ("xy", "yx") or (axes == "yx" and isinstance(given.xy, pd.DataFrame)):
        message = (
            f"axes={axes!r}: 'xy' or 'yx', and for a table, whose columns x and y are named, 'xy'."
        )
        raise TissueError(message, code="P106")
    region, instance = _column(given, given.columns.region), _ids(given)
    xy, unread = numbers(given.xy)
    kind = _kinds(given)
    raise_all(
        complaints(xy, unread, region=region, instance=instance)
        + _no_kinds(kind, given.columns.kind)
    )
    xy = np.ascontiguousarray(xy[:, ::-1] if axes == "yx" else xy)
    xy.flags.writeable = False
    names = [str(one) for one in region]
    known = pd.Categorical(names, categories=list(dict.fromkeys(names)))
    return Tissue(xy, scale, unit, known, instance, kind, given.obs, given.markers)


def _column(given: Source, name: str | None) -> NDArray[Any]:
    if name is None:
        return np.full(len(given.obs), ONE, dtype=object)
    return given.obs[name].to_numpy(dtype=object)


def _ids(given: Source) -> NDArray[Any]:
    """Ids as integers where all are whole numbers, else as they are, as text; None where one is
    missing.
    """
    if given.columns.instance is None:
        return np.arange(1, len(given.obs) + 1)
    ids = given.obs[given.columns.instance]
    if pd.api.types.is_numeric_dtype(ids) and ids.notna().all() and bool((ids % 1 == 0).all()):
        return ids.to_numpy(np.int64)
    return np.array([None if pd.isna(one) else str(one) for one in ids], dtype=object)


def _kinds(given: Source) -> pd.Categorical[Any]:
    if given.columns.kind is None:
        return pd.Categorical([UNASSIGNED] * len(given.obs))
    kinds = given.obs[given.columns.kind]
    if isinstance(kinds.dtype, pd.CategoricalDtype):
        names = [str(name) for name in kinds.cat.categories]
    else:
        names = sorted({str(name) for name in kinds.dropna().unique()})
    blank = kinds.isna() | (kinds.astype(object).astype(str).str.strip() == "")
    texts = np.where(blank, UNASSIGNED, kinds.astype(object).astype(str))
    more = [UNASSIGNED] if bool(blank.any()) and UNASSIGNED not in names else []
    return pd.Categorical(texts, categories=[name for name in names if name.strip()] + more)


def _no_kinds(kind: pd.Categorical[Any], column: str | None) -> list[tuple[str, str]]:
    if column is None or not len(kind) or set(kind.unique()) != {UNASSIGNED}:
        return []
    return [
        (
            "P105",
            (
                f"the column {column!r} is empty in all {len(kind)} cells; without kinds give"
                " kind=None"
            ),
        )
    ]
