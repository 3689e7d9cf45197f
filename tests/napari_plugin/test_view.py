"""One session, two views: layers follow the session, the notebook follows the layers, and what
is closed is silent.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from typing import Any

import numpy as np
import pytest

from resistype.errors import InputError, SessionError
from resistype.napari_plugin.callbacks import real, weak_clicks, weakly
from resistype.napari_plugin.classify import classify_layers, session_of, view_of
from resistype.napari_plugin.paint import Classes
from resistype.napari_plugin.view import TissueView
from resistype.widgets import Explorer
from tests.napari_plugin.conftest import small_table, squares


def painted(view: TissueView) -> np.ndarray:
    return np.concatenate([one.shown["classes"].data.ravel() for one in view.bounds])


def test_a_threshold_moved_in_the_session_is_drawn(view: TissueView) -> None:
    before = painted(view)

    view.session.move_threshold("tumour", "cut", 0.9)

    assert not np.array_equal(painted(view), before)
    view.session.undo()
    assert np.array_equal(painted(view), before)


def test_the_notebook_and_the_layers_move_each_other(view: TissueView) -> None:
    page = Explorer(view.session)
    before = painted(view)

    page.thresholds = {"tumour": {"cut": 0.9}}

    assert not np.array_equal(painted(view), before)
    assert page.counts("tumour") == view.session.counts("tumour")
    view.session.reset_thresholds()
    assert page.thresholds["tumour"]["cut"] == pytest.approx(
        view.session.scheme_before.axis("tumour").thresholds["cut"].value
    )


def test_the_notebook_and_the_layers_are_coloured_together(view: TissueView) -> None:
    page = Explorer(view.session)

    view.color_by("column:phenotype")
    assert page.color_by == "column:phenotype"
    page.color_by = "axis:tumour"

    assert view.color == "axis:tumour"
    assert isinstance(view.drawn, Classes)


def test_a_click_selects_in_the_notebook_too(view: TissueView) -> None:
    page = Explorer(view.session)
    place = view.bounds[0].coordinates(view.table.n_obs)[1234]

    row = view.click((place[1], place[0]))

    assert row == 1234
    assert np.flatnonzero(page.selection).tolist() == [1234]
    assert set(view.evidence()["axis"]) == {"tumour", "cd8_t_cell", "cd163_macrophage"}


def test_an_annotation_of_a_margin_is_not_taken_for_the_quantity(view: TissueView) -> None:
    view.color_by("margin:tumour.cut")
    assert (view.color, view.session.state.color_by) == (
        "margin:tumour.cut",
        "quantity:tumour_score",
    )

    view.color_by("quantity:tumour_score")
    assert view.color == "quantity:tumour_score"
    view.color_by("margin:tumour.cut")
    view.session.color_by("axis:cell")

    assert view.color == "axis:cell"


def test_a_margin_follows_its_threshold(view: TissueView) -> None:
    view.color_by("margin:tumour.cut")
    before = view.bounds[0].shown["values"].data.copy()

    view.session.move_threshold("tumour", "cut", 0.9)

    moved = view.bounds[0].shown["values"].data - before
    assert np.nanstd(moved) == pytest.approx(0, abs=1e-6)
    assert np.nanmean(moved) < 0


def test_hide_and_show_again(view: TissueView) -> None:
    view.toggle("tumour")
    layer = view.bounds[0].shown["classes"]
    code = next(at for at, one in enumerate(view.drawn.categories) if one.name == "tumour") + 2  # type: ignore[union-attr]
    assert np.asarray(layer.get_color(code))[3] == 0

    view.toggle("tumour")

    assert np.asarray(layer.get_color(code))[3] == 1


def test_a_colour_that_is_not_there_changes_nothing(view: TissueView) -> None:
    with pytest.raises(SessionError, match="V105"):
        view.color_by("column:nope")

    assert view.color == "axis:cell"


def test_a_deleted_layer_is_let_go_with_a_sentence(
    view: TissueView, viewer: Any, sample: list[Any]
) -> None:
    viewer.layers.remove(sample[1])

    assert (
        view.status
        == "The layer 'sim_inflamed' was deleted; its cells stay in the session and are no longer"
        " drawn."
    )
    assert [one.name for one in view.bounds] == ["sim_excluded", "sim_desert", "sim_stroma"]
    assert not viewer.layers["sim_inflamed [resistype]"].visible
    view.session.move_threshold("tumour", "cut", 0.5)
    assert "sim_inflamed [resistype]" not in [one.name for one in viewer.layers]
    assert view.session.data.n_obs == view.table.n_obs


def test_a_display_layer_that_is_deleted_comes_back_with_the_next_colour(
    view: TissueView, viewer: Any
) -> None:
    viewer.layers.remove(view.bounds[0].shown["classes"])

    view.session.move_threshold("tumour", "cut", 0.5)

    assert view.bounds[0].shown["classes"] in viewer.layers


def test_all_layers_deleted_leaves_a_session_that_works(view: TissueView, viewer: Any) -> None:
    viewer.layers.clear()

    assert view.bounds == []
    view.session.move_threshold("tumour", "cut", 0.5)
    with pytest.raises(InputError, match="N122 No layer is left that shows the cells"):
        view.tissue()


def test_a_closed_view_leaves_no_listener_and_no_layer(
    view: TissueView, viewer: Any, sample: list[Any]
) -> None:
    session = view.session
    n_callbacks = len(viewer.mouse_drag_callbacks)

    view.close()

    assert [
        len(event) for event in (session.events.calls, session.events.color, session.events.hidden)
    ] == [
        0,
        0,
        0,
    ]
    assert [one.name for one in viewer.layers] == [one.name for one in sample]
    assert all(one.visible for one in sample)
    assert len(viewer.mouse_drag_callbacks) == n_callbacks - 1
    assert view_of(viewer) is None
    session.move_threshold("tumour", "cut", 0.5)


def test_the_session_does_not_keep_a_view_alive(viewer: Any, sample: list[Any]) -> None:
    view = classify_layers(viewer, sample)
    session, gone = view.session, weakref.ref(view)

    view.close()
    del view
    gc.collect()

    assert gone() is None
    session.move_threshold("tumour", "cut", 0.5)


def test_two_viewers_show_one_session(viewer: Any, sample: list[Any], demo: Any) -> None:
    from napari.components import ViewerModel

    first, other = classify_layers(viewer, sample), ViewerModel()
    adata = demo.to_anndata()
    again = [
        other.add_labels(m, name=n, metadata={"adata": adata, "region": n})
        for n, m in demo.masks.items()
    ]
    second = classify_layers(other, again, session=first.session)

    second.session.move_threshold("tumour", "cut", 0.9)

    assert np.array_equal(painted(first), painted(second))
    first.close()
    second.session.move_threshold("tumour", "cut", 0.1)


def test_classifying_again_closes_the_view_before(viewer: Any, sample: list[Any]) -> None:
    first = classify_layers(viewer, sample)
    second = classify_layers(viewer, sample[:1])

    assert view_of(viewer) is second
    assert session_of(viewer) is second.session
    assert first.bounds == []
    assert len([one for one in viewer.layers if "[resistype" in one.name]) == 1


def test_a_view_that_cannot_be_made_leaves_the_one_before(view: TissueView, viewer: Any) -> None:
    bad = viewer.add_labels(squares([1]), metadata={"adata": small_table([9])})

    with pytest.raises(InputError, match="N105"):
        classify_layers(viewer, [bad])

    assert view_of(viewer) is view
    assert view.bounds


def test_a_session_of_other_cells_is_refused(
    view: TissueView, viewer: Any, sample: list[Any]
) -> None:
    layer = viewer.add_labels(squares([1, 2]), metadata={"adata": small_table([1, 2])})

    with pytest.raises(
        InputError, match=r"N123 The session holds 11,758 cells and the table of the layers 2\."
    ):
        classify_layers(viewer, [layer], session=view.session)


def test_no_tissue_without_classes_or_scale(view: TissueView) -> None:
    view.color_by("quantity:dna")
    with pytest.raises(InputError, match="N121 Neighbourhoods and regions need classes of cells"):
        view.tissue()

    view.color_by("axis:cell")
    view.scale_um = None
    with pytest.raises(
        InputError, match="P101 The coordinates are in pixels and no scale was given"
    ):
        view.tissue()


def test_the_scale_is_taken_from_the_layers_units(viewer: Any) -> None:
    layer = viewer.add_labels(
        squares([1, 2]),
        metadata={"adata": small_table([1, 2])},
        scale=(0.5, 0.5),
        units=("um", "um"),
    )

    view = classify_layers(viewer, [layer])

    assert view.scale_um == 0.5
    assert view.tissue()[0].um.tolist() == [[0.75, 0.75], [2.75, 0.75]]


def test_centroids_of_the_mask_are_the_places_of_the_table(view: TissueView, demo: Any) -> None:
    tissue, rows = view.tissue()

    planted = demo.table[["x", "y"]].to_numpy()[rows]
    assert np.abs(tissue.xy - planted).max() < 4
    assert tissue.regions == tuple(demo.masks)


class _Owner:
    def __init__(self) -> None:
        self.heard: list[Any] = []

    def hear(self, *news: Any) -> None:
        self.heard.append(news)

    def click(self, place: Any) -> None:
        self.heard.append(tuple(place))


class _Mouse:
    def __init__(self, *kinds: str, to: tuple[int, int] = (10, 10)) -> None:
        self.kinds, self.type, self.pos, self.position, self.to = (
            list(kinds),
            "mouse_press",
            (10, 10),
            (1.0, 2.0),
            to,
        )

    def go(self) -> None:
        self.type, self.pos = self.kinds.pop(0), self.to


@pytest.mark.parametrize(
    ("mouse", "clicked"),
    [
        (_Mouse("mouse_release"), [(1.0, 2.0)]),
        (_Mouse("mouse_move", "mouse_release", to=(12, 10)), [(1.0, 2.0)]),
        (_Mouse("mouse_move", "mouse_release", to=(90, 10)), []),
    ],
    ids=["click", "shaky click", "drag"],
)
def test_a_drag_is_no_click(mouse: _Mouse, clicked: list[Any]) -> None:
    owner = _Owner()
    for _ in weak_clicks(owner)(None, mouse):
        mouse.go()

    assert owner.heard == clicked


def test_a_weak_listener_is_silent_when_its_owner_is_gone() -> None:
    owner = _Owner()
    listener = weakly(owner, "hear")
    listener(1)
    assert owner.heard == [(1,)]

    del owner
    gc.collect()

    listener(2)


def test_the_proxy_of_napari_is_looked_through(viewer: Any) -> None:
    from napari.utils._proxies import PublicOnlyProxy

    assert real(PublicOnlyProxy(viewer)) is viewer


LIGHT = """
import sys
import resistype.napari_plugin, resistype.napari_plugin.cells, resistype.napari_plugin.marker_sets
import resistype.napari_plugin.paint
print([m for m in ("napari", "qtpy", "PyQt6", "anywidget", "matplotlib") if m in sys.modules])
import warnings; warnings.simplefilter("ignore")
import resistype.napari_plugin.classify, resistype.napari_plugin.export
import resistype.napari_plugin.maps, resistype.napari_plugin.reader
import resistype.napari_plugin.sample, resistype.napari_plugin.panels
from napari.components import ViewerModel
ViewerModel()
print([m for m in ("qtpy", "PyQt6", "PySide6", "superqt") if m in sys.modules])
"""


def test_the_core_needs_no_napari_and_the_view_no_qt() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["[]", "[]"]
