"""resistype in napari: cells called on their tissue, a legend with counts, regions, maps.

Research use only.

cells.py        the table behind a layer, how its ids meet the cells, one table of several
marker_sets.py  marker sets, and the scheme they make
classify.py     from layers to a session and its view; axis_order.py: do points lie on their cells
view.py         a session on layers; paint.py what is drawn, layers.py how; callbacks.py
regions.py      drawn shapes as regions, and what they hold; maps.py neighbourhoods as images
export.py       obs, CSV, GeoJSON, script; reader.py h5ad files; sample.py a simulated sample
panels.py       what the panel says; dock.py the panel: the only Qt, and no science

Nothing here is imported unless napari asks for it, and nothing but the panel needs a window.
"""
