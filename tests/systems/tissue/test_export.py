"""Files of cells and polygons: what is written is read back, limits stand in the header, nothing
is half written.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resistype.errors import OutputError, TissueError
from resistype.systems.tissue import (
    MarginRule,
    Roi,
    Threshold,
    cells_table,
    cells_text,
    compartments,
    in_roi,
    neighbourhood,
    read_cells,
    read_rois,
    rois_text,
    write_cells,
    write_rois,
)
from tests.strategies import polygons
from tests.systems.tissue.made import ROLES, block, tissue

ROWS = block("tumour", x=range(3), y=range(3)) + block(
    "T cell", x=range(4, 7), y=range(3), first=100
)
BOX = Roi("box", [[0, 0], [0, 10], [10, 10], [10, 0]], "first")


def test_cells_with_their_columns(tmp_path: Path) -> None:
    made = tissue(ROWS, scale_um=0.5)
    found = compartments(made, ROLES, rule=MarginRule(width_um=12.5))
    table = cells_table(
        made, {"compartment": found.cells["compartment"], "in_box": in_roi(made, BOX)}
    )
    path = write_cells(tmp_path / "cells.csv", table, found.thresholds(), notes={"roi": "box"})
    back = read_cells(path)

    assert list(back.columns) == [
        "region",
        "instance_id",
        "x_um",
        "y_um",
        "kind",
        "compartment",
        "in_box",
    ]
    assert back["instance_id"].tolist() == made.instance.tolist()
    assert back["x_um"].tolist() == made.um[:, 0].tolist()
    assert back["compartment"].tolist() == found.cells["compartment"].tolist()
    assert back["in_box"].tolist() == in_roi(made, BOX).tolist()
    pd.testing.assert_frame_equal(back, pd.read_csv(path, comment="#"))


def test_every_threshold_stands_in_the_header() -> None:
    made = tissue(ROWS)
    limits = [*MarginRule().thresholds(), *neighbourhood(made, 25.0).thresholds()]
    limits.append(
        Threshold("cut", 2.0, "cells", "of a paper", source="published", citation="A 2020")
    )
    head = [
        line for line in cells_text(cells_table(made), limits).splitlines() if line.startswith("#")
    ]

    assert head[0] == "# format=resistype-cells version=1"
    assert (
        "# threshold margin width=30 µm on each side (ours): margin: at most this far from the"
        " border" in head
    )
    assert any(line.startswith("# threshold radius=25 µm (ours): neighbours") for line in head)
    assert "# threshold cut=2 cells (published, A 2020): of a paper" in head
    assert head[-1] == "# note RUO=Research use only; not for treatment decisions."


def test_a_published_threshold_needs_its_citation() -> None:
    with pytest.raises(TissueError) as caught:
        Threshold("cut", 2.0, "cells", "of a paper", source="published")

    assert (
        str(caught.value) == "P113 The threshold 'cut' is said to be published; name its citation."
    )


HOSTILE = [
    "=1+1",
    "+A1",
    "@x",
    "-2",
    '=HYPERLINK("http://x")',
    "a,b",
    'say "x"',
    "two\nlines",
    "# no comment",
    "'tis",
]


@given(st.lists(st.sampled_from([*HOSTILE, "T cell", "TNFα"]), min_size=1, max_size=6))
def test_text_is_plain_in_a_spreadsheet_and_comes_back(names: list[str]) -> None:
    table = pd.DataFrame({"kind": names, "n": range(len(names))})
    text = cells_text(table, [])

    assert not any(
        line[:1] in set("=+-@") for line in text.splitlines() if not line.startswith("#")
    )
    import io  # the reader without a file

    from resistype.text import restored

    start = text.index("kind,n")
    back = pd.read_csv(io.StringIO(text[start:]), keep_default_na=False)
    assert back["kind"].map(restored).tolist() == names


def test_names_of_hostile_cells_come_back_from_a_file(tmp_path: Path) -> None:
    table = pd.DataFrame({"kind": HOSTILE, "n": range(len(HOSTILE))})

    assert read_cells(write_cells(tmp_path / "c.csv", table, []))["kind"].tolist() == HOSTILE


def test_a_note_cannot_break_out_of_the_header() -> None:
    text = cells_text(pd.DataFrame({"n": [1]}), [], notes={"who": "me\nn,m\n9,9"})

    assert "# note who=me n,m 9,9" in text.splitlines()
    assert text.splitlines()[-2:] == ["n", "1"]


@given(st.lists(polygons(), min_size=0, max_size=3), st.sampled_from([None, "first", "image 2"]))
def test_polygons_come_back(drawn: list[list[tuple[int, int]]], region: str | None) -> None:
    rois = [
        Roi(f"ROI {number}", corners, region, axes="xy") for number, corners in enumerate(drawn)
    ]
    whole = json.loads(rois_text(rois, scale_um=0.5))

    assert whole["type"] == "FeatureCollection"
    assert (whole["format_version"], whole["unit"], whole["scale_um"], whole["axes"]) == (
        1,
        "px",
        0.5,
        "xy",
    )
    for feature, corners in zip(whole["features"], drawn, strict=True):
        ring = feature["geometry"]["coordinates"][0]
        assert ring[0] == ring[-1]
        assert [tuple(point) for point in ring[:-1]] == [
            tuple(map(float, corner)) for corner in corners
        ]


def test_polygons_hold_the_same_cells_after_a_file(tmp_path: Path) -> None:
    rois = [BOX, Roi("β", [[0, 30], [30, 30], [30, 60.5]], "first")]
    back = read_rois(write_rois(tmp_path / "rois.geojson", rois, unit="px", scale_um=1.0))
    made = tissue(ROWS)

    assert [one.name for one in back] == ["box", "β"]
    assert [one.region for one in back] == ["first", "first"]
    for before, after in zip(rois, back, strict=True):
        assert (in_roi(made, before) == in_roi(made, after)).all()


def test_geojson_of_others_is_read(tmp_path: Path) -> None:
    ring = [[0, 0], [9, 0], [9, 5], [0, 5], [0, 0]]
    feature = {
        "type": "Feature",
        "properties": None,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    path = tmp_path / "qupath.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8"
    )
    (found,) = read_rois(path)

    assert (found.name, found.region) == ("ROI 1", None)
    assert found.xy.tolist() == [[float(x), float(y)] for x, y in ring]


BAD = {
    "no json": ("{", "is no GeoJSON with polygons: JSONDecodeError"),
    "no features": ("{}", "is no GeoJSON with polygons: KeyError 'features'."),
    "a list": ("[]", "is no GeoJSON with polygons: AttributeError"),
    "a point": (
        '{"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
        "Feature 1 is a Point, or has holes; wanted Polygons without holes.",
    ),
    "a hole": (
        (
            '{"features": [{"geometry": {"type": "Polygon", "coordinates":'
            " [[[0,0],[9,0],[9,9]],[[1,1],[2,1],[2,2]]]}}]}"
        ),
        "Feature 1 is a Polygon, or has holes; wanted Polygons without holes.",
    ),
    "of the future": (
        '{"format_version": 9, "features": []}',
        "has format version 9; this one reads 1. Update.",
    ),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD.keys())
def test_bad_geojson(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(TissueError, match=r"^P112 ") as caught:
        read_rois(path)
    assert said in str(caught.value)


def test_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(TissueError, match=r"^P112 .*FileNotFoundError"):
        read_rois(tmp_path / "absent.geojson")
    with pytest.raises(TissueError, match=r"^P111 .*cannot be read as a table of cells"):
        read_cells(tmp_path / "absent.csv")


def test_what_cannot_be_written_leaves_the_older_file(tmp_path: Path) -> None:
    target = tmp_path / "gone" / "cells.csv"

    with pytest.raises(OutputError) as caught:
        write_cells(target, pd.DataFrame({"n": [1]}), [])
    assert (
        str(caught.value)
        == f"O101 '{target}' cannot be written: No such file or directory. Nothing was written"
        " there. "
        "Choose another place."
    )
    kept = tmp_path / "rois.geojson"
    kept.write_text("older", encoding="utf-8")
    with pytest.raises(ValueError, match="Out of range float"):
        write_rois(kept, [BOX], scale_um=np.nan)
    assert kept.read_text(encoding="utf-8") == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["rois.geojson"]
