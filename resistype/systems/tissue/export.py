"""Files: cells as CSV with every threshold in the header, polygons as GeoJSON. Each whole or not at
all.

The header of the CSV is lines that begin with ``#``; `read_cells` and pandas' ``comment="#"`` skip
them. Text that a spreadsheet would take for a formula gets a leading apostrophe. GeoJSON holds
coordinates as (x, y) in the unit of the tissue, which is said in the file: they are positions in an
image, not on the globe.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from resistype.errors import TissueError
from resistype.safe.files import write_text
from resistype.systems.tissue.options import Threshold
from resistype.systems.tissue.rois import Roi
from resistype.systems.tissue.tissue import Tissue
from resistype.text import inert_frame, restored

FORMAT, FORMAT_VERSION = "resistype-rois", 1


def cells_table(tissue: Tissue, columns: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """One row per cell: region, instance_id, x_um, y_um, kind, and the columns given (each of
    shape (n_obs,)).
    """
    um = tissue.um
    table = pd.DataFrame(
        {
            "region": tissue.region.astype(str),
            "instance_id": tissue.instance,
            "x_um": um[:, 0],
            "y_um": um[:, 1],
            "kind": tissue.kind.astype(str),
        }
    )
    return table.assign(
        **{name: pd.Series(list(values)) for name, values in (columns or {}).items()}
    )


def cells_text(
    table: pd.DataFrame, thresholds: Iterable[Threshold], *, notes: Mapping[str, str] | None = None
) -> str:
    """CSV text with the thresholds as header lines.

    Examples
    --------
    >>> from resistype.systems.tissue import Threshold
    >>> print(cells_text(pd.DataFrame({"n": [1]}), [Threshold("radius", 30.0, "µm", "neighbours")]))
    # format=resistype-cells version=1
    # threshold radius=30 µm (ours): neighbours
    # note RUO=Research use only; not for treatment decisions.
    n
    1
    <BLANKLINE>
    """
    said = {"RUO": "Research use only; not for treatment decisions."} | dict(notes or {})
    lines = ["format=resistype-cells version=1"]
    lines += [
        f"threshold {one.name}={one.value:g} {one.unit} ({_origin(one)}): {one.text}"
        for one in thresholds
    ]
    lines += [f"note {name}={text}" for name, text in said.items()]
    head = "".join(f"# {' '.join(line.split())}\n" for line in lines)
    return head + inert_frame(table).to_csv(index=False, float_format="%.10g", lineterminator="\n")


def _origin(threshold: Threshold) -> str:
    return f"published, {threshold.citation}" if threshold.source == "published" else "ours"


def write_cells(
    path: str | Path,
    table: pd.DataFrame,
    thresholds: Iterable[Threshold],
    *,
    notes: Mapping[str, str] | None = None,
) -> Path:
    """Write `cells_text` whole or not at all.

    Raises
    ------
    OutputError
        O101 when it cannot be written; an older file of that name is then still there as it was.
    """
    return write_text(path, cells_text(table, thresholds, notes=notes))


def read_cells(path: str | Path) -> pd.DataFrame:
    """The table of a file that `write_cells` wrote, without its header lines and with its text as
    it was.

    Raises
    ------
    TissueError
        P111 when there is no such file, or it is no such table.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").split("\n")
        start = next(
            (number for number, line in enumerate(lines) if not line.startswith("#")), len(lines)
        )
        table = pd.read_csv(
            io.StringIO("\n".join(lines[start:])), keep_default_na=False, na_values=[""]
        )
    except (OSError, ValueError) as error:
        raise TissueError(
            f"{path} cannot be read as a table of cells: {error}.", code="P111"
        ) from None
    text = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    return table.assign(**{name: table[name].map(restored, na_action="ignore") for name in text})


def rois_text(rois: Sequence[Roi], *, unit: str = "px", scale_um: float | None = None) -> str:
    """Polygons as GeoJSON: one Feature a ROI, with its name and region.

    Parameters
    ----------
    rois
        Polygons.
    unit, scale_um
        Of the coordinates, as of the tissue they belong to.
    """
    features = [_feature(one) for one in rois]
    about = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "axes": "xy",
        "unit": unit,
        "scale_um": scale_um,
    }
    whole = {"type": "FeatureCollection", **about, "features": features}
    return json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _feature(roi: Roi) -> dict[str, Any]:
    ring = roi.xy.tolist()
    ring = ring if ring[0] == ring[-1] else [*ring, ring[0]]
    properties = {"name": roi.name, "region": roi.region}
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def write_rois(
    path: str | Path, rois: Sequence[Roi], *, unit: str = "px", scale_um: float | None = None
) -> Path:
    """Write `rois_text` whole or not at all.

    Raises
    ------
    OutputError
        O101 when it cannot be written.
    """
    return write_text(path, rois_text(rois, unit=unit, scale_um=scale_um))


def read_rois(path: str | Path) -> tuple[Roi, ...]:
    """Polygons of a GeoJSON file; coordinates are (x, y), as GeoJSON has them.

    Raises
    ------
    TissueError
        P112 when the file is no GeoJSON of polygons, or of a newer format.

    Examples
    --------
    >>> import tempfile
    >>> box = Roi("A", [[0, 0], [0, 4], [3, 4], [3, 0]], region="image 1")
    >>> path = write_rois(Path(tempfile.mkdtemp()) / "rois.geojson", [box], scale_um=0.5)
    >>> read_rois(path)[0].xy.tolist()
    [[0.0, 0.0], [4.0, 0.0], [4.0, 3.0], [0.0, 3.0], [0.0, 0.0]]
    """
    try:
        whole = json.loads(Path(path).read_text(encoding="utf-8"))
        if int(whole.get("format_version", 1)) > FORMAT_VERSION:
            message = (
                f"{path} has format version {whole['format_version']}; this one reads"
                f" {FORMAT_VERSION}. Update."
            )
            raise TissueError(message, code="P112")
        return tuple(_roi(number, one) for number, one in enumerate(whole["features"], start=1))
    except TissueError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        message = f"{path} is no GeoJSON with polygons: {type(error).__name__} {error}."
        raise TissueError(message, code="P112") from None


def _roi(number: int, feature: Any) -> Roi:
    geometry, about = feature["geometry"], feature.get("properties") or {}
    if geometry["type"] != "Polygon" or len(geometry["coordinates"]) != 1:
        message = (
            f"Feature {number} is a {geometry['type']}, or has holes; wanted Polygons without"
            " holes."
        )
        raise TissueError(message, code="P112")
    name, region = about.get("name") or f"ROI {number}", about.get("region")
    return Roi(
        str(name), geometry["coordinates"][0], None if region is None else str(region), axes="xy"
    )
