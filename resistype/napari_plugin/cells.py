"""The table behind a layer.

Which cells it has, their ids, their markers, and how they meet the cells of the layer.

A cell's key is (region, instance id); ids repeat from image to image. Everything is joined by key,
never by position, unless the layer has no ids and as many points as the table has rows. What does
not meet is counted both ways. No napari and no Qt is imported here: a layer is anything with
`data`, `metadata` and `features`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resistype.errors import InputError

INSTANCE_NAMES = (
    "instance_id",
    "cell_id",
    "cell_labels",
    "cell_ID",
    "CellID",
    "ObjectNumber",
    "label",
    "index",
)
REGION_NAMES = (
    "region",
    "image",
    "ImageId",
    "image_id",
    "fov",
    "roi",
    "ROI",
    "library_id",
    "sample",
)
MAX_MARKERS = 500


@dataclass(frozen=True)
class Match:
    """How the ids of a layer and of a table meet: counts, in both directions."""

    n_layer: int
    n_table: int
    n_both: int
    by: str

    @property
    def layer_only(self) -> int:
        """Cells of the layer without a row in the table."""
        return self.n_layer - self.n_both

    @property
    def table_only(self) -> int:
        """Rows of the table without a cell in the layer."""
        return self.n_table - self.n_both

    @property
    def text(self) -> str:
        """The counts as a sentence."""
        if not self.layer_only and not self.table_only:
            return f"{self.n_both:,} cells, each with its row of the table (by {self.by})."
        return (
            f"{self.n_both:,} cells with their row of the table (by {self.by}); "
            f"{self.layer_only:,} of {self.n_layer:,}"
            f" in the layer have no row, {self.table_only:,} of {self.n_table:,} rows have no cell "
            "in the layer."
        )


@dataclass(frozen=True, eq=False)
class CellTable:
    """Cells of one or several images, one row each."""

    names: tuple[str, ...]
    region: NDArray[np.object_]
    instance: NDArray[np.object_] | None
    obs: pd.DataFrame
    markers: pd.DataFrame
    instance_column: str = ""
    region_column: str = ""
    origin: Any = None

    @property
    def n_obs(self) -> int:
        """Number of cells."""
        return len(self.names)

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the images, in the order of the table."""
        return tuple(dict.fromkeys(self.region.tolist()))

    def rows_of(self, region: str | None) -> NDArray[np.intp]:
        """Rows of an image; of all rows where None is given and there is only one image."""
        if region is not None and region in self.regions:
            return np.flatnonzero(self.region == region)
        if len(self.regions) == 1 and (region is None or self.regions == ("",)):
            return np.arange(self.n_obs)
        what = f"the layer says {region!r}" if region else "the layer does not say which it shows"
        message = (
            f"The table holds cells of {len(self.regions)} images ({', '.join(self.regions[:5])}"
            f"{' …' if len(self.regions) > 1 else ''}) and {what}. Set "
            'layer.metadata["region"] to one of them, or give the layer its name.'
        )
        raise InputError(message, code="N103")


def as_keys(values: Iterable[Any]) -> NDArray[np.object_]:
    """Ids as text, so that 7, 7.0 and "7" meet; a missing id is an empty text.

    Examples
    --------
    >>> as_keys([7, 7.0, "7", " a1 ", None]).tolist()
    ['7', '7', '7', 'a1', '']
    """
    given = pd.Series(
        list(values) if not isinstance(values, (pd.Series, np.ndarray)) else values
    ).reset_index(drop=True)
    if given.dtype.kind in "iu":
        return given.astype(str).to_numpy(dtype=object)
    return np.array([_key(one) for one in given.astype(object)], dtype=object)


def _key(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def match_ids(
    layer_ids: NDArray[np.object_], table_ids: NDArray[np.object_], *, by: str
) -> tuple[Any, Match]:
    """Row of the table for each id of the layer (−1 where there is none), and the counts."""
    index = pd.Index(table_ids)
    known = index != ""
    twice = index[known & index.duplicated()]
    if len(twice):
        message = (
            f"{len(twice):,} ids occur more than once in the rows of this image "
            f"({', '.join(map(str, twice[:5]))} …). "
            "A cell's key is (image, id): name the column of the image in the table, or make the "
            "ids unique."
        )
        raise InputError(message, code="N104")
    rows = index.get_indexer(pd.Index(layer_ids))
    rows[layer_ids == ""] = -1
    found = Match(len(layer_ids), len(table_ids), int((rows >= 0).sum()), by)
    if not found.n_both and len(layer_ids) and len(table_ids):
        message = (
            f"None of {len(layer_ids):,} ids of the layer (such as {layer_ids[0]!r}) is among the "
            f"{len(table_ids):,} "
            f"of the table (such as {table_ids[0]!r}, {by}). Name the column that holds the ids of "
            "the layer: "
            'layer.metadata["instance_key"].'
        )
        raise InputError(message, code="N105")
    return rows, found


def table_of(layer: Any) -> CellTable:
    """The table of a layer: ``metadata["adata"]``, else its features."""
    adata = layer.metadata.get("adata")
    if adata is not None:
        return _of_adata(adata, layer)
    features = getattr(layer, "features", None)
    if features is None or not len(features.columns) or not len(features):
        message = (
            f"Layer {layer.name!r} has no table: neither metadata['adata'] nor features. Open a "
            "h5ad file, or set "
            "layer.features to a table with one row per cell."
        )
        raise InputError(message, code="N101")
    table = features.reset_index(drop=True)
    numbers = [name for name in table.columns if table[name].dtype.kind == "f"]
    markers = table[numbers].astype(np.float32)
    return _keyed(table, markers, layer.metadata, (None, None))


def _of_adata(adata: Any, layer: Any) -> CellTable:
    if (
        not all(hasattr(adata, name) for name in ("obs", "var_names", "X", "uns"))
        or not adata.n_obs
    ):
        kind = "an AnnData without rows" if hasattr(adata, "n_obs") else type(adata).__name__
        message = (
            f"metadata['adata'] of {layer.name!r} is {kind}. Give an AnnData with one row per cell."
        )
        raise InputError(message, code="N101")
    names = list(map(str, adata.var_names))
    twice = (
        sorted({name for name in names if names.count(name) > 1})
        if len(names) <= MAX_MARKERS
        else []
    )
    if twice:
        message = (
            f"{len(twice)} names of markers occur more than once ({', '.join(twice[:5])}). Give "
            "each marker a name of "
            "its own: adata.var_names_make_unique()."
        )
        raise InputError(message, code="N114")
    if len(names) > MAX_MARKERS or adata.X is None:
        markers = pd.DataFrame(
            index=range(adata.n_obs)
        )  # a transcriptome: scored by a scheme, not marker by marker
    else:
        dense = np.asarray(
            adata.X.toarray() if hasattr(adata.X, "toarray") else adata.X, dtype=np.float32
        )
        markers = pd.DataFrame(dense, columns=names)
    attrs = adata.uns.get("spatialdata_attrs", {})
    if not isinstance(attrs, Mapping):
        message = (
            f"uns['spatialdata_attrs'] is {type(attrs).__name__}; a dictionary with its two keys "
            "is needed."
        )
        raise InputError(message, code="N102")
    return _keyed(
        adata.obs,
        markers,
        layer.metadata,
        (attrs.get("region_key"), attrs.get("instance_key")),
        adata,
    )


def _keyed(
    obs: pd.DataFrame,
    markers: pd.DataFrame,
    metadata: Mapping[str, Any],
    /,
    attrs: tuple[str | None, str | None],
    origin: Any = None,
) -> CellTable:
    region_key = metadata.get("region_key") or attrs[0]
    instance_key = metadata.get("instance_key") or attrs[1]
    absent = [repr(key) for key in (region_key, instance_key) if key and key not in obs]
    if absent:
        message = (
            f"There is no column {' or '.join(absent)} in the table; the columns are: "
            f"{', '.join(map(str, obs))}."
        )
        raise InputError(message, code="N102")
    names = pd.Index(map(str, obs.index))
    instance_key = instance_key or next((name for name in INSTANCE_NAMES if name in obs), None)
    if instance_key is not None:
        instance: Any = as_keys(obs[instance_key])
    else:
        plain = origin is not None and names.str.fullmatch(r"\d+").all()
        instance = np.asarray(names, dtype=object) if plain else None
    region_key = region_key or _region_column(obs, instance)
    region = np.full(len(obs), "", dtype=object) if region_key is None else as_keys(obs[region_key])
    if origin is None or names.has_duplicates:
        ids = instance if instance is not None else np.arange(len(obs)).astype(str)
        names = pd.Index(
            [f"{one}/{two}" if one else str(two) for one, two in zip(region, ids, strict=True)]
        )
    if names.has_duplicates:
        message = (
            f"{int(names.duplicated().sum()):,} rows share their name or id with another "
            f"({names[names.duplicated()][0]} …). Give the rows unique names, or name the "
            "columns of the image and of the id."
        )
        raise InputError(message, code="N104")
    where = instance_key or ("row names" if instance is not None else "")
    table = obs.reset_index(drop=True)
    return CellTable(
        tuple(names), region, instance, table, markers, where, region_key or "", origin
    )


def _region_column(obs: pd.DataFrame, instance: NDArray[np.object_] | None) -> str | None:
    """A column that is known to hold images and has several, or makes repeated ids unique."""
    here = [name for name in REGION_NAMES if name in obs]
    if instance is not None and pd.Index(instance).has_duplicates:
        for name in here:
            if not pd.DataFrame({"r": as_keys(obs[name]), "i": instance}).duplicated().any():
                return name
    return next((name for name in here if obs[name].nunique() >= 1), None)


def join_tables(
    parts: Sequence[tuple[str, CellTable]],
) -> tuple[CellTable, list[tuple[CellTable, int]]]:
    """One table of several, and for each its own table and the row at which it starts.

    Layers that share an AnnData share its rows. A table without a column of images gets the layer's
    name as its image.
    """
    found: list[tuple[CellTable, int]] = []
    kept: list[tuple[CellTable, CellTable]] = []
    start = 0
    for name, table in parts:
        same = next(
            (
                n
                for n, (one, _) in enumerate(kept)
                if table.origin is not None and one.origin is table.origin
            ),
            None,
        )
        if same is not None:
            found.append(next(pair for pair in found if pair[0] is kept[same][0]))
            continue
        found.append((table, start))
        kept.append(
            (table, table if len(parts) == 1 or table.region_column else _in_image(table, name))
        )
        start += table.n_obs
    if len(kept) == 1:
        return kept[0][0], found
    whole = [one for _, one in kept]
    names = tuple(name for one in whole for name in one.names)
    if len(set(names)) < len(names):
        names = tuple(
            f"{where}/{name}"
            for one in whole
            for where, name in zip(one.region, one.names, strict=True)
        )
    if len(set(names)) < len(names):
        shared = len(names) - len(set(names))
        message = (
            f"The selected layers share cells: {shared:,} stand in two tables. Select each image "
            "once."
        )
        raise InputError(message, code="N104")
    return (
        CellTable(
            names,
            np.concatenate([one.region for one in whole]),
            (
                None
                if any(one.instance is None for one in whole)
                else np.concatenate([_ids(one) for one in whole])
            ),
            pd.concat([one.obs for one in whole], ignore_index=True),
            pd.concat([one.markers for one in whole], ignore_index=True),
            whole[0].instance_column,
            whole[0].region_column or "layer",
        ),
        found,
    )


def _ids(table: CellTable) -> NDArray[np.object_]:
    return np.empty(0, dtype=object) if table.instance is None else table.instance


def _in_image(table: CellTable, name: str) -> CellTable:
    return replace(table, region=np.full(table.n_obs, name, dtype=object))
