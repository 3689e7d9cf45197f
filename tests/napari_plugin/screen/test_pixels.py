"""What is on the screen, pixel by pixel: every class in the legend's colour, in the share it has
in the mask.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from resistype.napari_plugin.classify import classify_layers
from resistype.napari_plugin.dock import ResistanceDock
from resistype.napari_plugin.maps import MapRequest, prepare, show, work_out
from resistype.napari_plugin.paint import Classes
from resistype.systems.tissue import Roles

Shot = Callable[..., np.ndarray]
ROLES = Roles(("Tumour",), ("CD8 T cell",), ("CD163 macrophage",))


def hexes(pixels: np.ndarray) -> pd.Series:
    """Pixels of every colour."""
    packed = pixels[..., :3].reshape(-1, 3).astype(np.int64) @ np.array([65536, 256, 1])
    counts = pd.Series(packed).value_counts()
    return counts.set_axis([f"#{one:06X}" for one in counts.index])


def in_class_colours(pixels: np.ndarray, expected: dict[str, int]) -> bool:
    """Whether each colour covers as many pixels as its class has, within a hundredth of the
    picture.
    """
    found = hexes(pixels)
    total = sum(expected.values())
    return all(abs(int(found.get(color, 0)) - n) <= 0.01 * total for color, n in expected.items())


def one_to_one(window: Any, shape: tuple[int, int]) -> None:
    """A pixel of the image on a pixel of the screen."""
    window.window._qt_window.resize(1450, 950)
    window.reset_view()
    window.camera.center = (0.0, (shape[0] - 1) / 2, (shape[1] - 1) / 2)
    window.camera.zoom = 1.0


def expected_pixels(dock: ResistanceDock, demo: Any) -> dict[str, int]:
    """Pixels of each colour, from the table and the mask by pandas."""
    assert dock.view is not None
    drawn = dock.view.drawn
    assert isinstance(drawn, Classes)
    own = demo.table[demo.table["region"] == "sim_excluded"]
    names = own["phenotype"].astype(str).set_axis(own["instance_id"])
    sizes = pd.Series(np.bincount(demo.masks["sim_excluded"].ravel()))
    by_kind = sizes.iloc[1:].groupby(names).sum()
    return {one.color: int(by_kind[one.name]) for one in drawn.categories if one.n}


def test_every_class_is_on_the_screen_in_its_colour(
    dock: ResistanceDock, window: Any, demo: Any, shot: Shot
) -> None:
    assert dock.view is not None
    dock.view.color_by("column:phenotype")
    one_to_one(window, (600, 600))

    pixels = shot("labels_phenotype")

    expected = expected_pixels(dock, demo)
    assert len(expected) == 5
    assert in_class_colours(pixels, expected)
    strange = hexes(pixels).drop([*expected, "#000000"], errors="ignore")
    assert strange.sum() <= 0.01 * sum(expected.values())
    wrong = dict(
        zip(expected, [*list(expected.values())[1:], next(iter(expected.values()))], strict=True)
    )
    assert not in_class_colours(pixels, wrong)


def test_a_hidden_class_leaves_the_screen(
    dock: ResistanceDock, window: Any, demo: Any, shot: Shot
) -> None:
    assert dock.view is not None
    dock.view.color_by("column:phenotype")
    expected = expected_pixels(dock, demo)
    tumour = next(one.color for one in dock.view.drawn.categories if one.name == "Tumour")  # type: ignore[union-attr]
    one_to_one(window, (600, 600))

    dock.view.toggle("Tumour")

    assert hexes(shot("labels_hidden")).get(tumour, 0) == 0
    dock.view.toggle("Tumour")
    assert in_class_colours(shot("labels_shown"), expected)


@pytest.fixture
def squares_of_points(window: Any) -> Any:
    """400 points on a grid, four classes in bands, and every fifth unassigned."""
    grid = np.array([(y, x) for y in range(20) for x in range(20)], dtype=float) * 20
    band = np.array(["d", "b", "a", "c"], dtype=object)[np.arange(400) // 100]
    band[::5] = "unassigned"
    table = pd.DataFrame({"band": band, "CD163": np.linspace(0, 1, 400)})
    return window.add_points(grid, features=table, size=12, name="grid")


def test_points_are_in_the_legends_colours_whatever_came_first(
    window: Any, squares_of_points: Any, shot: Shot
) -> None:
    view = classify_layers(window, [squares_of_points])
    view.color_by("column:band")
    window.window._qt_window.resize(1450, 950)
    window.reset_view()

    pixels = shot("points_band")

    drawn, layer = view.drawn, view.bounds[0].shown["classes"]
    assert isinstance(drawn, Classes)
    colors = {one.name: one.color for one in drawn.categories}
    middle = np.array(pixels.shape[:2]) / 2
    right = 0
    for place, name in zip(squares_of_points.data, squares_of_points.features["band"], strict=True):
        offset = (
            np.asarray(layer.data_to_world(place)) - np.asarray(window.camera.center[-2:])
        ) * window.camera.zoom
        y, x = np.rint(middle + offset).astype(int)
        seen = "#{:02X}{:02X}{:02X}".format(*pixels[y, x, :3])
        if name == "unassigned":
            right += max(pixels[y, x, :3]) < 80  # faint on black
        else:
            right += seen == colors[name]
    assert right == 400


def test_classes_stay_on_top_of_the_unassigned(window: Any, shot: Shot) -> None:
    rng = np.random.default_rng(0)
    data = np.vstack([rng.uniform(0, 200, (200, 2)), rng.uniform(0, 200, (4000, 2))])
    kind = np.repeat(["macrophage", "unassigned"], [200, 4000])
    layer = window.add_points(
        data, features=pd.DataFrame({"kind": kind, "CD163": 0.5}), size=6, name="crowd"
    )
    view = classify_layers(window, [layer])
    view.color_by("column:kind")
    window.reset_view()
    color = next(one.color for one in view.drawn.categories if one.name == "macrophage")  # type: ignore[union-attr]
    ours = hexes(shot("points_crowd")).get(color, 0)

    alone = classify_layers(window, [layer])
    alone.color_by("column:kind")
    alone.toggle("unassigned")
    window.reset_view()

    assert ours == pytest.approx(hexes(shot("points_alone")).get(color, 0), rel=0.02)
    assert ours > 500


def test_the_rim_is_seen_in_the_exclusion_map(
    dock: ResistanceDock, window: Any, shot: Shot
) -> None:
    assert dock.view is not None
    dock.view.color_by("column:phenotype")
    layer = show(
        dock.view, work_out(prepare(dock.view), MapRequest("exclusion map", (), ROLES, 20.0))
    )[0]
    layer.colorbar.visible = True
    one_to_one(window, (600, 600))

    pixels = shot("exclusion").astype(int)

    magenta = (pixels[..., 0] - pixels[..., 1] > 60) & (pixels[..., 2] - pixels[..., 1] > 20)
    green = (pixels[..., 1] - pixels[..., 2] > 40) & (pixels[..., 1] > pixels[..., 0])
    y, x = np.nonzero(magenta[:, : pixels.shape[1] * 3 // 4])
    middle = np.array([y.mean(), x.mean()])
    at = int(middle[0]), int(middle[1])
    assert magenta.sum() > 5000
    assert green.sum() > 5000
    assert not magenta[at]  # a ring, open in the middle
    assert np.hypot(y - middle[0], x - middle[1]).std() < 40


def test_a_value_image_is_clear_where_there_is_no_cell(
    dock: ResistanceDock, window: Any, demo: Any, shot: Shot
) -> None:
    assert dock.view is not None
    dock.view.color_by("quantity:cd163_macrophage_score")
    one_to_one(window, (600, 600))

    pixels = shot("score")

    background = int((demo.masks["sim_excluded"] == 0).sum())
    black = int((pixels[..., :3].max(axis=-1) == 0).sum()) - (
        pixels.shape[0] * pixels.shape[1] - 600 * 600
    )
    assert black == pytest.approx(background, rel=0.02)
