"""`resistype spatial`: cells with places to neighbours, compartments, a description of each image,
drawn regions.

Files: regions.tsv (a description of every image, or why there is none), evidence.tsv,
densities.tsv, rim.tsv, neighbours.tsv (mean fraction of every kind around every kind),
composition.tsv (with --rois), cells.csv (one row per cell, every threshold in its header),
thresholds.tsv and run.json.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from resistype._version import __version__
from resistype.cli import show
from resistype.report import make_folder, table_text, write_text
from resistype.scheme import Calls, call_measured, load_scheme
from resistype.scheme.variant import with_threshold
from resistype.systems.tissue import (
    Compartments,
    MarginRule,
    Neighbourhood,
    Roi,
    Roles,
    Threshold,
    Tissue,
    TissueColumns,
    cells_table,
    cells_text,
    compartments,
    densities,
    in_roi,
    measure_regions,
    nearest,
    neighbourhood,
    read_rois,
    read_tissue,
    rim_score,
    rim_thresholds,
    roi_composition,
    scheme_limits,
    threshold_table,
)

Column = Annotated[str | None, typer.Option(help="column; with a .h5ad as spatialdata names it")]


@dataclass(frozen=True, eq=False)
class _Results:
    """Everything that is written."""

    tissue: Tissue
    roles: Roles
    calls: Calls
    found: Compartments
    around: Neighbourhood
    rois: tuple[Roi, ...]

    def thresholds(self) -> tuple[Threshold, ...]:
        rim = rim_thresholds() if self.roles.macrophages else ()
        return (
            *scheme_limits(self.calls.scheme),
            *self.found.thresholds(),
            *self.around.thresholds(),
            *rim,
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables by name of their file."""
        found, tissue, roles = self.found, self.tissue, self.roles
        named = {"T cells": roles.t_cells, "tumour": roles.tumour, "macrophages": roles.macrophages}
        parts = [
            densities(tissue, kinds, found).assign(cells=name)
            for name, kinds in named.items()
            if kinds
        ]
        tables = {
            "regions": _regions(self.calls),
            "evidence": self.calls.evidence().rename(columns={"sample": "region"}),
            "densities": pd.concat(parts, ignore_index=True),
            "neighbours": _around(self.tissue, self.around),
            "thresholds": threshold_table(self.thresholds()),
        }
        if roles.macrophages:
            tables["rim"] = rim_score(tissue, roles, found).reset_index()
        if self.rois:
            tables["composition"] = _compositions(tissue, self.rois)
        return tables

    def cells(self) -> pd.DataFrame:
        """One row per cell."""
        columns: dict[str, Any] = {
            "compartment": self.found.cells["compartment"].astype(str),
            "depth_um": self.found.cells["depth_um"],
            "n_neighbours": self.around.n,
            "nearest_tumour_um": nearest(self.tissue, self.roles.tumour),
        }
        for roi in self.rois:
            columns[f"in {roi.name}"] = in_roi(self.tissue, roi)
        return cells_table(self.tissue, columns)


def spatial_command(
    cells: Annotated[Path, typer.Argument(help="one row per cell: .csv, .tsv, .parquet or .h5ad")],
    out: Annotated[
        Path, typer.Option(help="folder for regions.tsv, evidence.tsv, cells.csv, run.json, …")
    ],
    tumour: Annotated[
        list[str], typer.Option(help="a kind of tumour cell; may be given several times")
    ],
    t_cell: Annotated[list[str], typer.Option(help="a kind of T cell; may be given several times")],
    macrophage: Annotated[
        list[str] | None, typer.Option(help="a kind of CD163+ macrophage; may be repeated")
    ] = None,
    scale_um: Annotated[
        float | None, typer.Option(help="µm per pixel; needed unless --unit um")
    ] = None,
    unit: Annotated[str, typer.Option(help="unit of the coordinates: px or um")] = "px",
    axes: Annotated[str, typer.Option(help='order of obsm["spatial"]: xy or yx')] = "xy",
    region: Column = None,
    instance: Column = None,
    kind: Annotated[str, typer.Option(help="column of the kind of cell")] = "phenotype",
    x: Annotated[str, typer.Option(help="column of x")] = "x",
    y: Annotated[str, typer.Option(help="column of y")] = "y",
    radius: Annotated[float, typer.Option(help="radius of the neighbourhood in µm (ours)")] = 30.0,
    margin: Annotated[
        float, typer.Option(help="width of the margin on each side in µm (ours)")
    ] = MarginRule.width_um,
    dense: Annotated[float, typer.Option(help="T cells/mm² of a dense compartment (ours)")] = 100.0,
    rois: Annotated[Path | None, typer.Option(help="GeoJSON with drawn regions")] = None,
) -> None:
    """Describe images of cells: neighbours, inside / margin / outside, inflamed / excluded /
    desert, drawn regions.
    """
    words: Any = {"unit": unit, "axes": axes}  # read_tissue refuses unknown words itself
    columns = TissueColumns(region=region, instance=instance, kind=kind, x=x, y=y)
    tissue = read_tissue(cells, scale_um=scale_um, columns=columns, **words)
    roles = Roles(tuple(tumour), tuple(t_cell), tuple(macrophage or ()))
    found = compartments(tissue, roles, rule=MarginRule(width_um=margin))
    drawn = read_rois(rois) if rois is not None else ()
    scheme = with_threshold(load_scheme("immune_phenotype"), "phenotype", "dense", value=dense)
    calls = call_measured(scheme, measure_regions(tissue, roles, found, scheme=scheme))
    results = _Results(tissue, roles, calls, found, neighbourhood(tissue, radius), drawn)
    names = _write(results, cells, out)
    show.say(f"{tissue.n_obs:,} cells, {len(tissue.kinds)} kinds, {len(tissue.regions)} images")
    show.table(_regions(calls), title="Description of each image")
    for code, line in calls.run_caveats.items():
        show.say(f"{code}: {line}")
    show.say(f"\nWritten to {out}: {', '.join(sorted(names))}")


def _regions(calls: Calls) -> pd.DataFrame:
    """One row per region: label, how often it comes again and by chance, reason."""
    frame = calls.to_frame()
    given = frame[["phenotype", "phenotype_stability", "phenotype_base_rate"]].copy()
    given.columns = pd.Index(["label", "stability", "base_rate"])
    given["reason"] = calls.verdicts.reasons["phenotype"]
    return given.rename_axis("region").reset_index()


def _around(tissue: Tissue, found: Neighbourhood) -> pd.DataFrame:
    """Mean fraction of every kind around the cells of every kind, and how many cells had
    neighbours.
    """
    kind = pd.Series(tissue.kind, index=found.counts.index, name="cell")
    shares = found.fractions.assign(cells=(found.n > 0).astype(float))
    grouped = shares.groupby(kind.to_numpy(), observed=True)
    table = grouped.mean(numeric_only=True)
    table.insert(0, "with_neighbours", grouped["cells"].sum().astype(int))
    table.insert(0, "n", grouped.size())
    return table.drop(columns="cells").rename_axis("cell").reset_index()


def _compositions(tissue: Tissue, rois: Sequence[Roi]) -> pd.DataFrame:
    return pd.concat(
        [roi_composition(tissue, roi).assign(roi=roi.name) for roi in rois], ignore_index=True
    )


def _write(results: _Results, source: Path, out: Path) -> list[str]:
    """Make all texts first, then write each whole or not at all."""
    texts = {f"{name}.tsv": table_text(table) for name, table in results.tables().items()}
    texts["cells.csv"] = cells_text(
        results.cells(), results.thresholds(), notes=results.calls.run_caveats
    )
    texts["run.json"] = (
        json.dumps(_record(results, source), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    )
    target = make_folder(out)
    for name, text in texts.items():
        write_text(target / name, text)
    return [*texts]


def _record(results: _Results, source: Path) -> dict[str, Any]:
    tissue = results.tissue
    with source.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "format": "resistype-spatial",
        "format_version": 2,
        "resistype": __version__,
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "input": {"path": str(source), "sha256": digest},
        "n_cells": tissue.n_obs,
        "regions": list(tissue.regions),
        "scale_um": tissue.scale_um,
        "unit": tissue.unit,
        "roles": {
            "tumour": list(results.roles.tumour),
            "t_cells": list(results.roles.t_cells),
            "macrophages": list(results.roles.macrophages),
        },
        "thresholds": threshold_table(results.thresholds()).to_dict("records"),
        "scheme": results.calls.run["scheme"],
        "caveats": dict(results.calls.run_caveats),
    }
